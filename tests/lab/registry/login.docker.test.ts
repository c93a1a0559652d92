// The script that pulls, and the Docker provider, at registries that ask for a login or count pulls: with the machine's own
// engine, which takes a registry on loopback without TLS. Each image is made for its test alone, so whoever has it has pulled
// it.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { docker } from "../../../lab/lib/docker";
import { attempt } from "../../../lab/lib/exec";
import { RegistryDoor, type DoorRules } from "../../../lab/registry/door";
import { basicLogin, keeper, PrivateRegistry } from "../../../lab/registry/private";
import { ensureToolchain, Project, toolchainTimeout, type Result } from "../toolchain/project";

const script = join(__dirname, "..", "..", "..", "config-files", "host", "bin", "pull-image");
/** As a company's: htpasswd, and nothing for nobody. */
const registry = new PrivateRegistry();
/** As Docker Hub: tokens, and pulls that are counted. */
const open: DoorRules = { users: { [keeper.user]: keeper.password }, anonymous: true, pulls: 1000 };
const closed: DoorRules = { ...open, anonymous: false };
let door: RegistryDoor;
const passwordKey = "clawkeep:registryPassword-lab";
const login = { passwordKey, ...keeper };
const made: string[] = [];
let hub = "";

jest.setTimeout(300_000);

beforeAll(async () => {
  await registry.start();
  door = new RegistryDoor(`http://${registry.address}`, open, basicLogin);
  hub = await door.open();
  ensureToolchain();
}, toolchainTimeout);
beforeEach(() => door.change(open));
afterAll(async () => {
  for (const reference of made) await attempt("docker", ["image", "rm", "--force", reference]);
  await door.close();
  await registry.stop();
});

const isThere = (reference: string): boolean =>
  spawnSync("docker", ["image", "inspect", reference]).status === 0;

/** An image that this engine has never had. @param at address that it is to be pulled from */
async function unique(at: string): Promise<string> {
  const reference = `${at}/${await registry.publishUnique()}`;
  made.push(reference);
  expect(isThere(reference)).toBe(false);
  return reference;
}

/** Not spawnSync: the door answers in this process. */
async function pull(reference: string, order: object): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await attempt(script, [reference], { input: JSON.stringify(order) });
  return { code, text: stdout + stderr };
}
const gotIt = { code: 0, text: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) as string };
const refused = (sentence: RegExp): unknown => ({ code: 1, text: expect.stringMatching(sentence) as string });

test("without a login it is pulled while there are pulls left, then a sentence says the way on", async () => {
  const first = await unique(hub);
  expect(await pull(first, { passwordKey })).toEqual(gotIt);
  expect(door.pulled()).toBeGreaterThan(0);
  const second = await unique(hub);
  door.change({ ...open, pulls: 0 });
  expect(await pull(second, { passwordKey })).toEqual(
    refused(
      /counts pulls.*clawkeep:registryLogins.*pulumi config set --secret clawkeep:registryPassword-lab/,
    ),
  );
  expect([isThere(second), door.pulled()]).toEqual([false, expect.any(Number)]);
  expect(door.pulled()).toBeGreaterThan(0);
});

test("what the script has pulled with a login is counted as the login's, not as nobody's", async () => {
  const reference = await unique(hub);
  expect(await pull(reference, login)).toEqual(gotIt);
  expect(door.pulled(keeper.user)).toBeGreaterThan(0);
  expect(door.pulled()).toBe(0);
});

test.each(["a company's registry (htpasswd)", "Docker Hub's kind (tokens)"])(
  "%s that lets nobody in lets the login in; a wrong one is told apart",
  async (kind) => {
    door.change(closed);
    const reference = await unique(kind.startsWith("a company") ? registry.address : hub);
    expect(await pull(reference, { passwordKey })).toEqual(refused(/to nobody without a login/));
    expect(await pull(reference, { ...login, password: "other" })).toEqual(
      refused(/refuses keeper.*clawkeep:registryPassword-lab/),
    );
    expect(isThere(reference)).toBe(false);
    expect(await pull(reference, login)).toEqual(gotIt);
    expect(isThere(reference)).toBe(true);
  },
);

/** What the true provider is given by components/host.ts, and no script before it. */
const program = (reference: string, auth: readonly object[]): string => `
  const registryAuth = pulumi.secret(${JSON.stringify(auth)});
  const provider = new docker.Provider("engine", { host: "unix:///var/run/docker.sock", ${auth.length > 0 ? "registryAuth" : ""} });
  new docker.RemoteImage("image", { name: "${reference}", keepLocally: true }, { provider });`;

test.each(["a company's registry (htpasswd)", "Docker Hub's kind (tokens)"])(
  "%s: the provider pulls with registryAuth what has gone meanwhile, and not without; the password is secret in the state",
  async (kind) => {
    door.change(closed);
    const address = kind.startsWith("a company") ? registry.address : hub;
    const reference = await unique(address);
    const auth = [{ address, username: keeper.user, password: keeper.password }];
    const project = new Project();
    const up = (): Promise<Result> => project.pulumi("up", "--yes", "--skip-preview");
    try {
      await project.init();
      project.program(program(reference, []));
      expect((await up()).code).not.toBe(0);
      expect(isThere(reference)).toBe(false);
      project.program(program(reference, auth));
      const { code, text } = await up();
      expect([code, code === 0 ? "" : text]).toEqual([0, ""]);
      expect(isThere(reference)).toBe(true);
      await project.expect("preview", "--expect-no-changes");
      // Somebody has pruned: the next refresh sees it, and the provider pulls by itself.
      await docker(["image", "rm", "--force", reference]);
      await project.up("--refresh");
      expect(isThere(reference)).toBe(true);
      const state = (await project.expect("stack", "export", "--stack", "test")).stdout;
      expect(state).not.toContain(keeper.password);
      expect(state).not.toContain(basicLogin.replace("Basic ", ""));
    } finally {
      await project.pulumi("destroy", "--yes", "--skip-preview");
      project.remove();
    }
  },
);
