import { chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { creates, host, type CreateRow, type Options, type Place } from "./attack";

/** A row whose only change is the bind of /workspace. */
function bind(
  name: string,
  spell: (directory: string, place: Place) => string,
  options: Options = {},
): CreateRow {
  return [
    name,
    (body, place) => {
      body["HostConfig"].Binds = [spell(`${place.mount.directory}/${place.workspace}`, place)];
    },
    (c) => host(c)["Binds"]?.length === 1,
    options,
  ];
}

function binds(
  name: string,
  spell: (directory: string, place: Place) => unknown,
  options: Options = {},
): CreateRow {
  return [
    name,
    (body, place) => {
      body["HostConfig"].Binds = spell(`${place.mount.directory}/${place.workspace}`, place);
    },
    undefined,
    options,
  ];
}

const either = { rules: ["bind", "create-body"] };

const sources = [
  bind("the host's root", () => "/:/workspace"),
  bind("a directory of the host", () => "/etc:/workspace"),
  bind("the engine's socket", () => "/var/run/docker.sock:/workspace"),
  bind("the host's root behind a trailing slash of a longer spelling", () => "/.:/workspace"),
  bind("the sandboxes directory itself", (_, p) => `${p.mount.directory}:/workspace`),
  bind("the sandboxes directory with a trailing slash", (_, p) => `${p.mount.directory}/:/workspace`),
  bind("the parent of the sandboxes directory", (_, p) => `${p.mount.directory}/..:/workspace`),
  bind("dot-dot from a workspace to the host", (d) => `${d}/../../../../../etc:/workspace`),
  bind("dot-dot that stays within the sandboxes", (d, p) => `${d}/../${p.workspace}:/workspace`),
  bind("a single dot on the way", (d) => `${d}/.:/workspace`),
  bind("a single dot before the workspace", (_, p) => `${p.mount.directory}/./${p.workspace}:/workspace`),
  bind("a double slash on the way", (_, p) => `${p.mount.directory}//${p.workspace}:/workspace`),
  bind("a double slash at the front", (d) => `/${d}:/workspace`),
  bind("a trailing slash", (d) => `${d}/:/workspace`),
  bind(
    "a directory whose name only begins like the sandboxes directory",
    (_, p) => `${p.mount.directory}-evil/x:/workspace`,
  ),
  bind("a hidden directory", (_, p) => `${p.mount.directory}/.hidden:/workspace`),
  bind("the skills as the workspace", (d) => `${d}/skills:/workspace`),
  bind("a source that is not there: made by root", (_, p) => `${p.mount.directory}/not-there:/workspace`),
  bind("a named volume", () => "volume:/workspace"),
  bind("a named volume with a driver's path", () => "openclaw_data:/workspace:rw"),
  bind("a source with a space", (d) => `${d} x:/workspace`),
  bind("a source outside ASCII", (d) => `${d}ä:/workspace`),
  bind("a source with a capital letter", (d) => `${d}/../WORKSPACE:/workspace`),
  bind("a file", (_, p) => `${p.mount.directory}/plain-file:/workspace`, {
    before: (world) => writeFileSync(join(world.mount.directory, "plain-file"), ""),
  }),
  bind("lost+found of the filesystem", (_, p) => `${p.mount.directory}/lost+found:/workspace`),
];

const targets = [
  bind("over /etc", (d) => `${d}:/etc`),
  bind("below /workspace, not the skills", (d) => `${d}:/workspace/other`),
  bind("/workspace with a trailing slash", (d) => `${d}:/workspace/`),
  bind("out of /workspace by dot-dot", (d) => `${d}:/workspace/../usr`),
  bind("/workspace with a double slash", (d) => `${d}://workspace`),
  bind("over the init that the engine mounts", (d) => `${d}/skills:/sbin/docker-init`),
];

const options = [
  bind("shared propagation", (d) => `${d}:/workspace:shared`, { starts: true, engineRefuses: true }),
  bind("an exclusive SELinux label", (d) => `${d}:/workspace:ro,Z`),
  bind("an empty option", (d) => `${d}:/workspace:`),
  bind("a fourth part", (d) => `${d}:/workspace:rw:z`, { engineRefuses: true }),
];

const sets = [
  binds("skills that can be written", (d) => [`${d}/skills:/workspace/skills`, `${d}:/workspace`]),
  binds("skills of another place", (d) => [`${d}:/workspace/skills:ro`, `${d}:/workspace`]),
  binds("two workspaces", (d) => [`${d}:/workspace`, `${d}2:/workspace/skills:ro`]),
  binds("the host's root beside the workspace", (d) => [`${d}:/workspace`, "/:/mnt"]),
  binds("one target twice", (d) => [`${d}:/workspace`, `${d}:/workspace`], { engineRefuses: true }),
  binds("no workspace at all", () => []),
  binds("Binds null", () => null),
  binds("a target without a source: an anonymous volume", () => ["/workspace"]),
  binds("many binds", (d) => [`${d}:/workspace`, ...[1, 2, 3, 4, 5].map((n) => `${d}:/mnt/${n}`)]),
  binds("a bind that is no string", () => [{ Source: "/" }], { engineRefuses: true }),
  binds("Binds as one string", (d) => `${d}:/workspace`, { engineRefuses: true }),
];

let server: Server | undefined;

export const bindAttacks = [
  ...creates("binds", sources, either),
  ...creates("binds", targets, either),
  ...creates("binds", options, either),
  ...creates("binds", sets, either),
  ...creates(
    "symlinks",
    [
      [
        "the workspace is a symlink to the host's root",
        (b, p) => (b["HostConfig"].Binds = [`${p.mount.directory}/link:/workspace`]),
      ],
      [
        "the workspace is a symlink to another workspace",
        (b, p) => (b["HostConfig"].Binds = [`${p.mount.directory}/inner:/workspace:rw`]),
      ],
      [
        "the workspace is a symlink by a relative path",
        (b, p) => (b["HostConfig"].Binds = [`${p.mount.directory}/relative:/workspace:rw,z`]),
      ],
      [
        "the workspace is a symlink to a symlink",
        (b, p) => (b["HostConfig"].Binds = [`${p.mount.directory}/second:/workspace:z`]),
      ],
      [
        "the skills are a symlink out of the workspace",
        (b, p) => {
          const directory = `${p.mount.directory}/trap`;
          b["HostConfig"].Binds = [`${directory}/skills:/workspace/skills:ro`, `${directory}:/workspace`];
        },
      ],
      [
        "the parent of the skills is a symlink",
        (b, p) => {
          const directory = `${p.mount.directory}/trap`;
          b["HostConfig"].Binds = [
            `${directory}/.agents/skills:/workspace/.agents/skills:ro`,
            `${directory}:/workspace`,
          ];
        },
      ],
      [
        "a symlink into /proc: the engine's own root",
        (b, p) => (b["HostConfig"].Binds = [`${p.mount.directory}/magic:/workspace:ro`]),
        undefined,
        { engineRefuses: true },
      ],
      [
        "a symlink to a file of the host",
        (b, p) => (b["HostConfig"].Binds = [`${p.mount.directory}/file:/workspace:ro,z`]),
        undefined,
        { engineRefuses: true },
      ],
      [
        "a symlink with a component behind it",
        (b, p) => (b["HostConfig"].Binds = [`${p.mount.directory}/link/etc:/workspace`]),
      ],
      [
        "the workspace is a symlink to the directory above",
        (b, p) => (b["HostConfig"].Binds = [`${p.mount.directory}/up:/workspace:rw`]),
      ],
      [
        "the skills are a symlink to the engine's own data",
        (b, p) => {
          const directory = `${p.mount.directory}/data`;
          b["HostConfig"].Binds = [`${directory}/skills:/workspace/skills:ro`, `${directory}:/workspace:z`];
        },
      ],
      [
        "a symlink with a trailing slash",
        (b, p) => (b["HostConfig"].Binds = [`${p.mount.directory}/link/:/workspace`]),
      ],
      [
        "a socket in a workspace",
        (b, p) => (b["HostConfig"].Binds = [`${p.mount.directory}/socket:/workspace:z,ro`]),
        undefined,
        { engineRefuses: true },
      ],
    ],
    {
      // The kernel itself refuses on the mount as it should be. To show what is behind that, the engine gets one that
      // follows symlinks; the filter's own look must see through it with and without.
      starts: true,
      rules: ["bind", "create-body"],
      before: async (world, side) => {
        world.mount.remount(side === "engine" ? "nosuid,nodev" : undefined);
        plantLinks(world.mount.directory, world.workspace);
        await new Promise<void>((resolve) => {
          rmSync(join(world.mount.directory, "socket"), { force: true });
          server = createServer().listen(join(world.mount.directory, "socket"), resolve);
        });
      },
      after: (world) => {
        server?.close();
        world.mount.remount();
      },
    },
  ),
];

function plantLinks(directory: string, workspace: string): void {
  const outside = join(directory, "../outside");
  mkdirSync(join(outside, "skills"), { recursive: true });
  const link = (to: string, name: string): void => {
    rmSync(join(directory, name), { recursive: true, force: true });
    symlinkSync(to, join(directory, name));
  };
  link("/", "link");
  link(join(directory, workspace), "inner");
  link("../../../..", "relative");
  link("link", "second");
  link("/proc/1/root", "magic");
  link("/etc/passwd", "file");
  mkdirSync(join(directory, "trap"), { recursive: true });
  link("/etc", "trap/skills");
  link("..", "up");
  mkdirSync(join(directory, "data"), { recursive: true });
  link(join(directory, "../../engine-data-root"), "data/skills");
  link(outside, "trap/.agents");
  chownSync(join(directory, "trap"), 1000, 1000);
}
