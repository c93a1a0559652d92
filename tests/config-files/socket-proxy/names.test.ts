/** Gateways of one host make sandboxes side by side: none takes, sees or touches what another's are called. */
import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gateway as gatewaySchema } from "../../../config/gateway-schema";
import { isSandboxOf, sandboxPrefix } from "../../../config/sandbox-names";
import { containerName, services } from "../../../config/services";
import type { FilterConfiguration } from "../../../config-files/socket-proxy/configuration";
import { controls } from "../../../config-files/socket-proxy/controls";
import { DecisionLog } from "../../../config-files/socket-proxy/decision-log";
import { FilterServer } from "../../../config-files/socket-proxy/server";
import { exampleConfiguration } from "./support/configuration";
import { createBody, execBody } from "./support/legal";
import { http, send, type RawAnswer } from "./support/raw-http";
import { ScriptedEngine } from "./support/scripted-engine";

const directory = mkdtempSync(join(tmpdir(), "clawkeep-names-"));
const engine = new ScriptedEngine(join(directory, "engine"));
const servers: FilterServer[] = [];

async function filterOf(gateway: string): Promise<string> {
  const example = exampleConfiguration();
  const configuration: FilterConfiguration = {
    ...example,
    gateway: { ...example.gateway, name: gateway, container: gateway },
    listen: join(directory, gateway),
    upstream: engine.socket,
  };
  const server = new FilterServer(configuration, new DecisionLog(gateway, () => undefined), {
    ...controls,
    rebuildBinds: () => [],
  });
  servers.push(server);
  await server.listen();
  return configuration.listen;
}

let alice: string;
let bob: string;
beforeAll(async () => {
  await engine.listen();
  [alice, bob] = [await filterOf("alice"), await filterOf("bob")];
});
beforeEach(() => {
  engine.asked.length = 0;
  engine.answer = () => undefined;
});
afterAll(async () => {
  for (const server of servers) await server.close();
  engine.close();
  rmSync(directory, { recursive: true });
});

async function call(socket: string, method: string, path: string, body?: object): Promise<RawAnswer> {
  const [answer] = await send(socket, [http(method, path, body)]);
  if (answer === undefined) throw new Error("no answer");
  return answer;
}
const create = (socket: string, name: string) =>
  call(
    socket,
    "POST",
    `/containers/create?name=${name}`,
    createBody({ ...exampleConfiguration().sandbox, workspace: "workspace-1" }),
  );

test("two gateways make their sandboxes of one agent and path at the same time", async () => {
  const slug = "workspace-0123456789abcdef0123456789abcdef";
  const answers = await Promise.all([create(alice, `alice.${slug}`), create(bob, `bob.${slug}`)]);
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  expect(engine.changes().sort()).toEqual([
    `POST /containers/create?name=alice.${slug}`,
    `POST /containers/create?name=bob.${slug}`,
  ]);
});

test.each([
  ["another gateway's", "bob.workspace-1"],
  ["one whose name begins like its own", "alice2.workspace-1"],
  ["one whose name is the beginning of its own", "ali.workspace-1"],
  ["its own without the dot", "alice-workspace-1"],
  ["its own name and a dot alone", "alice."],
  ["its own name", "alice"],
  ["its own in capital letters", "Alice.workspace-1"],
  ["its own behind something else", "x-alice.workspace-1"],
  ["what sandboxes were called before", "openclaw-sbx-workspace-1"],
  ["a container's of the stack", "openclaw-litellm"],
])("a sandbox with the name of %s is refused, and the engine is not asked", async (_, name) => {
  const answer = await create(alice, name);
  expect([answer.status, answer.body]).toEqual([403, expect.stringContaining("must begin with alice.")]);
  expect(engine.asked).toEqual([]);
});

describe.each([
  ["another gateway's label on a name of one's own", "alice.foreign", { "clawkeep.gateway": "bob" }],
  ["no label on a name of one's own", "alice.plain", {}],
  ["one's own label on a name of before", "openclaw-sbx-old", { "clawkeep.gateway": "alice" }],
  ["one's own label on another gateway's name", "bob.odd", { "clawkeep.gateway": "alice" }],
])("a container with %s", (_, name, labels) => {
  test.each([
    ["GET", "/json", undefined],
    ["POST", "/start", undefined],
    ["POST", "/exec", execBody("id")],
    ["DELETE", "?force=1", undefined],
  ] as const)("is not there for %s %s, by name or id", async (method, path, body) => {
    const id = engine.container(name, labels);
    for (const asked of [name, id]) {
      const answer = await call(alice, method, `/containers/${asked}${path}`, body);
      expect([answer.status, answer.body]).toEqual([404, `{"message":"No such container: ${asked}"}\n`]);
    }
    expect(engine.changes()).toEqual([]);
  });

  test("is in no list", async () => {
    const listed = [{ Names: [`/${name}`] }, { Names: ["/alice.own"] }, { Names: ["/bob.own"] }];
    engine.answer = (line) => (line.startsWith("GET /containers/json") ? [200, listed] : undefined);
    const audit = "all=1&filters=%7B%22label%22%3A%7B%22openclaw.sandboxBrowser%3D1%22%3Atrue%7D%7D";
    const found = JSON.parse((await call(alice, "GET", `/containers/json?${audit}`)).body) as unknown[];
    expect(found).toEqual(
      listed.filter(({ Names: [each] }) => each !== undefined && /^\/alice\./.test(each)),
    );
  });
});

/** Names that the configuration takes. */
const names = fc
  .stringMatching(/^[a-z][a-z0-9-]{1,8}[a-z0-9]$/)
  .filter((name) => gatewaySchema.shape.name.safeParse(name).success);

test("names of sandboxes begin with nothing that another's begin with, and are no name of a container", () => {
  fc.assert(
    fc.property(names, fc.string({ maxLength: 3 }), fc.string({ maxLength: 9 }), (one, tail, rest) => {
      // Nearly the same names are the ones that would collide.
      for (const other of [`${one}${tail}`, one.slice(0, -1), `${one}-${one}`]) {
        if (other === one || !gatewaySchema.shape.name.safeParse(other).success) continue;
        expect(isSandboxOf(other, sandboxPrefix(one) + rest)).toBe(false);
        expect(isSandboxOf(one, sandboxPrefix(other) + rest)).toBe(false);
      }
      for (const row of Object.values(services))
        expect(isSandboxOf(one, containerName(row, one))).toBe(false);
    }),
  );
});

test("a gateway's name of the greatest length leaves room in the 63 characters of a name", () => {
  const longest = `a${"b".repeat(31)}`;
  expect(gatewaySchema.shape.name.safeParse(longest).success).toBe(true);
  expect(gatewaySchema.shape.name.safeParse(`${longest}c`).success).toBe(false);
  expect(gatewaySchema.shape.name.safeParse("a.b").success).toBe(false);
  expect(sandboxPrefix(longest).length).toBeLessThanOrEqual(63 - 30);
});
