import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rebuildBinds, type FileSystem } from "../../../config-files/socket-proxy/binds";
import { controls } from "../../../config-files/socket-proxy/controls";
import { DecisionLog } from "../../../config-files/socket-proxy/decision-log";
import { rebuildCreateBody } from "../../../config-files/socket-proxy/create-body";
import { rebuildExecBody } from "../../../config-files/socket-proxy/exec-body";
import { FilterServer } from "../../../config-files/socket-proxy/server";
import { exampleConfiguration } from "./support/configuration";
import { FakeEngine } from "./support/fake-engine";
import { createBody, execBody, type Body } from "./support/legal";
import { mutated } from "./support/mutated";
import { http, send } from "./support/raw-http";

// Random bodies by the thousand: on a busy machine that takes longer than a test usually may.
jest.setTimeout(60_000);

/** What the engine receives, byte for byte, is what the filter meant; whatever the gateway sent. */

const directory = mkdtempSync(join(tmpdir(), "clawkeep-differential-"));
const configuration = {
  ...exampleConfiguration(),
  listen: join(directory, "filter"),
  upstream: join(directory, "engine"),
};
const sandboxId = "a".repeat(64);
const engine = new FakeEngine(configuration.upstream, {
  "test.one": {
    Id: sandboxId,
    Name: "/test.one",
    Config: { Labels: { "clawkeep.gateway": "test" } },
  },
});
const system: FileSystem = {
  mountInfo: () => "1 0 7:0 / /sandboxes/here rw,nosuid,nodev,nosymfollow - ext4 /dev/loop0 rw\n",
  lstat: () => ({ dev: 7, isDirectory: () => true }),
};
const toMounts: typeof rebuildBinds = (binds, sandbox) => rebuildBinds(binds, sandbox, system);
const server = new FilterServer(configuration, new DecisionLog("test", () => undefined), {
  ...controls,
  rebuildBinds: toMounts,
});

beforeAll(async () => {
  await engine.listen();
  await server.listen();
});
afterAll(async () => {
  await server.close();
  engine.close();
  rmSync(directory, { recursive: true });
});

async function differs(path: string, body: Body, meant: () => object, upstreamPath: string): Promise<string> {
  engine.received.length = 0;
  const [answer] = await send(configuration.listen, [http("POST", path, body)]);
  const posts = engine.received.filter(({ method }) => method !== "GET");
  let expected: string;
  try {
    expected = JSON.stringify(meant());
  } catch {
    expect(answer?.status).toBeGreaterThanOrEqual(400);
    expect(posts).toEqual([]);
    return "refused";
  }
  expect(answer?.status).toBe(201);
  expect(posts).toHaveLength(1);
  expect(posts[0]).toMatchObject({ method: "POST", path: upstreamPath, body: expected });
  const names = posts[0]?.headers.filter((_, index) => index % 2 === 0);
  expect(names).toEqual(["host", "user-agent", "connection", "content-length", "content-type"]);
  return "accepted";
}

test.each([
  [
    "create",
    createBody({ ...configuration.sandbox, workspace: "workspace-1" }),
    "/v1.30/containers/create?name=test.two",
    (body: Body) => rebuildCreateBody(body, configuration, toMounts),
    "/v1.41/containers/create?name=test.two",
  ],
  [
    "exec",
    execBody("id"),
    "/containers/test.one/exec",
    (body: Body) => rebuildExecBody(body, configuration),
    `/v1.41/containers/${sandboxId}/exec`,
  ],
] as const)("%s", async (_, legal, path, meant, upstreamPath) => {
  expect(await differs(path, legal, () => meant(legal), upstreamPath)).toBe("accepted");
  const outcomes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(mutated(legal), async (body) => {
      const outcome = await differs(path, body, () => meant(body), upstreamPath);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }),
    { numRuns: 400 },
  );
  expect([...outcomes.keys()].sort()).toEqual(["accepted", "refused"]);
});
