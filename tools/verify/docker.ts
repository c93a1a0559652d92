/** Rows about Docker itself: what the kernel holds every process of a container to, and who may ask the daemon. */
import type { StackContainer } from "../../config/containers";
import type { Row } from "./row";
import type { DeployedStack } from "./deployed-stack";

export function dockerRows(containers: readonly StackContainer[]): Row[] {
  const group = "Docker";
  return [
    {
      name: "the kernel confines every process in a container",
      group,
      look: (deployed) => processesConfined(deployed, containers),
    },
    { name: "nobody but root asks Docker", group, look: askers },
  ];
}

/**
 * One line a process of the stack's containers and of sandboxes: `CONTAINER PID UID CAPABILITIES NO-NEW-PRIVILEGES
 * SECCOMP`. What has ended meanwhile is left out, and so are other containers of a host that was there before.
 */
const processes = (containers: readonly StackContainer[]): string => `
{ docker ps --quiet --no-trunc --filter 'name=^/?(${containers.map(({ name }) => name).join("|")})$'
  docker ps --quiet --no-trunc --filter label=openclaw.sandbox=1; } | sort -u | xargs -r docker inspect --format '{{.Name}} {{.Id}}' | while read -r name id; do
  docker top "$id" -eo pid 2>/dev/null | tail -n +2 | while read -r pid; do
    state=$(awk '/^(Uid|CapBnd|NoNewPrivs|Seccomp):/ { printf " %s", $1 == "Uid:" ? $3 : $2 }' "/proc/$pid/status" 2>/dev/null) || continue
    echo "\${name#/} $pid$state"
  done
done || true`;

/**
 * Docker's settings say what was asked for; this is what is in force, for processes that `docker exec` has started too.
 * One that Docker is just starting is not confined yet, so what falls short is looked at once more.
 */
async function processesConfined(
  deployed: DeployedStack,
  containers: readonly StackContainer[],
): Promise<string> {
  const capable = new Set(
    containers.filter(({ row }) => row.capability !== undefined).map(({ name }) => name),
  );
  const said = await deployed.shell(processes(containers));
  const suspects = unconfined(said, capable);
  if (suspects.size === 0) return `${said.trim().split("\n").length} processes`;
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const again = unconfined(await deployed.shell(processes(containers)), capable);
  const open = [...again].filter(([process]) => suspects.has(process)).map(([, says]) => says);
  if (open.length > 0) throw new Error(open.join("\n"));
  return `${said.trim().split("\n").length} processes`;
}

/** CAP_NET_BIND_SERVICE, the one capability that a row of config/services.ts may name. */
const bindLowPorts = 1n << 10n;

/**
 * @param said what the script prints
 * @param capable names of the containers that may bind low ports
 * @returns container and process -> what it is not held to
 * @throws Error where no process runs in any container
 */
export function unconfined(said: string, capable: ReadonlySet<string>): Map<string, string> {
  const lines = said.trim().split("\n").filter(Boolean);
  if (lines.length === 0) throw new Error("no process runs in a container");
  const found = new Map<string, string>();
  for (const line of lines) {
    const [name = "", pid = "", uid, capabilities, privileges, seccomp] = line.split(" ");
    // Of one that ended while it was read.
    if (seccomp === undefined) continue;
    const more = BigInt(`0x${capabilities}`) & ~(capable.has(name) ? bindLowPorts : 0n);
    const open = [
      ...(uid === "0" ? ["it is root"] : []),
      ...(more === 0n ? [] : [`it has the capabilities ${capabilities}`]),
      ...(privileges === "1" ? [] : ["it can gain privileges"]),
      ...(seccomp === "2" ? [] : ["no filter of system calls is in force"]),
    ];
    if (open.length > 0) found.set(`${name} ${pid}`, `${name}, process ${pid}: ${open.join(", ")}`);
  }
  return found;
}

/** One fact a line. Files are the daemon's own: who can write one, or a socket, has the daemon, and so has root. */
const daemon = `set -euo pipefail
echo "members $(getent group docker | cut -d: -f4)"
ss -Hltnp | sed -nE 's/^\\S+ +\\S+ +\\S+ +(\\S+) .*"dockerd".*/listens \\1/p'
docker info --format 'registries {{json .RegistryConfig}}'
units=$(systemctl show --property=FragmentPath --value docker.service docker.socket)
find -L /run/docker.sock /run/clawkeep-docker /run/containerd/containerd.sock /etc/docker /etc/default/docker $units \\
  -printf 'file %u %g %m %p\\n' 2>/dev/null || true`;

async function askers(deployed: DeployedStack): Promise<string> {
  const said = await deployed.shell(daemon);
  // An answer that is cut short has nothing against anybody.
  for (const kind of ["members", "registries", "file"])
    if (!new RegExp(`^${kind} `, "m").test(said))
      throw new Error(`the host says nothing of ${kind}: ${said}`);
  const open = othersThanRoot(said);
  if (open.length > 0) throw new Error(open.join("\n"));
  return "its group is empty, it listens on no port, its files and sockets are root's";
}

interface Registries {
  readonly InsecureRegistryCIDRs?: readonly string[] | null;
  readonly IndexConfigs?: Readonly<Record<string, { readonly Secure: boolean }>> | null;
}

/** @param said what the script prints @returns who else can tell the daemon something, each in a sentence */
export function othersThanRoot(said: string): string[] {
  return said.split("\n").flatMap((line): string[] => {
    const [, kind, rest = ""] = /^(\w+) (.*)$/.exec(line) ?? [];
    switch (kind) {
      case "members":
        return rest.split(",").flatMap((name) => (name === "" ? [] : [`${name} is in the group docker`]));
      case "listens":
        return [`Docker listens at ${rest}: who reaches that has root`];
      case "registries":
        return inClear(JSON.parse(rest) as Registries);
      case "file": {
        const [owner = "", group = "", mode = "", ...path] = rest.split(" ");
        const bits = parseInt(mode, 8);
        const writable = (bits & 0o002) !== 0 || ((bits & 0o020) !== 0 && !/^(root|docker)$/.test(group));
        return owner !== "root" || writable
          ? [`${path.join(" ")} is ${owner}:${group} ${mode}: others than root can write it`]
          : [];
      }
      default:
        return [];
    }
  });
}

/** Registries that Docker believes without TLS; the host itself is no network. */
function inClear({ InsecureRegistryCIDRs, IndexConfigs }: Registries): string[] {
  const names = [
    ...(InsecureRegistryCIDRs ?? []).filter((range) => !/^(127\.|::1\/128$)/.test(range)),
    ...Object.entries(IndexConfigs ?? {}).flatMap(([name, { Secure }]) => (Secure ? [] : [name])),
  ];
  return names.map((name) => `the registry ${name} is asked without TLS`);
}
