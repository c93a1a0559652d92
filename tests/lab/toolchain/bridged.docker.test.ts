/** The bridged docker and random providers and the engine's options, as the program uses them. */
import { execFileSync } from "node:child_process";
import { ensureToolchain, isSecret, Project, toolchainTimeout } from "./project";

jest.setTimeout(180_000);

const image = "clawkeep-toolchain-test:1";
const prefix = "clawkeep-toolchain-test";
let project: Project;

const docker = (...args: string[]): string =>
  execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });
const containers = (): string =>
  docker("ps", "-a", "--filter", `name=${prefix}`, "--format", "{{.Names}} {{.State}}").trim();

/** An image of two of this machine's own programs and what they are linked with. */
function importImage(): void {
  const script = `
    set -eu
    files=$(ldd /bin/sleep /bin/true | grep -o '/lib[^ ]*' | sort -u)
    tar -ch /bin/sleep /bin/true $files 2>/dev/null | docker import --change 'LABEL clawkeep.lab=1' - ${image}`;
  execFileSync("bash", ["-c", script], { stdio: "pipe" });
}

/** Everything that the program's container factory sets, in the form that comes back unchanged. */
function programOf(knobs: { label: string; memory: number; trigger: string }): string {
  return `
    const k = ${JSON.stringify(knobs)};
    const provider = new docker.Provider("engine", { host: "unix:///var/run/docker.sock" });
    const label = { label: "clawkeep.lab", value: "1" };
    const labels = [label];
    const network = new docker.Network("network", { name: "${prefix}", internal: true, labels,
      ipamConfigs: [{ subnet: "172.31.76.0/24", gateway: "172.31.76.1" }] }, { provider });
    const hardened = { image: "${image}", readOnly: true, user: "1000:1000", capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"], tmpfs: { "/run": "rw,noexec,nosuid,size=1m" },
      memory: k.memory, memorySwap: k.memory, logDriver: "json-file", logOpts: { "max-size": "1m" } };
    const runs = new docker.Container("runs", { ...hardened, name: "${prefix}-runs", command: ["sleep", "1000000"],
      labels: [label, { label: "generation", value: k.label }], restart: "unless-stopped", destroyGraceSeconds: 1,
      healthcheck: { tests: ["CMD", "true"], interval: "1s", timeout: "1s", retries: 3, startPeriod: "1s" }, wait: true,
      networksAdvanced: [{ name: network.name, ipv4Address: "172.31.76.10", aliases: ["runs"] }],
      volumes: [{ hostPath: "/usr/share", containerPath: "/data", readOnly: true }],
    }, { provider, replaceOnChanges: ["labels"] });
    new docker.Container("waits", { ...hardened, name: "${prefix}-waits", command: ["sleep", "1000000"], labels,
      start: false, mustRun: false }, { provider });
    new docker.Container("follows", { ...hardened, name: "${prefix}-follows", command: ["sleep", "1000000"], labels,
      destroyGraceSeconds: 1 }, { provider, replaceWith: [runs] });
    new random.RandomPassword("password", { length: 24 });
    // A secret for a trigger would make this engine's JSON preview panic.
    new docker.Volume("triggered", { name: "${prefix}", labels }, { provider, deleteBeforeReplace: true,
      replacementTrigger: k.trigger });`;
}

const first = { label: "1", memory: 64, trigger: "1" };

beforeAll(async () => {
  ensureToolchain();
  importImage();
  project = new Project();
  await project.init();
}, toolchainTimeout);

afterAll(async () => {
  await project.pulumi("destroy", "--yes", "--skip-preview");
  project.remove();
  docker("image", "rm", "-f", image);
});

test("a hardened container comes up, and nothing is planned afterwards", async () => {
  project.program(programOf(first));
  await project.up();
  expect(containers().split("\n").sort()).toEqual([
    `${prefix}-follows running`,
    `${prefix}-runs running`,
    `${prefix}-waits created`,
  ]);
  await project.expect("preview", "--expect-no-changes");
  await project.expect("refresh", "--yes", "--skip-preview");
  await project.expect("preview", "--expect-no-changes");
});

test("a random password is encrypted in the state", async () => {
  const password = await project.state("password");
  expect(isSecret(password?.outputs?.["result"])).toBe(true);
  expect(isSecret(password?.outputs?.["bcryptHash"])).toBe(true);
  expect(password?.id).toBe("none");
});

test("memory changes in place; a label replaces the container and what is tied to it", async () => {
  project.program(programOf({ label: "2", memory: 64, trigger: "2" }));
  const plan = await project.plan();
  expect(Object.fromEntries(plan)).toMatchObject({
    runs: "replace",
    follows: "replace",
    triggered: "replace",
  });
  expect(plan.get("waits") ?? "same").toBe("same");
  await project.up();
  project.program(programOf({ label: "2", memory: 65, trigger: "2" }));
  expect((await project.plan()).get("runs")).toBe("update");
});

test("a container that was stopped or removed by hand is brought back by a refresh", async () => {
  project.program(programOf({ label: "2", memory: 64, trigger: "2" }));
  docker("stop", "-t", "0", `${prefix}-runs`);
  docker("rm", "-f", `${prefix}-follows`);
  await project.up("--refresh");
  expect(containers()).toContain(`${prefix}-runs running`);
  expect(containers()).toContain(`${prefix}-follows running`);
});
