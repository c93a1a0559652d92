/**
 * A host is asked over SSH and its images are read by a real engine. This machine plays the host; of what its engine
 * runs only this test's own containers count.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { published } from "../../../lab/images/catalogue";
import { buildLocal } from "../../../lab/images/local-image";
import { docker, labLabel } from "../../../lab/lib/docker";
import { run } from "../../../lab/lib/exec";
import { sbom } from "../../../tools/sbom/cyclonedx";
import { readHost, readImage, type HostContents } from "../../../tools/sbom/host";
import { readLock } from "../../../tools/sbom/program";
import { sshTarget, withHost, type Shell } from "../../../tools/host-shell";
import { Sshd } from "../../lab/toolchain/sshd";

const root = join(__dirname, "..", "..", "..");
const prefix = `clawkeep-test-sbom-${process.pid}`;
const tags = { reader: `clawkeep/socket-proxy:${prefix}`, sandbox: `clawkeep/sandbox:${prefix}` };
const directory = mkdtempSync(join(tmpdir(), "clawkeep-sbom-"));
const sshd = new Sshd();
const agent = process.env["SSH_AUTH_SOCK"];
const image = async (name: string): Promise<string> => {
  const found = published.find(({ image }) => image.name === name);
  if (found === undefined) throw new Error(`${name} is not in the catalogue`);
  return buildLocal(found.image);
};
const outputs = (hostKey: string) => ({
  sshCommand: `ssh -p ${sshd.port} root@127.0.0.1`,
  sshHostKey: hostKey,
});

jest.setTimeout(10 * 60_000);
beforeAll(async () => {
  await run(join(root, "lab", "engine", "up.sh"), []);
  await sshd.start();
  process.env["SSH_AUTH_SOCK"] = sshd.agentSocket;
  mkdirSync(join(directory, "node_modules", "mounted"), { recursive: true });
  const planted = JSON.stringify({ name: "mounted", version: "1.0.0" });
  writeFileSync(join(directory, "node_modules", "mounted", "package.json"), planted);
  await docker(["tag", await image("node"), tags.reader]);
  await docker(["tag", await image("debian-slim"), tags.sandbox]);
  const common = ["run", "--detach", "--label", labLabel, "--network", "none", "--read-only"];
  await docker([...common, "--name", `${prefix}-proxy`, tags.reader, "sleep", "600"]);
  const mount = ["--volume", `${directory}:/srv:ro`];
  await docker([...common, ...mount, "--name", `${prefix}-redis`, await image("redis"), "sleep", "600"]);
});
afterAll(async () => {
  await docker(["rm", "--force", `${prefix}-proxy`, `${prefix}-redis`]);
  await docker(["rmi", tags.reader, tags.sandbox]);
  sshd.stop();
  rmSync(directory, { recursive: true });
  if (agent === undefined) delete process.env["SSH_AUTH_SOCK"];
  else process.env["SSH_AUTH_SOCK"] = agent;
});

/** Without the containers and images of others on this machine. */
const oursOnly =
  (shell: Shell): Shell =>
  async (script, args, input) => {
    const printed = await shell(script, args, input);
    if (!script.includes("docker ps --all")) return printed;
    const own = (line: string): boolean => line.includes(prefix);
    const used = printed.split("\n").filter((line) => /^container /.test(line) && own(line));
    const ids = used.flatMap((line) => /"imageId":"([^"]+)"/.exec(line)?.[1] ?? []);
    const kept = (line: string): boolean => own(line) || ids.some((id) => line.includes(id));
    return printed
      .split("\n")
      .filter((line) => !/^(container|image) /.test(line) || kept(line))
      .join("\n");
  };

describe("a host, over SSH", () => {
  let host: HostContents;
  beforeAll(async () => {
    const target = sshTarget("prod", outputs(sshd.hostKey()));
    host = await withHost(target, (shell) => readHost(oursOnly(shell), () => undefined));
  });
  const packages = (reference: RegExp): Set<string> => {
    const found = host.images.find((item) => reference.test(item.reference));
    return new Set(found?.packages.map(({ kind, name }) => `${kind} ${name}`));
  };

  it("takes one login", () => {
    expect(sshd.connections()).toBe(1);
  });

  it("has its own packages, kernel and engine", async () => {
    expect(host.kernel).toBe((await run("uname", ["-r"])).trim());
    expect(host.engine).toBe((await docker(["version", "--format", "{{.Server.Version}}"])).trim());
    const [dpkg] = host.packages.filter(({ name }) => name === "dpkg");
    expect(dpkg?.version).toBe(await run("dpkg-query", ["-W", "-f", "${Version}", "dpkg"]));
  });

  it("has the packages of a container's image, and nothing that is mounted into it", async () => {
    const found = packages(/clawkeep-redis/);
    expect(found).toContain("deb redis-server");
    expect(found).not.toContain("npm mounted");
    // So that its absence means something: the container itself sees it.
    expect(await docker(["exec", `${prefix}-redis`, "ls", "/srv/node_modules"])).toBe("mounted\n");
  });

  it("has the sandboxes' image, which no container uses", () => {
    expect(packages(/^clawkeep\/sandbox:/)).toContain("deb coreutils");
  });

  it("is as it was: nothing left behind, and the containers untouched", async () => {
    expect(await docker(["ps", "--all", "--quiet", "--filter", "label=clawkeep.sbom"])).toBe("");
    expect(await docker(["diff", `${prefix}-redis`])).not.toMatch(/^[AD] (?!\/srv)/m);
    expect(await docker(["inspect", "--format", "{{.State.Status}}", `${prefix}-redis`])).toBe("running\n");
  });

  it("makes a document", () => {
    const lock = readLock(readFileSync(join(root, "package-lock.json"), "utf8"));
    const document = sbom("prod", host, lock, {
      at: new Date(),
      serial: "00000000-0000-4000-8000-000000000000",
    });
    const text = JSON.stringify(document);
    expect(text).toContain("pkg:deb/debian/redis-server@5%3A");
    expect(document.components).toHaveLength(5);
    if (process.env["CLAWKEEP_SBOM_OUT"] !== undefined) writeFileSync(process.env["CLAWKEEP_SBOM_OUT"], text);
  });
});

it("a host with another key than the stack's is not spoken to", async () => {
  const stranger = sshTarget("prod", outputs(sshd.strangeKey()));
  await expect(withHost(stranger, (shell) => shell("echo in"))).rejects.toThrow(
    /Host key verification failed/,
  );
});

it("what a script is given arrives as it is", async () => {
  const words = ["a b", "it's", '"$HOME"', "`id`", "$(id)", "\\", "new\nline", "*"];
  const target = sshTarget("prod", outputs(sshd.hostKey()));
  const script = `printf '%s|' "$@"; cat`;
  const printed = await withHost(target, (shell) => shell(script, words, "on stdin: 'x'"));
  expect(printed).toBe(`${words.join("|")}|on stdin: 'x'`);
});

it("a stack that is not deployed is told from one that is", () => {
  expect(() => sshTarget("prod", {})).toThrow(/no outputs sshCommand and sshHostKey.*pulumi up --stack prod/);
  const injected = { sshCommand: "ssh -p 22 root@host -oProxyCommand=id", sshHostKey: sshd.hostKey() };
  expect(() => sshTarget("prod", injected)).toThrow(/is it deployed/);
  expect(() =>
    sshTarget("prod", { sshCommand: "ssh -p 22 root@-oProxyCommand=id", sshHostKey: sshd.hostKey() }),
  ).toThrow(/is it deployed/);
});

describe("single images", () => {
  const local: Shell = (script, args = [], input = "") =>
    run("bash", ["-c", script, "sbom", ...args], { input });

  it.each([
    ["litellm", ["pypi litellm 1.103.7", "pypi prisma 0.15.0"]],
    ["caddy", ["golang github.com/caddyserver/caddy/v2 v2.10.2"]],
  ])("%s", async (name, expected) => {
    const { packages, os } = await readImage(local, "image", await image(name), tags.reader);
    expect(os?.id).toBe("debian");
    const found = packages.map((item) => `${item.kind} ${item.name} ${item.version}`);
    expect(found).toEqual(expect.arrayContaining(expected));
  });

  it("one that is not there is an error", async () => {
    await expect(readImage(local, "container", `${prefix}-none`, tags.reader)).rejects.toThrow(
      /No such container/,
    );
  });
});
