import { addresses, addresses6 } from "../addresses";

/** The services that the world plays, each on an address of its own. */
export const serviceNames = ["anthropic", "openai", "voyage", "telegram", "nobody"] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface Place {
  readonly host: string;
  readonly address: string;
  readonly address6?: string;
}

export const places: Readonly<Record<ServiceName, Place>> = {
  anthropic: { host: "api.anthropic.com", address: addresses.anthropic },
  openai: { host: "api.openai.com", address: addresses.openai },
  voyage: { host: "api.voyageai.com", address: addresses.voyage },
  telegram: { host: "api.telegram.org", address: addresses.telegram },
  nobody: { host: "nobody.example", address: addresses.nobody, address6: addresses6.nobody },
};

export function isServiceName(value: unknown): value is ServiceName {
  return serviceNames.some((name) => name === value);
}
