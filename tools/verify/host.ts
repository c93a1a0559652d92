/**
 * Rows about the host: disk, memory, SSH, certificates, the store of what was spent, the daemon, the kernel, updates, the
 * unit that starts a gateway.
 */
import { X509Certificate } from "node:crypto";
import { expectSame, type Row } from "./row";
import type { DeployedStack } from "./deployed-stack";

/** The guide's measures (lines 941-946), and a month to renew a certificate in. */
const limits = { diskPercent: 85, memoryPercent: 90, certificateDays: 30, restarts: 3 } as const;

/** Rows that a script on the host answers by itself: its name and words. */
const scripts = {
  "SSH takes keys alone": "secure-sshd check",
  "the spend store is usable": "spend-store status",
  "Docker has its settings": "docker-settings check",
  "gateways have equal shares, Docker its limits": "host-shares check",
  "what services log is kept": "keep-traces check",
  "kernel settings are as they have to be": "tune-host check sysctl",
  "swap is in use": "tune-host check swap",
  "the clock is kept": "tune-host check time",
  "security updates come by themselves": "host-upgrades check",
  "no reboot is overdue": "host-upgrades reboot",
  "all came back after the last boot": "host-boot check",
} as const;

export function hostRows({ settings }: DeployedStack): Row[] {
  const group = "host";
  return [
    { name: `disk below ${limits.diskPercent} %`, group, look: disk },
    { name: `memory below ${limits.memoryPercent} %`, group, look: memory },
    { name: "the origin certificate is good for a month", group, look: certificate },
    ...Object.entries(scripts).map(([name, words]): Row => ({
      name,
      group,
      look: async (deployed) => firstLine(await deployed.shell(`/opt/openclaw/bin/${words}`)),
    })),
    ...activeRecordRows(settings),
    { name: "AppArmor confines every container", group, look: appArmor },
    ...settings.gateways.map(({ name }): Row => ({
      name: `${name} comes back after a reboot`,
      group,
      look: async (deployed) => {
        const unit = `openclaw-gateway@${name}.service`;
        const said = await deployed.shell('systemctl is-enabled "$1"; systemctl is-active "$1"', [unit]);
        expectSame(unit, said.trim().split("\n"), ["enabled", "active"]);
        return "enabled, active";
      },
    })),
    ...settings.gateways.map(({ name }): Row => ({
      name: `${name} does not start again and again`,
      group,
      look: (deployed) => gatewayStarts(deployed, name),
    })),
  ];
}

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";

/** For a stack that has another; of a standby's host too. */
export const activeRecordRows = ({ pairedStack, leaseSeconds }: DeployedStack["settings"]): Row[] =>
  pairedStack === undefined
    ? []
    : [
        { name: "the record says which stack is the active one", group: "host", look: activeRecord },
        ...(leaseSeconds === undefined
          ? []
          : [{ name: "a lease ends gateways that nobody names", group: "host", look: lease }]),
      ];

/** The guard itself says so; on the host of the active stack it has to hold, and for the seconds of the file. */
async function lease({ settings: { role, leaseSeconds }, shell }: DeployedStack): Promise<string> {
  const said = firstLine(await shell("/opt/openclaw/bin/gateway-lease check"));
  if (role === "active" && !said.includes(` s more of ${leaseSeconds}: `))
    throw new Error(`it does not hold for ${leaseSeconds} s: ${said}`);
  return said;
}

/** As the host reads it, before it starts a gateway. */
async function activeRecord({ stack, settings, shell }: DeployedStack): Promise<string> {
  const said = firstLine(await shell("/opt/openclaw/bin/active-record"));
  const wanted = settings.role === "active" ? stack : settings.pairedStack;
  if (said.split(",")[0] !== wanted) throw new Error(`it says ${said}, not ${wanted}`);
  return said;
}

async function disk(deployed: DeployedStack): Promise<string> {
  const lines = (await deployed.shell("df --output=pcent,target / /opt/openclaw/volume | tail -n +2"))
    .trim()
    .split("\n");
  const full = lines.filter((line) => Number.parseInt(line) >= limits.diskPercent);
  if (full.length > 0) throw new Error(`too full: ${full.map((line) => line.trim()).join(", ")}`);
  return lines.map((line) => line.trim()).join(", ");
}

async function memory(deployed: DeployedStack): Promise<string> {
  const text = await deployed.shell("cat /proc/meminfo");
  const kiB = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)?.[1]);
  const percent = Math.round(100 * (1 - kiB("MemAvailable") / kiB("MemTotal")));
  if (!(percent < limits.memoryPercent)) throw new Error(`${percent} % of the memory is in use`);
  return `${percent} % in use`;
}

/**
 * A container without a profile is confined by none, and Docker says so nowhere: it goes without where the kernel or
 * apparmor_parser lacks. The kernel's own answer, process by process.
 */
async function appArmor(deployed: DeployedStack): Promise<string> {
  const script = `
[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || { echo none; exit; }
form='{{.Name}} {{.State.Pid}} {{printf "%q" .Config.Labels}}{{range .Mounts}} {{printf "%q" .Source}}{{end}}'
docker ps --quiet | xargs -r docker inspect --format "$form" | while read -r name pid about; do
  # Services are called so; gateways and sandboxes have a label of ours; a gateway's filter mounts what is ours.
  case "$name $about" in /openclaw-* | *'"clawkeep.instance-of"'* | *'"clawkeep.gateway"'* | *'"/opt/openclaw/'*) ;; *) echo -n "other " ;; esac
  echo "$name $(tr -d '\\0' <"/proc/$pid/attr/current")"
done`;
  return confined(await deployed.shell(script));
}

/**
 * @param said `none`, or a line `/CONTAINER PROFILE (MODE)` for each container, as the kernel has them; `other ` comes before
 * one that is not of this stack, and is what somebody else wants it to be
 */
export function confined(said: string): string {
  const all = said.trim().split("\n").filter(Boolean);
  if (all[0] === "none") return "this host's kernel has no AppArmor: it confines no container";
  const named = (lines: readonly string[]): string =>
    lines.map((line) => line.trim().replace(/^(other )?\//, "")).join(", ");
  const isOpen = (line: string): boolean => !line.endsWith(" (enforce)");
  const lines = all.filter((line) => !line.startsWith("other "));
  const open = lines.filter(isOpen);
  if (open.length === 0 && lines.length > 0) {
    const others = named(all.filter((line) => line.startsWith("other ")).filter(isOpen));
    return `${lines.length} containers${others === "" ? "" : `; not confined, and not of this stack: ${others}`}`;
  }
  const names = named(open);
  throw new Error(
    `not confined: ${names || "no container runs"}. Is apparmor_parser there? Then restart Docker and the containers`,
  );
}

/** Docker's own counter stays 0: systemd starts a gateway. Recent releases of OpenClaw grow until they are killed. */
async function gatewayStarts(deployed: DeployedStack, name: string): Promise<string> {
  const script = `systemctl show --property=NRestarts --value "openclaw-gateway@$1.service"
docker inspect --format '{{.State.OOMKilled}} {{.HostConfig.Memory}}' "$1"
docker stats --no-stream --format '{{.MemPerc}} {{.MemUsage}}' "$1"`;
  const [starts = "", state = "", memoryUsed = ""] = (await deployed.shell(script, [name]))
    .trim()
    .split("\n");
  const seen = `${starts} restarts by systemd, memory ${memoryUsed}`;
  if (!(Number(starts) <= limits.restarts))
    throw new Error(`${seen}: journalctl -u openclaw-gateway@${name}`);
  if (state.startsWith("true") || !(Number.parseFloat(memoryUsed) < limits.memoryPercent))
    throw new Error(
      `${seen}${state.startsWith("true") ? "; it was killed for its memory" : ""}: systemctl restart openclaw-gateway@${name}`,
    );
  return seen;
}

async function certificate(deployed: DeployedStack): Promise<string> {
  const script =
    'timeout 15 openssl s_client -connect 127.0.0.1:443 -servername "$1" </dev/null 2>/dev/null | openssl x509';
  const served = new X509Certificate(await deployed.shell(script, [deployed.settings.hostname]));
  if (!served.checkHost(deployed.settings.hostname))
    throw new Error(`it is not for ${deployed.settings.hostname}`);
  const days = Math.floor((Date.parse(served.validTo) - Date.now()) / 86_400_000);
  if (days < limits.certificateDays)
    throw new Error(`it ends on ${served.validTo}: make a new Origin CA certificate`);
  return `${days} days`;
}
