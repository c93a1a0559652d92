import { mkdirSync, readFileSync } from "node:fs";
import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { zoneDataDir, zoneDataFile } from "../cloudflare/zone-data";
import { labBaseRef } from "../images/lab-base";
import { ensureCa } from "../lib/ca";
import { ensureNetwork } from "../lib/network";
import { labDir } from "../lib/paths";
import { addresses, endpoints, network } from "./addresses";
import { bundle } from "./bundle";
import { debianContainer, upDebian } from "./debian/debian";
import { containerStatus, ensureContainer, removeContainer, type ContainerSpec } from "./containers";

export const containerNames = {
  dns: "clawkeep-dns",
  world: "clawkeep-world",
  edge: "clawkeep-edge",
} as const;
type Part = keyof typeof containerNames;

const readyWithinSeconds = 30;

/** Brings up network, authority and containers. What runs as it should is left alone. @returns when all of it answers */
export async function upInternet(): Promise<void> {
  const { ipv6 } = await ensureNetwork();
  const image = await labBaseRef();
  const ca = readFileSync((await ensureCa()).cert, "utf8");
  for (const dir of [zoneDataDir(labDir()), join(labDir(), "logs"), join(labDir(), "internet", "world")]) {
    mkdirSync(dir, { recursive: true });
  }
  const specs = await Promise.all([dns(), world(ipv6), edge()]);
  await Promise.all([...specs.map((spec) => ensureContainer({ ...spec, image, inputs: [ca] })), upDebian()]);
  await ready("world", async () => (await fetch(`${endpoints.worldControl}/health`)).ok);
  await ready("dns", dnsAnswers);
  await ready("edge", () => accepts(addresses.edge, 443));
}

/** Takes the containers down. The network stays: servers and the registry live on it. */
export async function downInternet(): Promise<void> {
  await Promise.all([...Object.values(containerNames), debianContainer].map(removeContainer));
}

export async function internetStatus(): Promise<Record<string, string>> {
  const entries = [...Object.values(containerNames), debianContainer].map(
    async (name) => [name, await containerStatus(name)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

type Spec = Omit<ContainerSpec, "image" | "inputs">;

async function dns(): Promise<Spec> {
  const address = ["--network", network.name, "--ip", addresses.dns];
  return part("dns", [...address, ...zones(), "--env", "LOG_FILE=/logs/dns.log"]);
}

async function world(ipv6: boolean): Promise<Spec> {
  return part("world", [
    ...["--network", network.name, "--ip", addresses.world],
    // It takes the services' addresses besides its own.
    ...[
      "--cap-add",
      "NET_ADMIN",
      "--sysctl",
      "net.ipv6.conf.all.disable_ipv6=0",
      "--env",
      `IPV6=${ipv6 ? 1 : 0}`,
    ],
    ...["--volume", `${join(labDir(), "internet", "world")}:/state`, "--env", "STATE_DIR=/state"],
    ...[...authority(), "--env", "LOG_FILE=/logs/world.jsonl"],
  ]);
}

async function edge(): Promise<Spec> {
  const address = ["--network", network.name, "--ip", addresses.edge];
  return part("edge", [...address, ...zones(), ...authority(), "--env", "LOG_FILE=/logs/edge.jsonl"]);
}

async function part(name: Part, flags: readonly string[]): Promise<Spec> {
  const file = await bundle(name, join(__dirname, name, "main.ts"));
  const mounts = ["--volume", `${file}:/app/main.js:ro`, "--volume", `${join(labDir(), "logs")}:/logs`];
  return { name: containerNames[name], flags: [...flags, ...mounts], command: ["node", "/app/main.js"] };
}

function zones(): string[] {
  return ["--volume", `${zoneDataDir(labDir())}:/zones:ro`, "--env", `ZONES_FILE=/zones/${zoneDataFile}`];
}

/** The lab's CA, with its key: these containers make certificates. */
function authority(): string[] {
  return ["--volume", `${join(labDir(), "ca")}:/lab/ca:ro`, "--env", "CLAWKEEP_LAB=/lab"];
}

async function ready(name: Part, answers: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + readyWithinSeconds * 1000;
  while (!(await answers().catch(() => false))) {
    if (Date.now() > deadline) {
      throw new Error(
        `${containerNames[name]} does not answer; look at: docker logs ${containerNames[name]}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function dnsAnswers(): Promise<boolean> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([addresses.dns]);
  return (await resolver.resolve4("api.anthropic.com")).includes(addresses.anthropic);
}

function accepts(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 500 });
    const end = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}
