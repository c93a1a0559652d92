import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { addresses, endpoints, names, network } from "../internet/addresses";
import { labBaseRef } from "../images/lab-base";
import { issueCertificate } from "../lib/ca";
import { docker, inspect, labLabel } from "../lib/docker";
import { attempt } from "../lib/exec";
import { ensureNetwork } from "../lib/network";
import { cacheDir } from "../lib/paths";
import { inTurn } from "../lib/turns";

/** Containers of the registry: `push` fills it from the outer machine, `public` serves it to the small internet. */
export const containers = { push: "clawkeep-registry-push", public: "clawkeep-registry" } as const;

/** Blobs and manifests; in the cache, so that a new checkout finds the images made. */
export const registryStorage = (): string => join(cacheDir(), "registry");

/** Starts the plain endpoint on this machine's loopback, to which images are pushed. */
export async function startPushEndpoint(): Promise<void> {
  // Images that are published side by side all ask for it.
  await inTurn(containers.push, () => ensureContainer(containers.push, "push.yml", ["--network", "host"]));
  await waitFor(`http://${endpoints.registryPush}/v2/`);
}

/** Starts the registry that answers for Docker Hub, ghcr.io and quay.io on the small internet, read-only. */
export async function startPublicRegistry(): Promise<void> {
  await ensureNetwork();
  const served = Object.keys(names).filter((name) => names[name] === addresses.registry);
  const tls = await issueCertificate("registry", [...served, addresses.registry]);
  await ensureContainer(containers.public, "public.yml", [
    ...["--network", network.name, "--ip", addresses.registry, "--volume", `${dirname(tls.cert)}:/tls:ro`],
  ]);
}

/** Stops both endpoints; the images stay. */
export async function stopRegistry(): Promise<void> {
  for (const name of Object.values(containers)) await attempt("docker", ["rm", "-f", name]);
}

/** What of the registry runs. */
export async function registryStatus(): Promise<Record<string, string>> {
  const lines: Record<string, string> = {};
  for (const name of Object.values(containers)) {
    lines[name] = (await inspect("container", name, "{{.State.Status}}")) ?? "absent";
  }
  return lines;
}

async function ensureContainer(name: string, config: string, flags: readonly string[]): Promise<void> {
  const image = await labBaseRef();
  const key = [image, registryStorage(), ...flags].join(" ");
  const running = await inspect(
    "container",
    name,
    '{{.State.Running}} {{index .Config.Labels "clawkeep.lab.made-from"}}',
  );
  if (running === `true ${key}`) return;
  if (running !== undefined) await docker(["rm", "-f", name]);
  await mkdir(registryStorage(), { recursive: true });
  await docker([
    ...["run", "--detach", "--name", name, "--label", labLabel, "--label", `clawkeep.lab.made-from=${key}`],
    ...["--restart", "unless-stopped", "--volume", `${registryStorage()}:/var/lib/registry`],
    ...["--volume", `${join(__dirname, config)}:/config.yml:ro`, ...flags],
    ...[image, "docker-registry", "serve", "/config.yml"],
  ]);
}

async function waitFor(url: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    if (Date.now() > deadline) throw new Error(`no answer from ${url}: see docker logs ${containers.push}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
