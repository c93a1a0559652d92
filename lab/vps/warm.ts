/**
 * The warm machine: the bare one after the product's own prepare-host, with every published image in its engine. It is
 * for tests that do not look at how a host becomes ready; making it is that, once for each content.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { prepareHostScript } from "../../config-files/host/tools";
import { memoryBudget, tiers } from "../../config/tiers";
import { published, standIn } from "../images/catalogue";
import { contentKey } from "../images/content-key";
import { localRef } from "../images/local-image";
import { publishedDigest } from "../images/publish";
import { addresses, debianNames, handBootedServers4, names } from "../internet/addresses";
import { upDebian } from "../internet/debian/debian";
import { docker, inspect, labLabel } from "../lib/docker";
import { withLock } from "../lib/lock";
import { oncePerKey } from "../lib/turns";
import { startPublicRegistry } from "../registry/registry";
import { findTemplate, keepAsTemplate } from "./disks";
import type { StandInSpec } from "./platform";

/** What a server is made from. */
export interface Machine {
  readonly image: string;
  /** What its engine's disk holds at first; absent: nothing. */
  readonly template?: string;
}

/** Starts and ends the server on which the machine is made. */
export interface Maker {
  readonly container: (name: string) => string;
  readonly boot: (spec: StandInSpec) => Promise<void>;
  readonly destroy: (name: string) => Promise<void>;
}

const script = (name: string): string => readFileSync(join(__dirname, name), "utf8");
/** As host-baseline.ts has it for one gateway. */
const needed = String(memoryBudget(tiers.starter, 1).totalMiB);
const server = "warming-up";
const lastAddress = handBootedServers4.first.replace(/\d+$/, String(10 + handBootedServers4.count - 1));

/** Everything that the machine is made from: no list of its packages is kept. @throws Error where an image is missing */
export function warmKey(): string {
  const images = published.flatMap((item) => [item.ref, publishedDigest(item)]);
  return contentKey([localRef(standIn), prepareHostScript(), needed, script("seal.sh"), ...images]);
}

/** The warm machine; made when its content is new. */
export async function warmMachine(maker: Maker): Promise<Machine> {
  makers.set(warmKey(), maker);
  return machineOf(warmKey());
}

const makers = new Map<string, Maker>();
const machineOf = oncePerKey(async (key): Promise<Machine> => {
  const maker = makers.get(key);
  if (maker === undefined) throw new Error("asked for by warmMachine");
  return withLock("warm-machine", async () => (await find(key)) ?? make(key, maker));
});

async function find(key: string): Promise<Machine | undefined> {
  const image = warmRef(key);
  if ((await inspect("image", image, "{{.Id}}")) === undefined) return undefined;
  const template = await findTemplate(key);
  return template === undefined ? undefined : { image, template };
}

const warmRef = (key: string): string => `clawkeep-stand-in-warm:${key}`;

async function make(key: string, maker: Maker): Promise<Machine> {
  await upDebian();
  await startPublicRegistry();
  await maker.destroy(server);
  try {
    await maker.boot({ name: server, ipv4: lastAddress, disk: "bare", authorizedKeys: [] });
    const inside = (args: readonly string[], input = ""): Promise<string> =>
      docker(["exec", "--interactive", maker.container(server), ...args], { input });
    await inside(["cloud-init", "status", "--wait"]);
    // The lab's name server may be another lab's at this moment.
    const known = Object.keys(names).filter((name) => names[name] === addresses.registry);
    await inside(
      ["sh", "-c", "cat >>/etc/hosts"],
      `${addresses.registry} ${known.join(" ")}\n${addresses.admin} ${debianNames.join(" ")}\n`,
    );
    await inside(["bash", "-s", "--", needed], prepareHostScript());
    for (const { ref } of published) await inside(["docker", "pull", "--quiet", ref]);
    await inside(["bash", "-s"], script("seal.sh"));
    await docker(["kill", maker.container(server)]);
    await docker(["commit", "--change", `LABEL ${labLabel}`, maker.container(server), warmRef(key)]);
    await keepAsTemplate(server, key);
  } finally {
    await maker.destroy(server);
  }
  const made = await find(key);
  if (made === undefined) throw new Error("the warm machine was made and is not there");
  return made;
}
