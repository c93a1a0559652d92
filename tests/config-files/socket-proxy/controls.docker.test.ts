import { join } from "node:path";
import { realFileSystem, rebuildBinds } from "../../../config-files/socket-proxy/binds";
import type { Controls } from "../../../config-files/socket-proxy/controls";
import { gatewayLabel } from "../../../config-files/socket-proxy/create-body";
import { matchRoute } from "../../../config-files/socket-proxy/routes";
import { corpus } from "./corpus";
import type { Attack } from "./corpus/attack";
import { runAttack, withTarget } from "./support/run-attack";
import { execBody } from "./support/legal";
import { http, send } from "./support/raw-http";
import { secret, World } from "./support/world";

/** Each control is switched off alone; an attack that it stops must then get through. */

jest.setTimeout(120_000);
const world = new World();
beforeAll(() => world.start());
afterAll(() => world.stop());

function attack(family: string, name: string): Attack {
  const found = corpus.find((each) => each.family === family && each.name === name);
  if (found === undefined) throw new Error(`no attack ${family}: ${name}`);
  return found;
}

async function getsThrough(each: Attack): Promise<boolean> {
  let through = false;
  await withTarget(world, each, async (target) => {
    const { answer } = await runAttack(world, each, "filter", target);
    through = answer.status > 0 && answer.status < 400;
  });
  return through;
}

const mountInfo = (): string =>
  `1 0 7:0 / ${world.mount.directory} rw,nosuid,nodev,nosymfollow - ext4 /dev/loop0 rw\n`;

const switchedOff: readonly (readonly [Partial<Controls>, string, family: string, name: string])[] = [
  [
    {
      checkHead: (request) => ({ contentLength: Number(request.headers["content-length"]), upgrade: false }),
    },
    "checkHead",
    "HTTP",
    "a header that is not known",
  ],
  [
    { matchRoute: (method, target) => matchRoute(method, target.replace(/&platform=.*/, "")) },
    "matchRoute",
    "create paths",
    "a platform",
  ],
  [{ bodyLimit: Infinity }, "bodyLimit", "oversized", "spaces before the body"],
  [
    { parseBody: (bytes) => JSON.parse(Buffer.from(bytes).toString()) },
    "parseBody",
    "JSON",
    "a key twice with the same value",
  ],
  [
    { rebuildCreateBody: (body) => ({ ...(body as object), Labels: { [gatewayLabel]: "test" } }) },
    "rebuildCreateBody",
    "privileges",
    "Privileged",
  ],
  [
    {
      rebuildBinds: () => [
        {
          Type: "bind",
          Source: "/etc",
          Target: "/workspace",
          ReadOnly: false,
          BindOptions: { Propagation: "rprivate", NonRecursive: true },
        },
      ],
    },
    "rebuildBinds",
    "binds",
    "a directory of the host",
  ],
  [
    { rebuildBinds: (binds, sandbox) => rebuildBinds(binds, sandbox, { ...realFileSystem, mountInfo }) },
    "the check of the mount",
    "mount point",
    "symlinks are followed",
  ],
  [
    {
      rebuildBinds: (binds, sandbox) =>
        rebuildBinds(binds, sandbox, {
          ...realFileSystem,
          lstat: () => ({ dev: 0, isDirectory: () => true }),
        }),
    },
    "the look at each directory",
    "binds",
    "a file",
  ],
  [{ rebuildExecBody: (body) => body as object }, "rebuildExecBody", "exec options", "as root"],
  [
    { rebuildSelfExecBody: (body) => body as object },
    "rebuildSelfExecBody",
    "exec in the gateway",
    "a shell",
  ],
  [{ isOwnSandbox: () => true }, "isOwnSandbox", "exec into others", "by id"],
  [{ isGateway: () => true }, "isGateway", "exec into others", "a look at another container by id"],
  [{ isSandboxName: () => true }, "isSandboxName", "create paths", "a name that is not a sandbox's"],
  [{ isSandboxImage: () => true }, "isSandboxImage", "images", "look at another image"],
  [{ ownExecsOnly: false }, "ownExecsOnly", "exec into others", "start of another's exec"],
  [
    { ownExecsOnly: false, rebuildExecStartBody: (body) => body as object },
    "rebuildExecStartBody",
    "exec ids",
    "a start with a terminal",
  ],
  [
    { headersTimeoutMs: 60_000, requestTimeoutMs: 60_000 },
    "requestTimeoutMs",
    "slow",
    "a pause between head and body",
  ],
];

test.each(switchedOff.map(([override, ...names]) => [names.join(": "), override, names] as const))(
  "without %s",
  async (_, override, [, family, name]) => {
    await world.startFilter({ headersTimeoutMs: 1_500, requestTimeoutMs: 2_500 });
    expect(await getsThrough(attack(family, name))).toBe(false);
    await world.startFilter({ headersTimeoutMs: 1_500, requestTimeoutMs: 2_500, ...override });
    expect(await getsThrough(attack(family, name))).toBe(true);
    await removeSandboxes();
  },
);

async function removeSandboxes(): Promise<void> {
  const ids = await world.engine.cli(["ps", "--all", "--quiet", "--filter", `label=${gatewayLabel}`]);
  for (const id of ids.split("\n").filter(Boolean)) await world.remove(id);
}

async function ask(method: string, path: string, body?: object): Promise<string> {
  const [answer] = await send(world.filterSocket, [http(method, path, body)]);
  return `${answer?.head}\n${answer?.body}`;
}

test("without the count there are more sandboxes than allowed", async () => {
  const create = (): Promise<string> =>
    ask("POST", `/containers/create?name=${world.freshName()}`, world.createBody());
  const created = async (): Promise<number> =>
    (await Promise.all([1, 2, 3, 4, 5].map(create))).filter((answer) => answer.startsWith("HTTP/1.1 201"))
      .length;
  await world.startFilter();
  expect(await created()).toBe(3);
  await removeSandboxes();
  await world.startFilter({ countSandboxes: false });
  expect(await created()).toBe(5);
  await removeSandboxes();
});

describe("what is taken out of answers", () => {
  let sandbox: { id: string; name: string };
  let execId = "";
  beforeAll(async () => {
    await world.startFilter();
    sandbox = await world.container("sandbox");
    const answer = await ask("POST", `/containers/${sandbox.id}/exec`, execBody("echo in-the-command"));
    execId = /"Id":"([0-9a-f]+)"/.exec(answer)?.[1] ?? "";
  });
  afterAll(() => world.remove(sandbox.id));

  const cases = [
    [
      "the gateway's environment",
      () => `/containers/${world.gateway}/json`,
      secret,
      { containerAnswer: (d: object) => d },
    ],
    [
      "a sandbox's environment",
      () => `/containers/${sandbox.name}/json`,
      secret,
      { containerAnswer: (d: object) => d },
    ],
    [
      "paths of the host",
      () => `/containers/${sandbox.name}/json`,
      join("engine-data-root", "containers"),
      { containerAnswer: (d: object) => d },
    ],
    [
      "the image's environment",
      () => `/images/${world.image}/json`,
      "in-the-image",
      { imageAnswer: (d: object) => d },
    ],
  ] as const;
  test.each(cases)("%s", async (_, path, leak, override) => {
    await world.startFilter();
    expect(await ask("GET", path())).not.toContain(leak);
    await world.startFilter(override);
    expect(await ask("GET", path())).toContain(leak);
  });

  test("the command and user of an exec", async () => {
    await world.startFilter();
    const created = await ask("POST", `/containers/${sandbox.id}/exec`, execBody("echo in-the-command"));
    execId = /"Id":"([0-9a-f]+)"/.exec(created)?.[1] ?? "";
    const answer = await ask("GET", `/exec/${execId}/json`);
    expect(answer).toContain('"Running":false');
    expect(answer).not.toContain("in-the-command");
    await world.startFilter({ ownExecsOnly: false, execAnswer: (details) => details });
    expect(await ask("GET", `/exec/${execId}/json`)).toContain("in-the-command");
  });

  test("the engine's version, and the difference between absent and another's", async () => {
    await world.startFilter();
    expect(await ask("GET", "/_ping")).not.toMatch(/^Server:/im);
    const another = await ask("GET", `/containers/${world.victim}/json`);
    const absent = await ask("GET", "/containers/nothing-here-abc/json");
    const plain = (text: string): string =>
      text
        .replace(/clawkeep-test-victim|nothing-here-abc/g, "X")
        .replace(/^(Date|Content-Length):.*$/gim, "");
    expect(plain(another)).toBe(plain(absent));
  });
});

test("each control is switched off by one of these tests", () => {
  const { controls } = jest.requireActual<typeof import("../../../config-files/socket-proxy/controls")>(
    "../../../config-files/socket-proxy/controls",
  );
  const covered = new Set(switchedOff.flatMap(([override]) => Object.keys(override)));
  for (const each of ["countSandboxes", "containerAnswer", "imageAnswer", "execAnswer"]) covered.add(each);
  // A time, whose use is taken away among the controls of the long run.
  covered.add("sandboxAnswersMs");
  // Amounts, which are switched off before an engine that is played: amounts.test.ts.
  for (const each of ["oneAtATime", "refusedLingerMs", "keepAliveMs"]) covered.add(each);
  for (const each of ["limitExecs", "limitStarts", "limitCalls", "limitRates"]) covered.add(each);
  // Behind it stands isOwnSandbox, so that nothing gets through; what answers tell is in amounts.test.ts.
  covered.add("mayBeAskedFor");
  // Of a gateway that is stopped: closed.test.ts.
  covered.add("isClosed");
  expect(Object.keys(controls).filter((each) => !covered.has(each))).toEqual([]);
});
