// The warm machine: servers that begin with what the product prepares and pulls, each on a disk of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { published } from "../../../lab/images/catalogue";
import { docker } from "../../../lab/lib/docker";
import { attempt, run } from "../../../lab/lib/exec";
import { findTemplate } from "../../../lab/vps/disks";
import * as vps from "../../../lab/vps/stand-in";
import { warmKey } from "../../../lab/vps/warm";

const servers = [`warm-a-${process.pid}`, `warm-b-${process.pid}`] as const;
const [first, second] = servers;
const lab = mkdtempSync(join(tmpdir(), "clawkeep-warm-test-"));
const inside = (name: string, script: string): Promise<string> =>
  docker(["exec", `clawkeep-vps-${name}`, "bash", "-euc", script]);

jest.setTimeout(20 * 60_000);

async function isBooted(name: string): Promise<void> {
  const state = ["exec", `clawkeep-vps-${name}`, "systemctl", "is-system-running", "--wait"];
  const deadline = Date.now() + 120_000;
  while ((await attempt("docker", state)).stdout.trim() !== "running") {
    if (Date.now() > deadline)
      throw new Error(`${name} is not up: ${await inside(name, "systemctl --failed")}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

beforeAll(async () => {
  process.env["CLAWKEEP_LAB"] = lab;
  await run(join(__dirname, "../../../lab/engine/up.sh"), []);
  for (const [index, name] of servers.entries())
    await vps.boot({ name, ipv4: `103.22.206.${205 + index}`, disk: "warm", authorizedKeys: [] });
  for (const name of servers) await isBooted(name);
});

afterAll(async () => {
  for (const name of servers) await vps.destroy(name);
  rmSync(lab, { recursive: true, force: true });
});

test("its engine has every published image by its name, and nothing of another server's", async () => {
  for (const { ref } of published) await inside(first, `docker image inspect ${ref} >/dev/null`);
  expect(await inside(first, "docker ps -aq; docker volume ls -q")).toBe("");
  const identity =
    "cat /etc/machine-id; docker info --format '{{.ID}}'; cat /etc/ssh/ssh_host_ed25519_key.pub";
  const [a, b] = [await inside(first, identity), await inside(second, identity)].map((text) =>
    text.trim().split("\n"),
  );
  expect(a).toHaveLength(3);
  for (const line of a ?? []) expect(b).not.toContain(line);
  expect(await inside(first, "hostname; cat /etc/hostname")).toBe(`${first}\n${first}\n`);
});

// Not only what Docker does itself: a server's root may write into a layer.
test("whatever is written on one disk, the template and the other servers keep what they had", async () => {
  const template = (await findTemplate(warmKey())) ?? "";
  const layer = "ls -d /var/lib/docker/overlay2/*/diff/usr/local/bin/node | head -n 1";
  const file = (await inside(first, layer)).trim();
  const inTemplate = file.replace("/var/lib/docker", template);
  const sum = async (name: string) => (await inside(name, `sha256sum <${file}`)).trim();
  const before = await run("sha256sum", [inTemplate]);
  const [of] = before.split(" ");
  expect(await sum(second)).toContain(of);

  await inside(
    first,
    "docker run --rm docker:29.8.2-cli sh -c 'echo changed >/usr/local/bin/docker; rm -rf /etc/debian_version'",
  );
  await inside(first, `echo changed >>${file}`);
  await inside(first, "docker image rm --force ghcr.io/openclaw/openclaw:2026.9.6 redis:7.4.11-bookworm");

  expect(await sum(first)).not.toContain(of);
  expect(await sum(second)).toContain(of);
  expect(await run("sha256sum", [inTemplate])).toBe(before);
  expect(await inside(second, "docker run --rm redis:7.4.11-bookworm redis-server --version")).toContain(
    "v=7",
  );
  expect(await inside(second, "docker run --rm docker:29.8.2-cli docker --version")).toContain("29.");
  expect((await attempt("touch", [inTemplate])).stderr).toMatch(/Read-only/);
});

test("what a server has written is there after its power was cut", async () => {
  await inside(first, "docker run --name kept docker:29.8.2-cli sh -c 'echo kept >/kept'; sync");
  await vps.power(first, "off");
  await vps.power(first, "on");
  await isBooted(first);
  expect(await inside(first, "docker cp kept:/kept - | tar -xO")).toBe("kept\n");
});
