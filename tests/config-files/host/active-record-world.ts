/** A host that asks Cloudflare's stand-in who is the active one, and keeps what it reads in a directory of its test's own. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zone as labZone } from "../../../lab/internet/addresses";
import { CloudflareEmulator } from "../../../lab/cloudflare/emulator";

const bin = join(__dirname, "../../../config-files/host/bin");
export const hostname = `assistant.${labZone.name}`;
export const tokens = { write: "w".repeat(40), read: "r".repeat(40) };
let lab = "";
/** Of the test that runs. */
export let directory = "";
let emulator: CloudflareEmulator;
/** Of the stand-in. */
export let origin = "";

beforeEach(async () => {
  lab = mkdtempSync(join(tmpdir(), "clawkeep-active-record-lab-"));
  directory = mkdtempSync(join(tmpdir(), "clawkeep-active-record-"));
  emulator = new CloudflareEmulator({ labDir: lab, tokens });
  origin = `http://127.0.0.1:${await emulator.start(0)}`;
});
afterEach(async () => {
  await emulator.stop();
  for (const each of [lab, directory]) rmSync(each, { recursive: true, force: true });
});

interface Order {
  api: string;
  authorities: string;
  token: string;
  stack: string;
}
export const order = (changes: Partial<Order> = {}) => ({
  ...{
    api: `${origin}/client/v4`,
    zone: labZone.id,
    hostname,
    stack: "prod",
    authorities: "",
    token: tokens.read,
  },
  ...changes,
});

/** Runs Python with the module, whose places are in a directory of this test; there it has the order, if any. */
export function python(text: string, wanted?: object): Promise<{ code: number; said: string }> {
  const file = join(directory, "order.json");
  if (wanted !== undefined) writeFileSync(file, JSON.stringify(wanted));
  const places = `import sys; sys.path.insert(0, ${JSON.stringify(bin)}); sys.dont_write_bytecode = True
import active_record as a
a.ORDER, a.READ, a.ANYWAY = ${JSON.stringify([file, join(directory, "run", "read"), join(directory, "anyway")])}
a.AGAIN_SECONDS = 0.2
import common, highest_epoch, json, lease, os
highest_epoch.KEPT, highest_epoch.LOCK = ${JSON.stringify([join(directory, "highest.json"), join(directory, "run", "lock")])}
lease.STATE, lease.ASK, lease.WANTED, lease.GUARD_SECONDS = ${JSON.stringify([...["run/lease", "run/ask", "wanted"].map((name) => join(directory, name)), 0])}
lease.confirmed.__defaults__ = (0.5,)
def heard(ago, another=False):
    lease.write({"seconds": 60, "begun": None if another else lease.boottime() - ago, "another": another, "asked": 0.0, "said": "standby is recorded"})
`;
  return new Promise((resolve) => {
    const child = execFile(
      "python3",
      ["-c", `${places}${text}`],
      { timeout: 45_000 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), said: (stdout + stderr).trim() }),
    );
    child.stdin?.end();
  });
}
export const staysDown = async (wanted?: object, patience = 0): Promise<string> =>
  (await python(`print(a.stays_down(${patience}))`, wanted)).said;

const records = () => `${origin}/client/v4/zones/${labZone.id}/dns_records`;
async function cloudflare(method: string, path: string, body?: object): Promise<{ id: string }[]> {
  const answer = await fetch(`${records()}${path}`, {
    method,
    headers: { authorization: `Bearer ${tokens.write}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { result: { id: string }[] }).result;
}
const epochName = (epoch: number): string => `_clawkeep-${epoch}.${hostname}`;
export async function recorded(epoch: number, stack: string): Promise<void> {
  await cloudflare("POST", "", {
    ...{ type: "CNAME", name: epochName(epoch), content: `${stack}.${hostname}` },
    ...{ proxied: false, ttl: 1 },
  });
}
const idOf = async (epoch: number): Promise<string> =>
  String((await cloudflare("GET", `?name=${epochName(epoch)}`))[0]?.id);
/** What nobody does but by hand. */
export async function removed(...epochs: readonly number[]): Promise<void> {
  for (const epoch of epochs) await cloudflare("DELETE", `/${await idOf(epoch)}`);
}
export async function changed(epoch: number, stack: string): Promise<void> {
  await cloudflare("PATCH", `/${await idOf(epoch)}`, { content: `${stack}.${hostname}` });
}
export const fault = (body: object): Promise<Response> =>
  fetch(`${origin}/lab/faults`, { method: "POST", body: JSON.stringify(body) });

/** Runs the script itself. */
export const script = async (
  words: readonly string[],
  wanted?: object,
  input = "",
): Promise<{ code: number; said: string }> =>
  python(
    `
import importlib.machinery, importlib.util, io
sys.argv, sys.stdin = ["it", *${JSON.stringify(words)}], io.StringIO(${JSON.stringify(input)})
loader = importlib.machinery.SourceFileLoader("it", ${JSON.stringify(join(bin, "active-record"))})
loader.exec_module(importlib.util.module_from_spec(importlib.util.spec_from_loader("it", loader)))`,
    wanted,
  );
