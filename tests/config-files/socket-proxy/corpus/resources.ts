import { creates, host, omit, set } from "./attack";

const gib = 1024 ** 3;

export const resources = creates("resources", [
  [
    "more memory",
    (b) => Object.assign(b["HostConfig"], { Memory: 4 * gib, MemorySwap: 4 * gib }),
    (c) => host(c)["Memory"] === 4 * gib,
  ],
  [
    "memory without a limit",
    (b) => Object.assign(b["HostConfig"], { Memory: 0, MemorySwap: 0 }),
    (c) => host(c)["Memory"] === 0,
  ],
  [
    "Memory left out",
    (b) => {
      delete b["HostConfig"].Memory;
      delete b["HostConfig"].MemorySwap;
    },
    (c) => host(c)["Memory"] === 0,
  ],
  ["more swap than memory", set("MemorySwap", 8 * gib), (c) => host(c)["MemorySwap"] === 8 * gib],
  ["swap without a limit", set("MemorySwap", -1), (c) => host(c)["MemorySwap"] === -1],
  [
    "MemorySwap left out: twice the memory",
    omit("MemorySwap"),
    (c) => host(c)["MemorySwap"] > host(c)["Memory"],
  ],
  [
    "a memory reservation",
    set("MemoryReservation", 64 * 1024 * 1024),
    (c) => host(c)["MemoryReservation"] > 0,
  ],
  ["swappiness", set("MemorySwappiness", 100), (c) => host(c)["MemorySwappiness"] === 100],
  ["never killed for memory", set("OomKillDisable", true), (c) => host(c)["OomKillDisable"] === true],
  ["others are killed first", set("OomScoreAdj", -1000), (c) => host(c)["OomScoreAdj"] === -1000],
  ["a limit of kernel memory", set("KernelMemory", 64 * 1024 * 1024)],
  ["a limit of kernel memory for TCP", set("KernelMemoryTCP", 64 * 1024 * 1024)],
  ["a large /dev/shm", set("ShmSize", 64 * gib), (c) => host(c)["ShmSize"] === 64 * gib],
  ["more CPU", set("NanoCpus", 2_000_000_000), (c) => host(c)["NanoCpus"] === 2_000_000_000],
  ["CPU without a limit", set("NanoCpus", 0), (c) => host(c)["NanoCpus"] === 0],
  ["NanoCpus left out", omit("NanoCpus"), (c) => host(c)["NanoCpus"] === 0],
  [
    "CPU by quota instead",
    (b) => Object.assign(b["HostConfig"], { NanoCpus: 0, CpuQuota: 200_000, CpuPeriod: 100_000 }),
    (c) => host(c)["CpuQuota"] === 200_000,
  ],
  ["a greater share of CPU", set("CpuShares", 262_144), (c) => host(c)["CpuShares"] > 0],
  ["a CPU of its own", set("CpusetCpus", "0"), (c) => host(c)["CpusetCpus"] === "0"],
  ["a memory node of its own", set("CpusetMems", "0"), (c) => host(c)["CpusetMems"] === "0"],
  ["real-time scheduling", set("CpuRealtimeRuntime", 95_000)],
  ["a real-time period", set("CpuRealtimePeriod", 1_000_000)],
  ["processes without a limit", set("PidsLimit", 0), (c) => (host(c)["PidsLimit"] ?? 0) <= 0],
  ["processes without a limit by minus one", set("PidsLimit", -1), (c) => (host(c)["PidsLimit"] ?? 0) <= 0],
  ["PidsLimit null", set("PidsLimit", null), (c) => host(c)["PidsLimit"] === null],
  ["PidsLimit left out", omit("PidsLimit"), (c) => host(c)["PidsLimit"] === null],
  ["more processes", set("PidsLimit", 100_000), (c) => host(c)["PidsLimit"] === 100_000],
  [
    "more open files",
    set("Ulimits", [{ Name: "nofile", Hard: 1_000_000, Soft: 1_000_000 }]),
    (c) => host(c)["Ulimits"].length === 1,
  ],
  [
    "a hard limit above the soft one",
    set("Ulimits", [
      { Name: "nofile", Hard: 1_000_000, Soft: 100 },
      { Name: "core", Hard: 0, Soft: 0 },
    ]),
    (c) => host(c)["Ulimits"].length === 2,
  ],
  ["core files", set("Ulimits", [{ Name: "core", Hard: -1, Soft: -1 }])],
  ["locked memory", set("Ulimits", [{ Name: "memlock", Hard: 0, Soft: 0 }])],
  [
    "three limits",
    set("Ulimits", [
      { Name: "core", Hard: 0, Soft: 0 },
      { Name: "nofile", Hard: 9, Soft: 9 },
      { Name: "nproc", Hard: 9, Soft: 9 },
    ]),
  ],
  ["a weight of block devices", set("BlkioWeight", 1000), (c) => host(c)["BlkioWeight"] >= 0],
  [
    "always restarted",
    set("RestartPolicy", { Name: "always", MaximumRetryCount: 0 }),
    (c) => host(c)["RestartPolicy"].Name === "always",
  ],
  [
    "restarted a number of times",
    set("RestartPolicy", { Name: "on-failure", MaximumRetryCount: 5 }),
    (c) => host(c)["RestartPolicy"].MaximumRetryCount === 5,
  ],
  ["removed when it ends", set("AutoRemove", true), (c) => host(c)["AutoRemove"] === true],
  [
    "the log goes to another host",
    set("LogConfig", { Type: "syslog", Config: { "syslog-address": "udp://127.0.0.1:514" } }),
    (c) => host(c)["LogConfig"].Type === "syslog",
  ],
  [
    "the log grows without a limit",
    set("LogConfig", { Type: "json-file", Config: {} }),
    (c) => host(c)["LogConfig"].Type === "json-file",
  ],
  [
    "the id is written to a file",
    set("ContainerIDFile", "/tmp/id"),
    (c) => host(c)["ContainerIDFile"] === "/tmp/id",
  ],
]);

export const devices = creates("devices", [
  [
    "a device",
    set("Devices", [{ PathOnHost: "/dev/kmsg", PathInContainer: "/dev/kmsg", CgroupPermissions: "rwm" }]),
    (c) => host(c)["Devices"].length === 1,
  ],
  [
    "a device under another name",
    set("Devices", [
      { PathOnHost: "/dev/null", PathInContainer: "/workspace/disk", CgroupPermissions: "r" },
      { PathOnHost: "/dev/zero", PathInContainer: "/dev/zero", CgroupPermissions: "w" },
    ]),
    (c) => host(c)["Devices"].length === 2,
  ],
  [
    "a directory of devices",
    set("Devices", [{ PathOnHost: "/dev", PathInContainer: "/dev/host" }]),
    (c) => host(c)["Devices"].length === 1,
  ],
  [
    "a rule for all devices",
    set("DeviceCgroupRules", ["a *:* rwm"]),
    (c) => host(c)["DeviceCgroupRules"].length === 1,
  ],
  [
    "a rule for one device",
    set("DeviceCgroupRules", ["c 10:200 rwm"]),
    (c) => host(c)["DeviceCgroupRules"].length === 1,
  ],
  [
    "devices of a driver",
    set("DeviceRequests", [{ Driver: "nvidia", Count: -1, Capabilities: [["gpu"]] }]),
    (c) => host(c)["DeviceRequests"].length === 1,
  ],
  [
    "devices by id",
    set("DeviceRequests", [{ DeviceIDs: ["0"], Capabilities: [["gpu"]], Options: { a: "b" } }]),
    (c) => host(c)["DeviceRequests"].length === 1,
  ],
  ["a weight for a device", set("BlkioWeightDevice", [{ Path: "/dev/vda", Weight: 500 }])],
  ["a read rate of a device", set("BlkioDeviceReadBps", [{ Path: "/dev/null", Rate: 1 }])],
  ["a write rate of a device", set("BlkioDeviceWriteBps", [{ Path: "/dev/null", Rate: 1 }])],
  ["a read rate of a device in operations", set("BlkioDeviceReadIOps", [{ Path: "/dev/null", Rate: 1 }])],
  ["a write rate of a device in operations", set("BlkioDeviceWriteIOps", [{ Path: "/dev/null", Rate: 1 }])],
]);
