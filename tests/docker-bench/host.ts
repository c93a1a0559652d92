/** Section 1: the host. */
import { notApplicable, passIf, passUnless, type Check } from "./check";
import type { Facts } from "./facts";

/** A rule `-w PATH`, `-F path=PATH` or `-F dir=PATH` for the path or a directory above it. */
function audited(facts: Facts, path: string): boolean {
  const watched = facts.auditRules.flatMap((rule) =>
    [...rule.matchAll(/(?:-w |path=|dir=)(\/\S*)/g)].map(([, place = ""]) => place.replace(/(.)\/$/, "$1")),
  );
  return watched.some((place) => path === place || path.startsWith(`${place}/`));
}

const audit = (id: string, title: string, pathOf: (facts: Facts) => string): Check => ({
  id,
  title: `The kernel's audit watches ${title}`,
  judge: (facts) => {
    const path = pathOf(facts);
    if (facts.files[path] === undefined) return notApplicable(`there is no ${path || title}`);
    return passIf(audited(facts, path), "audit rule");
  },
});

export const hostChecks: readonly Check[] = [
  {
    id: "1.1.1",
    title: "Docker's data has a file system of its own",
    judge: ({ info, dockerRootIsMountPoint }) => passIf(dockerRootIsMountPoint, info.DockerRootDir),
  },
  {
    id: "1.1.2",
    title: "Nobody but root may use the Docker socket",
    judge: ({ dockerGroup }) => passUnless(dockerGroup),
  },
  audit("1.1.3", "the Docker daemon", ({ daemon }) => daemon.program),
  audit("1.1.4", "containerd's runtime directory", () => "/run/containerd"),
  audit("1.1.5", "Docker's data", ({ info }) => info.DockerRootDir),
  audit("1.1.6", "Docker's configuration", () => "/etc/docker"),
  audit("1.1.7", "the unit docker.service", ({ units }) => units.service),
  audit("1.1.8", "containerd's socket", () => "/run/containerd/containerd.sock"),
  audit("1.1.9", "the unit docker.socket", ({ units }) => units.socket),
  audit("1.1.10", "/etc/default/docker", () => "/etc/default/docker"),
  audit("1.1.11", "daemon.json", () => "/etc/docker/daemon.json"),
  audit("1.1.12", "containerd's configuration", () => "/etc/containerd/config.toml"),
  audit("1.1.13", "/etc/sysconfig/docker", () => "/etc/sysconfig/docker"),
  audit("1.1.14", "containerd", ({ programs }) => programs.containerd),
  audit("1.1.15", "containerd-shim", ({ programs }) => programs.shim),
  audit("1.1.16", "containerd-shim-runc-v1", ({ programs }) => programs.shimV1),
  audit("1.1.17", "containerd-shim-runc-v2", ({ programs }) => programs.shimV2),
  audit("1.1.18", "runc", ({ programs }) => programs.runc),
];
