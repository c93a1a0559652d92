import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { World } from "../support/world";
import { creates, type CreateRow, type Options } from "./attack";

function run(command: string, ...words: readonly string[]): void {
  execFileSync(command, words);
}

/** An allowed body, sent while the sandboxes filesystem is not what it must be. */
function state(
  name: string,
  bind: string,
  before: (world: World) => void,
  after: (world: World) => void,
): CreateRow {
  const restore: Options = {
    before: (world) => before(world),
    after: (world) => {
      after(world);
      world.mount.unmount();
      world.mount.mount();
    },
  };
  return [
    name,
    (body, place) => {
      body["HostConfig"].Binds = [`${place.mount.directory}/${place.workspace}:/workspace${bind}`];
    },
    undefined,
    restore,
  ];
}

const nothing = (): void => undefined;
const unmountBelow = (world: World): void => run("umount", join(world.mount.directory, world.workspace));

// Each is sent with another spelling of the same bind, so that each is a request of its own.
const rows = [
  state("not mounted", "", (w) => w.mount.unmount(), nothing),
  state("symlinks are followed", ":rw", (w) => w.mount.remount("nosuid,nodev"), nothing),
  state("devices work", ":z", (w) => w.mount.remount("nosuid,dev,nosymfollow"), nothing),
  state("set-user-id works", ":rw,z", (w) => w.mount.remount("suid,nodev,nosymfollow"), nothing),
  state("no flag at all", ":z,rw", (w) => w.mount.remount("suid,dev"), nothing),
  state(
    "a part of another filesystem",
    ":ro",
    (w) => {
      w.mount.unmount();
      const source = join(w.parent, "part");
      mkdirSync(join(source, w.workspace), { recursive: true });
      run("mount", "--bind", source, w.mount.directory);
      run("mount", "-o", "remount,bind,nosuid,nodev,nosymfollow", w.mount.directory);
    },
    nothing,
  ),
  state(
    "another filesystem mounted over it",
    ":ro,z",
    (w) => {
      run("mount", "-t", "tmpfs", "-o", "nosuid,nodev,nosymfollow,size=1m", "over", w.mount.directory);
      mkdirSync(join(w.mount.directory, w.workspace));
    },
    nothing,
  ),
  state(
    "a filesystem mounted on a workspace",
    ":z,ro",
    (w) => run("mount", "-t", "tmpfs", "-o", "size=1m", "below", join(w.mount.directory, w.workspace)),
    unmountBelow,
  ),
  state(
    "the host's root mounted on a workspace",
    ":rw,private",
    (w) => run("mount", "--bind", "/", join(w.mount.directory, w.workspace)),
    unmountBelow,
  ),
  state(
    "the same filesystem mounted a second time, without flags",
    ":ro,private",
    (w) => {
      const second = join(w.parent, "second");
      mkdirSync(second, { recursive: true });
      run("mount", "--bind", w.mount.directory, second);
    },
    (w) => run("umount", join(w.parent, "second")),
  ),
  state(
    "the mount point renamed and a symlink in its place",
    ":private",
    (w) => {
      w.mount.unmount();
      const outside = join(w.parent, "renamed");
      mkdirSync(join(outside, w.workspace), { recursive: true });
      renameSync(w.mount.directory, `${w.mount.directory}.old`);
      symlinkSync(outside, w.mount.directory);
    },
    (w) => {
      if (!existsSync(`${w.mount.directory}.old`)) return;
      rmSync(w.mount.directory);
      renameSync(`${w.mount.directory}.old`, w.mount.directory);
    },
  ),
];

export const mountPoint = creates("mount point", rows, { rules: ["mount", "bind"], starts: true });
