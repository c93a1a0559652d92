/** The door before the lab's registry asks and counts as Docker Hub does. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { RegistryDoor } from "../../../lab/registry/door";

const rules = { users: { keeper: "word" }, anonymous: true, pulls: 1 };
const seen: { path: string; authorization: string | undefined }[] = [];
const registry = http.createServer((request, response) => {
  seen.push({ path: request.url ?? "", authorization: request.headers.authorization });
  response.end("from the registry");
});
let door: RegistryDoor;
let origin = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  door = new RegistryDoor(`http://127.0.0.1:${(registry.address() as AddressInfo).port}`, rules);
  origin = `http://${await door.open()}`;
});
afterAll(async () => {
  await door.close();
  registry.closeAllConnections();
  registry.close();
});
beforeEach(() => {
  door.change(rules);
  seen.length = 0;
});

const basic = (login: string): string => `Basic ${Buffer.from(login).toString("base64")}`;

/** As Docker does: asks, is told where tokens are, gets one, asks again. @returns status and text of the last answer */
async function pull(login?: string, method = "GET"): Promise<[number, string]> {
  const manifest = `${origin}/v2/library/redis/manifests/1`;
  const first = await fetch(manifest, { method });
  const [, realm = ""] = /realm="([^"]*)"/.exec(first.headers.get("www-authenticate") ?? "") ?? [];
  expect([first.status, realm]).toEqual([401, `${origin}/token`]);
  const headers = login === undefined ? {} : { authorization: basic(login) };
  const asked = await fetch(`${realm}?service=lab&scope=repository:library/redis:pull`, { headers });
  if (!asked.ok) return [asked.status, await asked.text()];
  const { token } = (await asked.json()) as { token: string };
  const second = await fetch(manifest, { method, headers: { authorization: `Bearer ${token}` } });
  return [second.status, await second.text()];
}

test("each has pulls of its own, and then 429 in Docker Hub's words", async () => {
  expect(await pull()).toEqual([200, "from the registry"]);
  expect(await pull()).toEqual([429, expect.stringMatching(/TOOMANYREQUESTS.*pull rate limit/)]);
  expect(await pull("keeper:word")).toEqual([200, "from the registry"]);
  expect(await pull("keeper:word")).toEqual([429, expect.stringContaining("TOOMANYREQUESTS")]);
});

test("who only asks whether an image is there is not counted", async () => {
  for (let time = 0; time < 3; time += 1) expect((await pull(undefined, "HEAD"))[0]).toBe(200);
  expect((await pull())[0]).toBe(200);
});

test("a wrong password is refused, and nobody is where the rules say so; the registry hears of neither", async () => {
  expect(await pull("keeper:other")).toEqual([
    401,
    expect.stringContaining("incorrect username or password"),
  ]);
  door.change({ ...rules, anonymous: false });
  expect(await pull()).toEqual([401, expect.stringContaining("authentication required")]);
  expect(seen).toEqual([]);
});

test("the registry is not told who asks", async () => {
  await pull("keeper:word");
  expect(seen).toEqual([{ path: "/v2/library/redis/manifests/1", authorization: undefined }]);
});

test("to a registry that asks for a login it shows its own, and says how much each has pulled", async () => {
  const own = new RegistryDoor(
    `http://127.0.0.1:${(registry.address() as AddressInfo).port}`,
    { ...rules, pulls: 5 },
    "Basic b3duOndvcmQ=",
  );
  const before = origin;
  try {
    origin = `http://${await own.open()}`;
    await pull("keeper:word");
    await pull("keeper:word");
    await pull();
    expect(seen.map(({ authorization }) => authorization)).toEqual(Array(3).fill("Basic b3duOndvcmQ="));
    expect([own.pulled("keeper"), own.pulled()]).toEqual([2, 1]);
  } finally {
    origin = before;
    await own.close();
  }
});
