/** Section 3: who owns the daemon's files, and who else may touch them. */
import { notApplicable, passUnless, told, type Check } from "./check";
import type { Facts } from "./facts";

type Paths = (facts: Facts) => readonly string[];

/** @param holds whether owner, or mode, is as it has to be */
function check(
  id: string,
  title: string,
  paths: Paths,
  holds: (file: Facts["files"][string]) => boolean,
): Check {
  return {
    id,
    title,
    judge: (facts) => {
      const there = paths(facts).flatMap((path) => {
        const file = facts.files[path];
        return file === undefined ? [] : [{ path, file }];
      });
      if (there.length === 0) return notApplicable("there is none");
      return passUnless(
        there
          .filter(({ file }) => !holds(file))
          .map(({ path, file }) => `${path} ${file.owner} ${file.mode}`),
      );
    },
  };
}

/** Two checks, the number for the owner and the number for the mode. */
function ownerAndMode(
  [ownerId, modeId]: readonly [string, string],
  what: string,
  paths: Paths,
  most: number,
  owner = "root:root",
): Check[] {
  return [
    check(ownerId, `${what}: owned by ${owner}`, paths, (file) => file.owner === owner),
    check(
      modeId,
      `${what}: mode ${most.toString(8)} or stricter`,
      paths,
      (file) => (parseInt(file.mode, 8) & ~most) === 0,
    ),
  ];
}

const at =
  (path: string): Paths =>
  () => [path];

export const fileChecks: readonly Check[] = [
  ...ownerAndMode(["3.1", "3.2"], "docker.service", ({ units }) => [units.service], 0o644),
  ...ownerAndMode(["3.3", "3.4"], "docker.socket", ({ units }) => [units.socket], 0o644),
  ...ownerAndMode(["3.5", "3.6"], "/etc/docker", at("/etc/docker"), 0o755),
  ...ownerAndMode(
    ["3.7", "3.8"],
    "certificates of registries",
    ({ files }) => Object.keys(files).filter((path) => path.startsWith("/etc/docker/certs.d/")),
    0o444,
  ),
  ...ownerAndMode(["3.9", "3.10"], "the daemon's CA certificate", (facts) => told(facts, "tlscacert"), 0o444),
  ...ownerAndMode(["3.11", "3.12"], "the daemon's certificate", (facts) => told(facts, "tlscert"), 0o444),
  ...ownerAndMode(["3.13", "3.14"], "the daemon's key", (facts) => told(facts, "tlskey"), 0o400),
  ...ownerAndMode(["3.15", "3.16"], "Docker's socket", at("/var/run/docker.sock"), 0o660, "root:docker"),
  ...ownerAndMode(["3.17", "3.18"], "daemon.json", at("/etc/docker/daemon.json"), 0o644),
  ...ownerAndMode(["3.19", "3.22"], "/etc/default/docker", at("/etc/default/docker"), 0o644),
  ...ownerAndMode(["3.21", "3.20"], "/etc/sysconfig/docker", at("/etc/sysconfig/docker"), 0o644),
  ...ownerAndMode(["3.23", "3.24"], "containerd's socket", at("/run/containerd/containerd.sock"), 0o660),
];
