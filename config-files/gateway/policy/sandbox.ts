/** Where tools run: in a container of their own that can reach nothing and use little. */
import { sandboxPrefix } from "../../../config/sandbox-names";
import { sandboxesDirectory } from "../paths";
import { inBoth, type PolicyRow } from "./row";

export const sandboxRows: readonly PolicyRow[] = [
  {
    id: "sandbox",
    intent: "Every tool of every session runs in a sandbox, one for each agent, without the gateway's files.",
    guide: "492-494",
    lines: {
      "2026.9": {
        keys: {
          "agents.defaults.sandbox.mode": "all",
          "agents.defaults.sandbox.backend": "docker",
          "agents.defaults.sandbox.scope": "agent",
          "agents.defaults.sandbox.workspaceAccess": "none",
        },
        alreadyDefault: ["agents.defaults.sandbox.backend"],
      },
      "2026.2": {
        keys: {
          "agents.defaults.sandbox.mode": "all",
          "agents.defaults.sandbox.scope": "agent",
          "agents.defaults.sandbox.workspaceAccess": "none",
          "agents.defaults.sandbox.workspaceRoot": ({ gateway }) => sandboxesDirectory(gateway),
        },
        note: "Docker is the only backend; workspaceRoot because paths are not translated to the host's",
      },
    },
  },
  {
    id: "sandbox-network",
    intent: "A sandbox has no network.",
    guide: "495",
    lines: inBoth({
      keys: { "agents.defaults.sandbox.docker.network": "none" },
      alreadyDefault: ["agents.defaults.sandbox.docker.network"],
    }),
  },
  {
    id: "sandbox-capabilities",
    intent:
      "A sandbox has no capabilities, a user of its gateway's sandboxes alone, and a read-only root file system.",
    guide: "496",
    lines: inBoth({
      keys: {
        "agents.defaults.sandbox.docker.capDrop": ["ALL"],
        "agents.defaults.sandbox.docker.user": ({ sandboxUser }) => `${sandboxUser}:${sandboxUser}`,
        "agents.defaults.sandbox.docker.readOnlyRoot": true,
        "agents.defaults.sandbox.docker.tmpfs": [
          "/tmp:rw,nosuid,nodev,size=64m",
          "/var/tmp:rw,nosuid,nodev,size=16m",
          "/run:rw,nosuid,nodev,size=16m",
        ],
      },
      alreadyDefault: [
        "agents.defaults.sandbox.docker.capDrop",
        "agents.defaults.sandbox.docker.readOnlyRoot",
      ],
    }),
  },
  {
    id: "sandbox-image",
    intent:
      "A sandbox has a name that is its gateway's alone, the stack's own image, and nothing of the gateway's environment.",
    lines: inBoth({
      keys: {
        "agents.defaults.sandbox.docker.image": ({ sandboxImage }) => sandboxImage,
        "agents.defaults.sandbox.docker.containerPrefix": ({ gateway }) => sandboxPrefix(gateway.name),
        "agents.defaults.sandbox.docker.workdir": "/workspace",
        "agents.defaults.sandbox.docker.env": { LANG: "C.UTF-8" },
      },
      alreadyDefault: ["agents.defaults.sandbox.docker.workdir", "agents.defaults.sandbox.docker.env"],
    }),
  },
  {
    id: "sandbox-memory",
    intent: "A sandbox has the tier's memory and no swap.",
    guide: "499",
    lines: inBoth({
      keys: {
        "agents.defaults.sandbox.docker.memory": ({ sandbox }) => `${sandbox.memoryMiB}m`,
        "agents.defaults.sandbox.docker.memorySwap": ({ sandbox }) => `${sandbox.memoryMiB}m`,
      },
      note: "the guide's memoryLimit is refused by both lines",
    }),
  },
  {
    id: "sandbox-cpu",
    intent: "A sandbox has the tier's share of CPU.",
    guide: "500",
    lines: inBoth({
      keys: { "agents.defaults.sandbox.docker.cpus": ({ sandbox }) => sandbox.cpus },
      note: "the guide's cpuLimit is refused by both lines",
    }),
  },
  {
    id: "sandbox-pids",
    intent: "A sandbox has the tier's number of processes, 1024 open files and writes no core dumps.",
    guide: "501",
    lines: inBoth({
      keys: {
        "agents.defaults.sandbox.docker.pidsLimit": ({ sandbox }) => sandbox.pids,
        "agents.defaults.sandbox.docker.ulimits": { nofile: { soft: 1024, hard: 1024 }, core: 0 },
      },
    }),
  },
  {
    id: "sandbox-count",
    intent: "Only the tier's number of sandboxes exist at the same time.",
    guide: "503",
    lines: inBoth({
      notOffered:
        "no release has maxConcurrent; the filter of the Docker API counts and refuses (limits.sandboxes, from config/tiers.ts)",
    }),
  },
  {
    id: "sandbox-idle",
    intent: "A sandbox that nobody used for some hours is removed, any of them after a week.",
    lines: inBoth({
      keys: {
        "agents.defaults.sandbox.prune.idleHours": ({ gateway }) => gateway.sandboxIdleHours,
        "agents.defaults.sandbox.prune.maxAgeDays": 7,
      },
      alreadyDefault: ["agents.defaults.sandbox.prune.idleHours", "agents.defaults.sandbox.prune.maxAgeDays"],
    }),
  },
];
