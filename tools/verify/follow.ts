/** Row of a standby: how old the snapshot is that lies in the place of what it would serve. */
import type { Row } from "./row";
import type { DeployedStack } from "./deployed-stack";

/** What `backup-follow age` says. */
export interface Followed {
  /** Null where a gateway has no whole snapshot. */
  readonly seconds: number | null;
  readonly gateways: Readonly<Record<string, { readonly snapshot: string; readonly stack: string } | null>>;
  readonly last: { readonly failed?: string } | null;
}

/** Minutes that the newest may be older than the time between two: what it takes to make one, to bring it and to put it there. */
const patienceMinutes = 30;

/** @returns what is seen @throws Error saying what was found instead */
export function followed({ seconds, gateways, last }: Followed, everyMinutes: number): string {
  const failed = last?.failed === undefined ? "" : `; the last run says: ${last.failed}`;
  if (seconds === null) {
    const without = Object.entries(gateways).flatMap(([name, lying]) => (lying === null ? [name] : []));
    throw new Error(
      `no whole snapshot lies here for ${without.join(", ") || "a gateway"}: journalctl -u clawkeep-follow.service${failed}`,
    );
  }
  const minutes = Math.round(seconds / 60);
  const most = 4 * everyMinutes + patienceMinutes;
  if (minutes > most)
    throw new Error(
      `it is ${minutes} minutes old, and ${most} are the most: does the active stack save, and this one follow? ` +
        `make backups; journalctl -u clawkeep-follow.service${failed}`,
    );
  const ids = Object.values(gateways).map((lying) => lying?.snapshot.slice(0, 8) ?? "none");
  return `${minutes} minutes, ${[...new Set(ids)].join(", ")}`;
}

export function followRows({ settings }: Pick<DeployedStack, "settings">): Row[] {
  const name = "the newest snapshot is at hand";
  const group = "standby";
  const { backups } = settings;
  const none = "NONE: clawkeep:backups is not set, so a takeover has nothing to serve";
  if (backups === undefined) return [{ name, group, look: () => Promise.resolve(none) }];
  const look: Row["look"] = async ({ shell }) =>
    followed(
      JSON.parse(await shell("/opt/openclaw/bin/backup-follow age")) as Followed,
      backups.everyMinutes,
    );
  return [{ name, group, look }];
}
