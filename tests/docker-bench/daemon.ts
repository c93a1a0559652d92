/** Section 2: the daemon, by what it says of itself wherever it says something. */
import { notApplicable, passIf, passUnless, told, type Check } from "./check";
import type { Facts } from "./facts";

const security = (facts: Facts): readonly string[] => facts.info.SecurityOptions ?? [];
const local = /^(127\.|::1\/128$)/;

export const daemonChecks: readonly Check[] = [
  {
    id: "2.1",
    title: "The daemon does not run as root",
    judge: (facts) =>
      passIf(facts.daemon.uid !== 0 || security(facts).includes("name=rootless"), "dockerd as root"),
  },
  {
    id: "2.2",
    title: "Containers on the default bridge do not reach each other",
    judge: (facts) => passIf(!facts.defaultBridgeOpen, "icc"),
  },
  {
    id: "2.3",
    title: "The daemon logs at level info",
    judge: (facts) => {
      const levels = told(facts, "log-level", "log-level", "-l").filter((level) => level !== "info");
      return passUnless(facts.info.Debug ? [...levels, "debug"] : levels);
    },
  },
  {
    id: "2.4",
    title: "The daemon writes its own packet filter rules",
    judge: (facts) => passIf(!told(facts, "iptables").includes("false"), "iptables"),
  },
  {
    id: "2.5",
    title: "Every registry beyond the host itself is spoken to over TLS",
    judge: ({ info: { RegistryConfig: registries } }) =>
      passUnless([
        ...(registries.InsecureRegistryCIDRs ?? []).filter((range) => !local.test(range)),
        ...Object.entries(registries.IndexConfigs)
          .filter(([, { Secure }]) => !Secure)
          .map(([name]) => name),
      ]),
  },
  {
    id: "2.6",
    title: "The storage driver is not aufs",
    judge: ({ info }) => passIf(info.Driver !== "aufs", info.Driver),
  },
  {
    id: "2.7",
    title: "The daemon listens on no TCP port, or asks for client certificates",
    judge: (facts) => {
      const verified = told(facts, "tlsverify").includes("true") && told(facts, "tlscacert").length > 0;
      const open = facts.listeners.filter((listener) => listener.process === "dockerd");
      return passUnless([
        ...(verified ? [] : told(facts, "host", "hosts", "-H").filter((host) => host.startsWith("tcp:"))),
        ...(verified ? [] : open.map(({ address, port }) => `${address}:${port}`)),
      ]);
    },
  },
  {
    id: "2.8",
    title: "There are default limits on open files for all containers",
    judge: (facts) =>
      passIf(
        told(facts, "default-ulimit", "default-ulimits").some((limit) => limit.includes("nofile")),
        "nofile",
      ),
  },
  {
    id: "2.9",
    title: "Root in a container is somebody else on the host (user namespace)",
    judge: (facts) => passIf(security(facts).includes("name=userns"), "userns-remap"),
  },
  {
    id: "2.10",
    title: "Containers have the default cgroup as their parent",
    judge: (facts) => passUnless(told(facts, "cgroup-parent").filter((parent) => parent !== "")),
  },
  {
    id: "2.11",
    title: "A container's base size is the default",
    judge: (facts) =>
      passUnless(
        told(facts, "storage-opt", "storage-opts").filter((option) => option.includes("dm.basesize")),
      ),
  },
  {
    id: "2.12",
    title: "A plugin decides who may ask the daemon for what",
    judge: ({ info }) => passIf((info.Plugins.Authorization ?? []).length > 0, "authorization-plugins"),
  },
  {
    id: "2.13",
    title: "Container logs leave the host",
    judge: ({ info }) =>
      passIf(!/^(json-file|local|journald|none)$/.test(info.LoggingDriver), info.LoggingDriver),
  },
  {
    id: "2.14",
    title: "No container gains privileges, unless it was asked for",
    judge: (facts) => passIf(security(facts).includes("name=no-new-privileges"), "no-new-privileges"),
  },
  {
    id: "2.15",
    title: "Containers go on while the daemon restarts",
    judge: ({ info }) =>
      info.Swarm.LocalNodeState === "active"
        ? notApplicable("Swarm mode does not know it")
        : passIf(info.LiveRestoreEnabled, "live-restore"),
  },
  {
    id: "2.16",
    title: "The kernel forwards published ports, no process does",
    judge: (facts) => passIf(told(facts, "userland-proxy").includes("false"), "userland-proxy"),
  },
  {
    id: "2.17",
    title: "A seccomp profile is in force for all containers",
    judge: (facts) => {
      const profile = security(facts).find((option) => option.startsWith("name=seccomp"));
      return passIf(profile !== undefined && !profile.endsWith("profile=unconfined"), profile ?? "seccomp");
    },
  },
  {
    id: "2.18",
    title: "Experimental features are off",
    judge: ({ info }) => passIf(!info.ExperimentalBuild, "experimental"),
  },
];
