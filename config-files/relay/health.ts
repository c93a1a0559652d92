import { get } from "node:http";
import type { Configuration } from "./configuration";

/** The path that the relay answers to itself alone. */
export const healthPath = "/healthz";
const timeoutMs = 4_000;

/** Whether the relay answers and has its tokens. */
export function isHealthy({ listen, authority }: Configuration): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = get(
      {
        ...{ host: listen.address, port: listen.port, localAddress: listen.address, path: healthPath },
        ...{ headers: { host: authority }, agent: false, timeout: timeoutMs },
      },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode === 200));
      },
    );
    probe.on("timeout", () => probe.destroy());
    probe.on("error", () => resolve(false));
    probe.on("close", () => resolve(false));
  });
}
