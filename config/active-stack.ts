/** Asks who is the active one before anything is touched, and takes the first epoch where nobody has. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import {
  epochName,
  epochPrefix,
  epochTarget,
  judge,
  newestRecord,
  takenBy,
  type ActiveRecord,
  type Claim,
} from "./active-record";
import { cloudflareApi } from "./dns-records";

export interface ActiveZone {
  /** Cloudflare's token that may edit the zone's records. */
  readonly token: string;
  /** Undefined: Cloudflare's own. */
  readonly baseUrl: string | undefined;
  readonly zoneId: string;
  readonly hostname: string;
}

/** Seconds that one question may take, and how often it is asked where nobody answers. */
const patience = { seconds: 10, tries: 3 } as const;
/** More epochs than anybody takes. */
const perPage = 500;

type Reply = { readonly status: number; readonly text: string } | { readonly silent: string };

/** What Cloudflare answers; where it does not, or not with what is asked for, why. */
function ask(zone: ActiveZone, method: "GET" | "POST", query: string, body?: object): Reply {
  const base = (zone.baseUrl ?? cloudflareApi).replace(/\/$/, "");
  const url = `${base}/zones/${zone.zoneId}/dns_records${query}`;
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [join(__dirname, "cloudflare-request.mjs")],
    {
      encoding: "utf8",
      // On standard input: arguments can be read by everybody on the machine.
      input: JSON.stringify({ url, method, token: zone.token, body, seconds: patience.seconds }),
      timeout: (patience.seconds + 5) * 1000,
    },
  );
  if (status !== 0) return { silent: error?.message ?? stderr.trim() };
  const reply = JSON.parse(stdout) as Reply;
  if ("status" in reply && (reply.status === 429 || reply.status >= 500))
    return { silent: `it answers ${reply.status}` };
  return reply;
}

function patiently(question: () => Reply): Reply {
  let reply = question();
  for (let tried = 1; tried < patience.tries && "silent" in reply; tried++) reply = question();
  return reply;
}

/** @throws Error where the record cannot be read, which is never taken for "nobody" */
export function readActiveRecord(zone: ActiveZone): ActiveRecord | undefined {
  const query = new URLSearchParams({
    type: "CNAME",
    "name.startswith": epochPrefix,
    per_page: String(perPage),
  });
  const reply = patiently(() => ask(zone, "GET", `?${query.toString()}`));
  if ("silent" in reply)
    throw new Error(`Cloudflare cannot be asked which stack is the active one: ${reply.silent}`);
  let result: unknown;
  try {
    ({ result } = JSON.parse(reply.text) as { result: unknown });
  } catch {
    result = undefined;
  }
  if (reply.status !== 200 || !Array.isArray(result))
    throw new Error(
      `Cloudflare does not say which stack is the active one: it answers ${reply.status} ${reply.text.slice(0, 300)}. ` +
        "cloudflare:apiToken needs the permission Zone / DNS / Edit for the zone whose id is in clawkeep:zone",
    );
  return newestRecord(zone.hostname, result as Parameters<typeof newestRecord>[1]);
}

/** Creates the record of an epoch. Who else has done it, or whether an answer was lost, the next reading says. */
export function takeEpoch(zone: ActiveZone, { epoch, stack, by = "" }: ActiveRecord): void {
  const body = {
    type: "CNAME",
    name: epochName(zone.hostname, epoch),
    content: epochTarget(zone.hostname, stack),
    proxied: false,
    ttl: 1,
    comment: `clawkeep: which stack is the active one. Never change or delete it by hand.${takenBy(by)}`,
  };
  // Not a second time: its answer is not what counts.
  ask(zone, "POST", "", body);
}

/**
 * Why this stack may not be deployed as what its file says; undefined where it may. Takes the first epoch for an active stack
 * unless it is a preview.
 */
export function activeStackProblem(zone: ActiveZone, claim: Claim, preview: boolean): string | undefined {
  try {
    let verdict = judge(claim, readActiveRecord(zone));
    if ("take" in verdict) {
      if (preview) return undefined;
      takeEpoch(zone, { epoch: verdict.take, stack: claim.stack });
      verdict = judge(claim, readActiveRecord(zone));
      if ("take" in verdict)
        return (
          `Cloudflare has not taken the record ${epochName(zone.hostname, 1)}, which says that ${claim.stack} is the active ` +
          "stack. cloudflare:apiToken needs the permission Zone / DNS / Edit for the zone whose id is in clawkeep:zone"
        );
    }
    return "problem" in verdict ? verdict.problem : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
