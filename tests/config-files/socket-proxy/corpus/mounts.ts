import { creates, host, set, setTop, type CreateRow, type Options } from "./attack";
import type { Body } from "../support/legal";

const mount = (name: string, entry: Body, options: Options = {}): CreateRow => [
  name,
  set("Mounts", [entry]),
  (c) => host(c)["Mounts"].length === 1,
  options,
];

const tmpfs = (name: string, entries: Body): CreateRow => [
  name,
  set("Tmpfs", entries),
  (c) => JSON.stringify(host(c)["Tmpfs"]) === JSON.stringify(entries),
  { rules: ["tmpfs", "create-body"] },
];

export const mounts = [
  ...creates("mounts", [
    mount("a bind of the host's root", { Type: "bind", Source: "/", Target: "/mnt" }),
    mount("a read-only bind", { Type: "bind", Source: "/etc", Target: "/mnt", ReadOnly: true }),
    mount(
      "a bind with shared propagation",
      { Type: "bind", Source: "/", Target: "/mnt", BindOptions: { Propagation: "rshared" } },
      { starts: true, engineRefuses: true },
    ),
    mount("a bind without what is mounted below it", {
      Type: "bind",
      Source: "/",
      Target: "/mnt",
      BindOptions: { NonRecursive: true },
    }),
    mount("a volume", { Type: "volume", Source: "data", Target: "/mnt" }),
    mount("an anonymous volume", { Type: "volume", Target: "/mnt" }),
    mount("a volume whose driver binds the host's root", {
      Type: "volume",
      Source: "evil",
      Target: "/mnt",
      VolumeOptions: { DriverConfig: { Name: "local", Options: { type: "none", o: "bind", device: "/" } } },
    }),
    mount("a volume with labels", {
      Type: "volume",
      Source: "labelled",
      Target: "/mnt",
      VolumeOptions: { Labels: { a: "b" } },
    }),
    mount("a tmpfs with a size and a mode", {
      Type: "tmpfs",
      Target: "/mnt",
      TmpfsOptions: { SizeBytes: 1e10, Mode: 1023 },
    }),
    mount("a named pipe", { Type: "npipe", Source: "//./pipe/x", Target: "/mnt" }, { engineRefuses: true }),
    [
      "Volumes: an anonymous volume",
      setTop("Volumes", { "/data": {} }),
      (c) => Object.keys(c["Config"].Volumes).length === 1,
    ],
    ["a driver for volumes", set("VolumeDriver", "local"), (c) => host(c)["VolumeDriver"] === "local"],
    [
      "volumes from another container",
      (b, p) => (b["HostConfig"].VolumesFrom = [p.gateway]),
      (c) => host(c)["VolumesFrom"].length === 1,
    ],
    [
      "volumes from another container, read-only",
      (b, p) => (b["HostConfig"].VolumesFrom = [`${p.gateway}:ro`]),
      (c) => host(c)["VolumesFrom"][0].endsWith(":ro"),
    ],
    [
      "volumes from two containers",
      (b, p) => (b["HostConfig"].VolumesFrom = [p.gateway, p.victim]),
      (c) => host(c)["VolumesFrom"].length === 2,
    ],
    [
      "options of the root's storage",
      set("StorageOpt", { size: "100G" }),
      undefined,
      { engineRefuses: true },
    ],
  ]),
  ...creates("tmpfs", [
    tmpfs("below /workspace", { "/workspace/other": "rw,nosuid,nodev,size=16m" }),
    tmpfs("over /etc", { "/etc": "rw,size=1m", "/tmp": "rw,size=1m" }),
    tmpfs("larger than allowed", { "/tmp": "rw,nosuid,nodev,size=100g" }),
    tmpfs("larger than allowed in kilobytes", { "/tmp": "size=900000k" }),
    tmpfs("a share of memory", { "/tmp": "size=90%" }),
    tmpfs("a size without a unit", { "/tmp": "rw,nosuid,nodev,size=99999999999" }),
    tmpfs("two sizes, the last one counts", { "/tmp": "size=1m,size=9000m" }),
    tmpfs("programs can be run", { "/tmp": "rw,exec,size=1m" }),
    tmpfs("devices and set-user-id work, without a size", { "/tmp": "exec,dev,suid" }),
    tmpfs("a mode", { "/tmp": "mode=4777" }),
    tmpfs("an owner", { "/tmp": "uid=0,gid=0" }),
    tmpfs("the number of inodes", { "/tmp": "nr_inodes=0" }),
    tmpfs("the mount point in another spelling", { "/tmp/": "rw,size=1m" }),
    tmpfs("the mount point by dot-dot", { "/tmp/../var": "rw,size=1m" }),
    tmpfs("at a mount point within the list's", { "/run/inner": "rw,size=1m" }),
  ]),
];
