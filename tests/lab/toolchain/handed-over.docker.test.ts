/** A container that is made beside the one that serves: what the engine and the provider do with the options it has. */
import { execFileSync } from "node:child_process";
import { ensureToolchain, Project, toolchainTimeout } from "./project";

jest.setTimeout(180_000);

const image = "clawkeep-handed-over-test:1";
const prefix = "clawkeep-handed-over-test";
const label = `clawkeep.instance-of=${prefix}`;
let project: Project;

const docker = (...args: string[]): string =>
  execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
/** `NAME state` of every container, sorted. */
const containers = (): string[] =>
  docker("ps", "-a", "--filter", `label=${label}`, "--format", "{{.Names}} {{.State}}")
    .trim()
    .split("\n")
    .sort();

/** As the program declares a gateway's container; `after` fails as gateway-activate does. */
const program = (variable: string, more: { memory?: number; after?: "fails" } = {}): string => `
  const provider = new docker.Provider("engine", { host: "unix:///var/run/docker.sock" });
  const network = new docker.Network("network", { name: "${prefix}", internal: true,
    ipamConfigs: [{ subnet: "172.31.77.0/24", gateway: "172.31.77.1" }] }, { provider });
  const gateway = new docker.Container("gateway", { image: "${image}", hostname: "${prefix}", command: ["sleep", "1000000"],
    labels: [{ label: "clawkeep.instance-of", value: "${prefix}" }], envs: ["V=${variable}"], restart: "no", start: false,
    mustRun: false, networkMode: "bridge", networksAdvanced: [{ name: network.name, ipv4Address: "172.31.77.10" }],
    destroyGraceSeconds: 1, memory: ${more.memory ?? 64}, memorySwap: ${more.memory ?? 64},
  }, { provider, deleteBeforeReplace: false, retainOnDelete: true });
  ${more.after === undefined ? "" : 'new docker.Container("after", { image: "clawkeep-nowhere:1", name: gateway.id }, { provider });'}`;

beforeAll(async () => {
  ensureToolchain();
  const script = `set -eu
    files=$(ldd /bin/sleep | grep -o '/lib[^ ]*' | sort -u)
    tar -ch /bin/sleep $files 2>/dev/null | docker import --change 'LABEL clawkeep.lab=1' - ${image}`;
  execFileSync("bash", ["-c", script], { stdio: "pipe" });
  project = new Project();
  await project.init();
}, toolchainTimeout);

const removeAll = (): void => {
  const ids = docker("ps", "-aq", "--filter", `label=${label}`).split("\n").filter(Boolean);
  if (ids.length > 0) docker("rm", "-f", ...ids);
};
afterAll(async () => {
  removeAll();
  await project.pulumi("destroy", "--yes", "--skip-preview");
  project.remove();
  docker("image", "rm", "-f", image);
});

test("made under a name of its own; renamed and started by somebody else, nothing is planned, after a refresh neither", async () => {
  project.program(program("1"));
  await project.up();
  const [made = ""] = containers();
  expect(made).toMatch(/^gateway-[0-9a-f]{7} created$/);
  docker("rename", made.split(" ")[0] ?? "", prefix);
  docker("start", prefix);
  await project.expect("preview", "--expect-no-changes");
  await project.expect("refresh", "--yes", "--skip-preview");
  await project.expect("preview", "--expect-no-changes");
});

test("a create that fails leaves the one that serves alone", async () => {
  project.program(program("2", { memory: 1 }));
  const { code, text } = await project.pulumi("up", "--yes", "--skip-preview");
  expect(code).not.toBe(0);
  expect(text).toContain("Minimum memory limit allowed");
  expect(containers()).toContain(`${prefix} running`);
});

test("what follows fails, then a refresh, then another change: the one that serves is never touched", async () => {
  project.program(program("3", { after: "fails" }));
  expect((await project.pulumi("up", "--yes", "--skip-preview")).code).not.toBe(0);
  expect(containers()).toContain(`${prefix} running`);
  await project.expect("refresh", "--yes", "--skip-preview");
  project.program(program("4"));
  await project.up();
  expect(containers()).toContain(`${prefix} running`);
  await project.expect("preview", "--expect-no-changes");
  expect((await project.pulumi("up", "--yes", "--skip-preview", "--replace", "**::gateway")).code).toBe(0);
  expect(containers()).toContain(`${prefix} running`);
});

test("destroy forgets it, and does not take it away: a script does, before", async () => {
  removeAll();
  project.program(program("5"));
  await project.up("--refresh");
  removeAll();
  await project.expect("destroy", "--yes", "--skip-preview");
});

test("one of an earlier version, with a fixed name, is followed by one beside it, even if it is gone by then", async () => {
  project.program(
    program("1")
      .replace("hostname:", `name: "${prefix}-fixed", hostname:`)
      .replace("deleteBeforeReplace: false, retainOnDelete: true", "deleteBeforeReplace: true"),
  );
  await project.up();
  docker("rename", `${prefix}-fixed`, `${prefix}-previous`);
  docker("rm", "-f", `${prefix}-previous`);
  project.program(program("2"));
  await project.up();
  expect(containers()).toEqual([expect.stringMatching(/^gateway-[0-9a-f]{7} created$/)]);
  await project.expect("preview", "--expect-no-changes");
});
