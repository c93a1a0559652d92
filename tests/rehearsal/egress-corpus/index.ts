import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addresses, addresses6 } from "../../../lab/internet/addresses";
import { fixedAddresses, type Subnets } from "../../../config/addresses";
import { addressAt } from "../../../config/cidr";
import type { Attempt, From } from "./attempt";
import { throughProxy } from "./by-proxy";
import { direct } from "./direct";

export type { Attempt, ControlOff, From } from "./attempt";

export const corpus: readonly Attempt[] = [...direct, ...throughProxy];

/** What the words in braces stand for, where the attempts are made for real. */
export function places(subnets: Subnets, host: { ipv4: string; ipv6: string }): Record<string, string> {
  const fixed = fixedAddresses(subnets, 1);
  const parts = addresses.nobody.split(".").map(Number);
  const number = parts.reduce((sum, part) => sum * 256 + part, 0);
  const [first, second, third = 0, fourth = 0] = parts;
  return {
    nobody4: addresses.nobody,
    nobody6: addresses6.nobody,
    nobodyNumber: String(number),
    nobodyHex: `0x${number.toString(16)}`,
    nobodyOctal: parts.map((part) => `0${part.toString(8)}`).join("."),
    nobodyThree: `${first}.${second}.${third * 256 + fourth}`,
    anthropic: addresses.anthropic,
    openai: addresses.openai,
    telegram: addresses.telegram,
    registry: addresses.registry,
    edge: addresses.edge,
    dns: addresses.dns,
    host4: host.ipv4,
    host6: host.ipv6,
    openclawGateway: addressAt(subnets.openclaw, 1),
    proxyGateway: addressAt(subnets.proxy, 1),
    egressGateway: addressAt(subnets.egress, 1),
    litellm: fixed.litellm,
    relay: fixed.relay,
    squid: fixed.egressProxy.openclaw,
    squidEgress: fixed.egressProxy.egress,
    caddyEgress: fixed.reverseProxy.egress,
    caddyProxy: fixed.reverseProxy.proxy,
    gateway: fixed.gateways[0]?.openclaw ?? "",
    gatewayProxy: fixed.gateways[0]?.proxy ?? "",
    borrowed: fixed.litellm,
    proxy: "openclaw-egress",
    proxyPort: "3128",
    litellmAsProxy: fixed.litellm,
    litellmAsProxyPort: "4000",
    gatewayAsProxy: fixed.gateways[0]?.openclaw ?? "",
    gatewayAsProxyPort: "18789",
    relayAsProxy: fixed.relay,
    relayAsProxyPort: "8090",
  };
}

/** The same, where one proxy without lists stands for all that might forward. */
export const withProxyAt = (port: number): Record<string, string> => ({
  borrowed: "127.0.0.1",
  ...Object.fromEntries(
    ["proxy", "litellmAsProxy", "gatewayAsProxy", "relayAsProxy"].flatMap((name) => [
      [name, "127.0.0.1"],
      [`${name}Port`, String(port)],
    ]),
  ),
});

/** An attempt of one client, ready to be made. */
export interface Made {
  readonly id: string;
  readonly from: From;
  readonly attempt: Attempt;
  /** What the DNS server of the lab sees when a question for it gets there. */
  readonly label: string;
  readonly how: Readonly<Record<string, unknown>>;
}

/** @param run letters that tell this run's names from others' */
export function made(run: string, from: readonly From[], words: Readonly<Record<string, string>>): Made[] {
  return corpus.flatMap((attempt, index) =>
    attempt.from
      .filter((client) => from.includes(client))
      .map((client) => {
        const id = `${index}-${client}`;
        const label = `${run}-${id}`;
        return { id, from: client, attempt, label, how: filled(attempt.how, { ...words, label }) };
      }),
  );
}

function filled(how: object, words: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(how).map(([key, value]) => [
      key,
      typeof value !== "string" || key === "want"
        ? value
        : value.replace(/\{(\w+)\}/g, (_, word: string) => {
            const meaning = words[word];
            if (meaning === undefined) throw new Error(`the corpus names {${word}}, which is no place`);
            return meaning;
          }),
    ]),
  );
}

const file = (name: string): string => readFileSync(join(__dirname, name), "utf8");

/** The program of a client's language that makes these attempts, for standard input. */
export function program(language: "node" | "python3", attempts: readonly Made[]): string {
  const json = JSON.stringify(attempts.map(({ id, how }) => ({ id, ...how })));
  return language === "node"
    ? `globalThis.attempts = ${json};\n${file("try.mjs")}`
    : `attempts = ${JSON.stringify(json)}\n${file("try.py")}`;
}

export const languageOf = (from: From): "node" | "python3" =>
  from === "gateway" || from === "relay" ? "node" : "python3";
