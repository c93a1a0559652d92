/**
 * The program on an existing host that has a Docker engine of its own already: first deployment, second `up`, turns with
 * and without a tool, gateway changes, the engine restarted.
 */
import { handBootedServers4, zone } from "../../lab/internet/addresses";
import { attempt, run } from "../../lab/lib/exec";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { pulumi, pulumiUp, tryPulumi } from "../../lab/rehearsal/pulumi";
import { chatTurnAt } from "../../lab/rehearsal/public";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { script } from "../../lab/rehearsal/world";
import type { Engine } from "../../lab/vps/engines";
import { boot, destroy } from "../../lab/vps/stand-in";
import {
  forgetStack,
  gatewayWithoutTelegram,
  scannedHostKey,
  writeExistingStack,
  type ExistingStack,
} from "./existing-stack";
import { eventually, onlyReady, readyAgain, services, turnWithTool } from "./support";

const stack = "other-engine";
const server = "other-engine";
const address = handBootedServers4.first.replace(/\d+$/, "13");
const hostname = `other-engine.${zone.name}`;
const existing: ExistingStack = { stack, address, hostname };
const here = services.filter((name) => name !== "openclaw-relay");

const tryInside = (command: string) =>
  attempt("docker", ["exec", `clawkeep-vps-${server}`, "bash", "-ec", command], { timeoutSeconds: 300 });
const inside = (command: string): Promise<string> =>
  run("docker", ["exec", `clawkeep-vps-${server}`, "bash", "-ec", command], { timeoutSeconds: 300 });
const turn = (text: string): Promise<string> => chatTurnAt(hostname, text);

async function configure(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await writeExistingStack(existing, await scannedHostKey(address), { more });
}

const turnWithToolHere = (): Promise<void> => turnWithTool(turn);

/** Id of the one container of the gateway that runs. @throws when it is not exactly one */
async function serving(): Promise<string> {
  const running = await inside(
    "docker ps --quiet --no-trunc --filter label=clawkeep.instance-of=openclaw --filter status=running",
  );
  expect(running.trim()).toMatch(/^[0-9a-f]{64}$/);
  return running.trim();
}

/** Tests that the program deploys to a host with that engine, and that all works there. */
export function deploysOn(engine: Engine, seen: { readonly version: RegExp; readonly driver: string }): void {
  jest.setTimeout(900_000);

  beforeAll(async () => {
    await enterLabEnvironment();
    // A run that was ended in the middle leaves the state of a server that is gone.
    await forgetStack(existing);
    const authorizedKeys = [await ensureSshIdentity()];
    await boot({ name: server, ipv4: address, disk: "bare", engine, authorizedKeys });
    await eventually("sshd", 60, () => configure());
  });

  afterAll(async () => {
    await script("anthropic", []);
    await forgetStack(existing);
    await destroy(server);
  });

  test("the engine is there before the program comes, and what else it needs is not", async () => {
    const format = "{{.ServerVersion}} {{.Driver}}";
    await eventually("its engine", 60, async () => {
      const [version, driver] = (await inside(`docker info --format '${format}'`)).trim().split(" ");
      expect(version).toMatch(seen.version);
      expect(driver).toBe(seen.driver);
    });
    expect((await tryInside("command -v nft || docker buildx version")).code).not.toBe(0);
  });

  test("the first up deploys, and leaves the engine that it found", async () => {
    const before = await inside("readlink -f /usr/sbin/dockerd; sha256sum </usr/sbin/dockerd");
    await pulumiUp(stack);
    expect(await inside("readlink -f /usr/sbin/dockerd; sha256sum </usr/sbin/dockerd")).toBe(before);
    expect(await inside("docker info --format '{{.Driver}}'")).toBe(`${seen.driver}\n`);
    const names = await inside("docker ps --format '{{.Names}}' --filter health=healthy");
    expect(names.trim().split("\n").sort()).toEqual([...here].sort());
  });

  test("a chat turn, and a turn with a tool", async () => {
    await eventually("a chat turn", 60, async () => {
      expect(await turn("Say: another engine")).toContain("another engine");
    });
    await turnWithToolHere();
  });

  test("a second up changes nothing, nor does a preview with a refresh", async () => {
    await pulumi("up", ["--stack", stack, "--yes", "--skip-preview", "--expect-no-changes"]);
    await pulumi("preview", ["--stack", stack, "--refresh", "--expect-no-changes"]);
  });

  test("a name outside is answered to the egress proxy alone, whichever namespace the engine asks from", async () => {
    const lookUp = (container: string): ReturnType<typeof tryInside> =>
      tryInside(`docker exec ${container} getent hosts api.anthropic.com`);
    expect((await lookUp("openclaw-egress")).code).toBe(0);
    for (const container of ["openclaw", "openclaw-litellm"])
      expect((await lookUp(container)).code).not.toBe(0);
  });

  test("a changed gateway takes the place of the old one", async () => {
    const before = await serving();
    await configure({ "clawkeep:gateways": [{ ...gatewayWithoutTelegram, maxOutputTokens: 4097 }] });
    await pulumiUp(stack);
    expect(await serving()).not.toBe(before);
    await turnWithToolHere();
  });

  test("one that does not serve is taken back, and a mended one serves", async () => {
    const before = await serving();
    await inside(onlyReady(before));
    await configure({ "clawkeep:gateways": [{ ...gatewayWithoutTelegram, maxOutputTokens: 4098 }] });
    const { outcome } = await tryPulumi("up", ["--stack", stack, "--yes", "--skip-preview"]);
    await inside(readyAgain);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stdout + outcome.stderr).toMatch(
      /the new container of openclaw does not serve.*The previous container \(clawkeep\/openclaw:[0-9a-f]{12}\) serves/s,
    );
    expect(await serving()).toBe(before);
    expect(await turn("Say: still the one of before")).toContain("still the one of before");
    await configure();
    await pulumiUp(stack);
    expect(await serving()).not.toBe(before);
    await turnWithToolHere();
  });

  test.each(["systemctl restart docker", "systemctl restart nftables"])(
    "%s: a turn with a tool works, and nothing but the gateway was restarted",
    async (command) => {
      const others = here.filter((name) => name !== "openclaw").join(" ");
      const look = `docker inspect --format '{{.Name}} {{.State.StartedAt}}' ${others}`;
      const before = await inside(look);
      await inside(command);
      await eventually("a turn with a tool", 240, turnWithToolHere);
      expect(await inside(look)).toBe(before);
      const checks = "/opt/openclaw/bin/apply-firewall check && /opt/openclaw/bin/docker-settings check";
      expect(await inside(checks)).toMatch(/holds the confirmed ruleset.*as ordered/s);
    },
  );
}
