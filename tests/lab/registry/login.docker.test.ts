// The script that pulls, and the Docker provider, at a registry that counts pulls and asks for a login: with the machine's
// own engine, which takes a registry on loopback without TLS.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { published } from "../../../lab/images/catalogue";
import { publish } from "../../../lab/images/publish";
import { endpoints } from "../../../lab/internet/addresses";
import { docker } from "../../../lab/lib/docker";
import { attempt } from "../../../lab/lib/exec";
import { RegistryDoor, type DoorRules } from "../../../lab/registry/door";
import { startPushEndpoint } from "../../../lab/registry/registry";
import { ensureToolchain, Project, toolchainTimeout } from "../toolchain/project";

const script = join(__dirname, "..", "..", "..", "config-files", "host", "bin", "pull-image");
const open: DoorRules = { users: { keeper: "dckr_pat_word" }, anonymous: true, pulls: 1000 };
const door = new RegistryDoor(`http://${endpoints.registryPush}`, open);
const passwordKey = "clawkeep:registryPassword-lab";
const login = { passwordKey, user: "keeper", password: "dckr_pat_word" };
let reference = "";

jest.setTimeout(300_000);

beforeAll(async () => {
  const redis = published.find(({ ref }) => ref.startsWith("docker.io/library/redis:"));
  if (redis === undefined) throw new Error("the lab has no image of redis");
  await publish(redis);
  await startPushEndpoint();
  ensureToolchain();
  reference = redis.ref.replace(/^docker\.io/, await door.open());
}, toolchainTimeout);
beforeEach(async () => {
  door.change(open);
  await attempt("docker", ["image", "rm", "--force", reference]);
});
afterAll(async () => {
  await attempt("docker", ["image", "rm", "--force", reference]);
  await door.close();
});

/** Not spawnSync alone: the door answers in this process. */
async function pull(order: object): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await attempt("bash", [
    ...["-c", 'printf %s "$1" | "$2" "$3"', "bash", JSON.stringify(order), script, reference],
  ]);
  return { code, text: stdout + stderr };
}
const isThere = (): boolean => spawnSync("docker", ["image", "inspect", reference]).status === 0;

test("without a login it is pulled while there are pulls left, then a sentence says the way on", async () => {
  expect(await pull({ passwordKey })).toEqual({
    code: 0,
    text: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/),
  });
  await docker(["image", "rm", "--force", reference]);
  door.change({ ...open, pulls: 0 });
  const { code, text } = await pull({ passwordKey });
  expect(code).toBe(1);
  expect(text).toMatch(
    /counts pulls.*clawkeep:registryLogins.*pulumi config set --secret clawkeep:registryPassword-lab/,
  );
  expect(isThere()).toBe(false);
});

test("where nobody is let in, the login is; a wrong one is told apart", async () => {
  door.change({ ...open, anonymous: false });
  expect(await pull({ passwordKey })).toEqual({
    code: 1,
    text: expect.stringContaining("to nobody without a login"),
  });
  expect(await pull({ ...login, password: "other" })).toEqual({
    code: 1,
    text: expect.stringMatching(/refuses keeper.*clawkeep:registryPassword-lab/),
  });
  expect(await pull(login)).toEqual({ code: 0, text: expect.stringMatching(/^sha256:/) });
});

test("the provider pulls with registryAuth what has gone meanwhile, and keeps the password secret in the state", async () => {
  door.change({ ...open, anonymous: false });
  const project = new Project();
  try {
    await project.init();
    project.program(`
      const auth = pulumi.secret([{ address: "${reference.split("/")[0] ?? ""}", username: "keeper", password: "dckr_pat_word" }]);
      const provider = new docker.Provider("engine", { host: "unix:///var/run/docker.sock", registryAuth: auth });
      new docker.RemoteImage("image", { name: "${reference}", keepLocally: true }, { provider });`);
    await project.up();
    expect(isThere()).toBe(true);
    const state = (await project.expect("stack", "export", "--stack", "test")).stdout;
    expect(state).not.toContain("dckr_pat_word");
  } finally {
    await project.pulumi("destroy", "--yes", "--skip-preview");
    project.remove();
  }
});
