import { Worker } from "node:worker_threads";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { controls } from "../../../config-files/socket-proxy/controls";
import { realFileSystem, rebuildBinds } from "../../../config-files/socket-proxy/binds";
import { http, send } from "./support/raw-http";
import { World } from "./support/world";

/**
 * An attacker who owns the gateway renames as fast as it can: a directory, then a symlink to a directory of root's, under
 * one name, while sandboxes that mount that name are created and started.
 */

jest.setTimeout(180_000);
const world = new World();
const raceMs = 10_000;
beforeAll(() => world.start());
afterAll(() => world.stop());

function swapper(directory: string): Worker {
  const program = `
    const { renameSync, mkdirSync, symlinkSync } = require("node:fs");
    const { workerData: directory } = require("node:worker_threads");
    const at = (name) => directory + "/" + name;
    symlinkSync(directory + "/../../treasure", at("link"));
    // Each state lasts about as long as the engine takes for a step.
    const rest = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random() * 30);
    for (;;) {
      rest();
      renameSync(at("raced"), at("aside"));
      renameSync(at("link"), at("raced"));
      rest();
      renameSync(at("raced"), at("link"));
      renameSync(at("aside"), at("raced"));
    }`;
  return new Worker(program, { eval: true, workerData: directory });
}

/** How many started sandboxes see what lies outside. */
async function escapes(socket: string): Promise<{ escaped: number; started: number }> {
  let escaped = 0;
  let started = 0;
  for (const end = Date.now() + raceMs; Date.now() < end;) {
    const body = world.createBody();
    body["HostConfig"].Binds = [`${world.mount.directory}/raced:/workspace`];
    const [answer] = await send(socket, [http("POST", `/containers/create?name=${world.freshName()}`, body)]);
    const [, id] = /"Id":"([0-9a-f]{64})"/.exec(answer?.body ?? "") ?? [];
    if (id === undefined) continue;
    if ((await world.raw("POST", `/containers/${id}/start`)).status === 204) {
      started++;
      const seen = await world.engine.cli(["exec", id, "ls", "/workspace"]);
      if (seen.includes("gold")) escaped++;
    }
    await world.remove(id);
  }
  return { escaped, started };
}

test("a renamed directory never leads out, on a mount that follows no symlinks", async () => {
  const directory = world.mount.directory;
  mkdirSync(join(world.directory, "treasure"));
  writeFileSync(join(world.directory, "treasure/gold"), "x");
  const race = async (socket: string): Promise<{ escaped: number; started: number }> => {
    rmSync(join(directory, "raced"), { recursive: true, force: true });
    for (const name of ["link", "aside"]) rmSync(join(directory, name), { recursive: true, force: true });
    mkdirSync(join(directory, "raced"));
    const worker = swapper(directory);
    try {
      return await escapes(socket);
    } finally {
      await worker.terminate();
    }
  };
  const filtered = await race(world.filterSocket);
  expect(filtered).toMatchObject({ escaped: 0 });
  expect(filtered.started).toBeGreaterThan(0);

  // The same race on a mount that follows them, with the control that refuses such a mount switched off.
  world.mount.remount("nosuid,nodev");
  const mountInfo = (): string => `1 0 7:0 / ${directory} rw,nosuid,nodev,nosymfollow - ext4 /dev/loop0 rw\n`;
  await world.startFilter({
    rebuildBinds: (binds, sandbox) => controls.rebuildBinds(binds, sandbox, { ...realFileSystem, mountInfo }),
  });
  const unprotected = await race(world.filterSocket);
  expect(unprotected.escaped).toBeGreaterThan(0);
  expect(rebuildBinds).toBe(controls.rebuildBinds);
});
