/** The proof that a gateway's tools work: a sandbox as OpenClaw makes it, through the real filter, and none left behind. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { openclawConfig } from "../../../config-files/gateway/openclaw-config";
import { releaseLines, type ReleaseLine } from "../../../config/release-lines";
import { World } from "../socket-proxy/support/world";
import { policyArgs } from "./support/policy-args";

jest.setTimeout(120_000);
const world = new World();
const script = join(__dirname, "..", "..", "..", "config-files", "host", "bin", "prove-sandbox.mjs");
beforeAll(() => world.start());
afterEach(() => world.startFilter());
afterAll(() => world.stop());

/** Asks the filter of this world as the gateway of this release line, with the client that `path` finds first. */
function prove(release: ReleaseLine = releaseLines[0], path = ""): Promise<{ code: number; said: string }> {
  const file = join(world.directory, "openclaw.json");
  const args = policyArgs({ release });
  const sandbox = { ...args.sandbox, pids: 128 };
  const gateway = { ...args.gateway, name: "test" };
  writeFileSync(file, openclawConfig({ ...args, gateway, sandbox, sandboxImage: world.image }));
  const env = {
    ...process.env,
    PATH: [path, process.env["PATH"]].join(delimiter),
    DOCKER_HOST: `unix://${world.filterSocket}`,
    OPENCLAW_CONFIG_PATH: file,
  };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [script, world.mount.directory, "0123456789abcdef"],
      { env },
      (_, __, said) => resolve({ code: child.exitCode ?? -1, said }),
    );
  });
}

const nothingIsLeft = async (): Promise<void> => {
  const names = await world.engine.cli(["ps", "--all", "--format", "{{.Names}}"]);
  expect(names.split("\n").sort()).toEqual([world.gateway, world.victim]);
  expect(readdirSync(world.mount.directory).filter((each) => /proof-/.test(each))).toEqual([]);
};

/** A client that is the true one with a word more, as one of a newer release may be. */
function clientThatAdds(word: string): string {
  const directory = join(world.directory, `client${word}`);
  mkdirSync(directory, { recursive: true });
  const text = `#!/bin/sh
if [ "$1" = create ]; then shift; set -- create ${word} "$@"; fi
PATH=$(printf %s "$PATH" | cut -d: -f2-) exec docker "$@"
`;
  writeFileSync(join(directory, "docker"), text, { mode: 0o755 });
  return directory;
}

test.each(releaseLines)("%s: a sandbox is made, answers, and is removed", async (release) => {
  expect(await prove(release)).toEqual({ code: 0, said: "" });
  await nothingIsLeft();
});

test("what a proof that was cut off has left is no hindrance", async () => {
  const before = await world.container("sandbox");
  await world.engine.cli(["rename", before.name, "test.proof-fedcba9876543210"]);
  expect(await prove()).toEqual({ code: 0, said: "" });
  await world.remove(before.id);
  await nothingIsLeft();
});

test("a client that asks for something else: refused, by the filter's own words", async () => {
  const { code, said } = await prove(releaseLines[0], clientThatAdds("--privileged"));
  expect(code).toBe(1);
  expect(said).toMatch(/a sandbox cannot be made: .*Privileged/s);
  await nothingIsLeft();
});

test("limits that the filter does not know: refused, by the filter's own words", async () => {
  await world.startFilter({}, { memoryMiB: 256 });
  const { code, said } = await prove();
  expect(code).toBe(1);
  expect(said).toMatch(/a sandbox cannot be made: .*HostConfig\.Memory.* must be at most/s);
});

test("a gateway that has as many sandboxes as it may: said by its own exit code", async () => {
  await world.startFilter({}, { sandboxes: 1 });
  const other = await world.container("sandbox");
  try {
    expect((await prove()).code).toBe(3);
  } finally {
    await world.remove(other.id);
  }
  await nothingIsLeft();
});
