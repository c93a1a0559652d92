/** What backup-run is told has every key that it reads, and bounds for each part. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { backupOrder, backupParts } from "../../../config-files/backups/order";
import { filesOwner } from "../../../config/services";

const order = backupOrder({
  of: { stack: "prod", gateways: ["openclaw", "second"] },
  storage: { stateGiB: 8, sandboxesGiB: 4 },
  repository: { kind: "rest", host: "backups.example.net", user: "prod", folder: "prod" },
  images: { restic: "restic:1", python: "python:1" },
  secrets: "/opt/openclaw/secrets/backups/1",
  certificates: "",
  address: "172.30.1.60",
  ping: "",
  commands: { openclaw: "openclaw", second: "node openclaw.mjs" },
  manifest: { version: "0.2.0" },
});

/** Keys of a TypedDict of backup_restic.py. */
function keysOf(type: string): string[] {
  const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
  const text = readFileSync(join(bin, "backup_restic.py"), "utf8");
  const body = new RegExp(`class ${type}\\(TypedDict\\):\\n((?: {4}.*\\n)+)`).exec(text)?.[1] ?? "";
  return [...body.matchAll(/^ {4}(\w+):/gm)].map(([, key]) => key ?? "").sort();
}

test("the host's script reads what is written, and nothing else", () => {
  expect(Object.keys(order).sort()).toEqual(keysOf("Order"));
  expect(Object.keys(order["restic"] as object).sort()).toEqual(keysOf("Restic"));
  expect(order["commands"]).toEqual({ openclaw: ["openclaw"], second: ["node", "openclaw.mjs"] });
  for (const part of order["parts"] as object[]) expect(Object.keys(part).sort()).toEqual(keysOf("Part"));
});

test("each gateway's state with its databases comes before its workspaces, both as their owner", () => {
  const parts = backupParts("openclaw", { stateGiB: 8, sandboxesGiB: 4 });
  expect(parts.map(({ name, source, databases }) => [name, source, databases])).toEqual([
    ["openclaw/state", "/opt/openclaw/gateways/openclaw/state", true],
    ["openclaw/workspaces", "/opt/openclaw/gateways/openclaw/sandboxes/workspaces", false],
  ]);
  expect(new Set(parts.map(({ owner }) => owner))).toEqual(new Set([`${filesOwner}:${filesOwner}`]));
});

test("no part may become larger than the file system that it is a copy of", () => {
  const parts = backupParts("openclaw", { stateGiB: 8, sandboxesGiB: 1 });
  expect(parts.map(({ bytes }) => bytes / 1024 ** 3)).toEqual([8, 1]);
  for (const { files, seconds } of parts) {
    expect(files).toBeLessThanOrEqual(200_000);
    expect(seconds).toBeLessThanOrEqual(300);
  }
});
