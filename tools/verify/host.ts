/** Rows about the host: disk, memory, SSH, certificates, the store of what was spent, the unit that starts a gateway. */
import { X509Certificate } from "node:crypto";
import { expectSame, type Row } from "./row";
import type { World } from "./world";

/** The guide's measures (lines 941-946), and a month to renew a certificate in. */
const limits = { diskPercent: 85, memoryPercent: 90, certificateDays: 30 } as const;

export function hostRows({ settings }: World): Row[] {
  const group = "host";
  return [
    { name: `disk below ${limits.diskPercent} %`, group, look: disk },
    { name: `memory below ${limits.memoryPercent} %`, group, look: memory },
    { name: "the origin certificate is good for a month", group, look: certificate },
    {
      name: "SSH takes keys alone",
      group,
      look: async (world) => firstLine(await world.shell("/opt/openclaw/bin/secure-sshd check")),
    },
    {
      name: "the spend store is usable",
      group,
      look: async (world) => firstLine(await world.shell("/opt/openclaw/bin/spend-store status")),
    },
    ...settings.gateways.map(({ name }): Row => ({
      name: `${name} comes back after a reboot`,
      group,
      look: async (world) => {
        const unit = `openclaw-gateway@${name}.service`;
        const said = await world.shell('systemctl is-enabled "$1"; systemctl is-active "$1"', [unit]);
        expectSame(unit, said.trim().split("\n"), ["enabled", "active"]);
        return "enabled, active";
      },
    })),
  ];
}

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";

async function disk(world: World): Promise<string> {
  const lines = (await world.shell("df --output=pcent,target / /opt/openclaw/volume | tail -n +2"))
    .trim()
    .split("\n");
  const full = lines.filter((line) => Number.parseInt(line) >= limits.diskPercent);
  if (full.length > 0) throw new Error(`too full: ${full.map((line) => line.trim()).join(", ")}`);
  return lines.map((line) => line.trim()).join(", ");
}

async function memory(world: World): Promise<string> {
  const text = await world.shell("cat /proc/meminfo");
  const kiB = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)?.[1]);
  const percent = Math.round(100 * (1 - kiB("MemAvailable") / kiB("MemTotal")));
  if (!(percent < limits.memoryPercent)) throw new Error(`${percent} % of the memory is in use`);
  return `${percent} % in use`;
}

async function certificate(world: World): Promise<string> {
  const script =
    'timeout 15 openssl s_client -connect 127.0.0.1:443 -servername "$1" </dev/null 2>/dev/null | openssl x509';
  const served = new X509Certificate(await world.shell(script, [world.settings.hostname]));
  if (!served.checkHost(world.settings.hostname)) throw new Error(`it is not for ${world.settings.hostname}`);
  const days = Math.floor((Date.parse(served.validTo) - Date.now()) / 86_400_000);
  if (days < limits.certificateDays)
    throw new Error(`it ends on ${served.validTo}: make a new Origin CA certificate`);
  return `${days} days`;
}
