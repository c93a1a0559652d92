/**
 * A host is asked over SSH, and a real syft reads what it sends. This machine plays the host; of what its engine runs only
 * this test's own containers count.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { published } from "../../../lab/images/catalogue";
import { buildLocal } from "../../../lab/images/local-image";
import { docker, labLabel } from "../../../lab/lib/docker";
import { run } from "../../../lab/lib/exec";
import { sshTarget, withHost, type Shell } from "../../../tools/host-shell";
import { writeDocuments } from "../../../tools/sbom/host";
import { findSyft, scan } from "../../../tools/sbom/syft";
import { Sshd } from "../../lab/toolchain/sshd";

const root = join(__dirname, "..", "..", "..");
const prefix = `clawkeep-test-sbom-${process.pid}`;
const sandbox = `clawkeep/sandbox:${prefix}`;
const directory = mkdtempSync(join(tmpdir(), "clawkeep-sbom-"));
const sshd = new Sshd();
const agent = process.env["SSH_AUTH_SOCK"];
const image = async (name: string): Promise<string> => {
  const found = published.find(({ image }) => image.name === name);
  if (found === undefined) throw new Error(`${name} is not in the catalogue`);
  return buildLocal(found.image);
};

interface Document {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
  readonly components: readonly { readonly purl?: string }[];
}
let documents: Map<string, Document>;
let redis: string;

// Where the PATH has no syft, it is built.
jest.setTimeout(14 * 60_000);
beforeAll(async () => {
  const syft = findSyft((line) => console.log(line));
  await run(join(root, "lab", "engine", "up.sh"), []);
  await sshd.start();
  process.env["SSH_AUTH_SOCK"] = sshd.agentSocket;
  mkdirSync(join(directory, "node_modules", "mounted"), { recursive: true });
  const planted = JSON.stringify({ name: "mounted", version: "1.0.0" });
  writeFileSync(join(directory, "node_modules", "mounted", "package.json"), planted);
  redis = await image("redis");
  await docker(["tag", await image("debian-slim"), sandbox]);
  const common = ["run", "--detach", "--label", labLabel, "--network", "none", "--read-only"];
  const mount = ["--volume", `${directory}/node_modules:/srv/node_modules:ro`];
  await docker([...common, ...mount, "--name", `${prefix}-redis`, redis, "sleep", "600"]);
  await docker([...common, "--name", `${prefix}-caddy`, await image("caddy"), "sleep", "600"]);
  const names = await Promise.all([redis, await image("caddy")].map(imageId));

  const target = sshTarget("prod", {
    sshCommand: `ssh -p ${sshd.port} root@127.0.0.1`,
    sshHostKey: sshd.hostKey(),
  });
  const folder = join(directory, "sbom-prod");
  const written = await withHost(target, (shell, download) =>
    writeDocuments(folder, root, {
      shell: oursOnly(shell, names),
      download,
      scan: (subject, file, scratch) => scan(syft, subject, file, scratch),
      say: () => undefined,
    }),
  );
  documents = new Map(
    written.map((name) => [name, JSON.parse(readFileSync(join(folder, name), "utf8")) as Document]),
  );
});
afterAll(async () => {
  await docker(["rm", "--force", `${prefix}-redis`, `${prefix}-caddy`]);
  await docker(["rmi", sandbox]);
  sshd.stop();
  rmSync(directory, { recursive: true });
  if (agent === undefined) delete process.env["SSH_AUTH_SOCK"];
  else process.env["SSH_AUTH_SOCK"] = agent;
});

const imageId = async (name: string): Promise<string> =>
  (await docker(["image", "inspect", "--format", "{{.Id}}", name])).trim();

/** Without the images of others on this machine. */
const oursOnly =
  (shell: Shell, ids: readonly string[]): Shell =>
  async (script, args, input) => {
    const printed = await shell(script, args, input);
    if (!script.includes("docker ps --all")) return printed;
    const own = (line: string): boolean => line.includes(prefix) || ids.some((id) => line.startsWith(id));
    return printed.split("\n").filter(own).join("\n");
  };

const document = (name: RegExp): Document => {
  const [found, ...more] = [...documents].flatMap(([key, value]) => (name.test(key) ? [value] : []));
  if (found === undefined || more.length > 0)
    throw new Error(`not one document ${String(name)} among ${[...documents.keys()].join(", ")}`);
  return found;
};
const packages = (name: RegExp): string =>
  document(name)
    .components.map(({ purl }) => purl ?? "")
    .join("\n");

it("each is CycloneDX 1.6, of the image that the engine has", async () => {
  for (const { bomFormat, specVersion, components } of documents.values()) {
    expect([bomFormat, specVersion]).toEqual(["CycloneDX", "1.6"]);
    expect(components.length).toBeGreaterThan(10);
  }
  expect(document(/redis/).metadata.component).toMatchObject({ name: redis, version: await imageId(redis) });
});

it("the host has its Debian packages", async () => {
  const version = await run("dpkg-query", ["-W", "-f", "${Version}", "dpkg"]);
  expect(packages(/^host/)).toContain(`pkg:deb/debian/dpkg@${version.replaceAll("+", "%2B")}?`);
});

it("an image has its packages, and nothing that is mounted into its container", async () => {
  expect(packages(/redis/)).toMatch(/^pkg:deb\/debian\/redis-server@/m);
  expect(packages(/redis/)).not.toMatch(/mounted/);
  // So that its absence means something: the container itself sees it.
  expect(await docker(["exec", `${prefix}-redis`, "ls", "/srv/node_modules"])).toBe("mounted\n");
});

it("a Go program's modules are found, and the sandboxes' image, which no container uses", () => {
  expect(packages(/caddy/)).toMatch(/^pkg:golang\/github\.com\/caddyserver\/caddy\/v2@v2\./m);
  expect(packages(/clawkeep-sandbox/)).toMatch(/^pkg:deb\/debian\/coreutils@/m);
});

it("the program has what a deployment needs, and not what its tests need", () => {
  expect(packages(/^program/)).toMatch(/^pkg:npm\/%40pulumi\/pulumi@/m);
  expect(packages(/^program/)).not.toMatch(/pkg:npm\/jest@/);
});

it("the host is as it was, asked in one login", async () => {
  expect(sshd.connections()).toBe(1);
  expect(await docker(["inspect", "--format", "{{.State.Status}}", `${prefix}-redis`])).toBe("running\n");
});
