/** What a stack really has at Hetzner, whatever its state says, and what of that is in the way of a change. */
import { upAgain } from "./await-restore";
import { serverTypes } from "./hetzner";
import { askHetzner, type HetznerApi } from "./hetzner-api";
import { isOwn, setHost, type StackAtHetzner } from "./hetzner-project";

export interface ServerThere {
  readonly id: number;
  readonly type: string;
  /** What is smaller takes no such server: a disk is never made smaller. */
  readonly diskGiB: number;
  /** `running`, `off`, and others on the way from one to the other. */
  readonly status: string;
}

/** Each is absent where it is not there. */
export interface There {
  readonly server?: ServerThere;
  readonly volume?: { readonly sizeGiB: number; readonly location: string };
  readonly address?: { readonly location: string };
}

/** As the API has them; of each kind what matters here. */
interface Listed {
  readonly id: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly location: { readonly name: string };
  readonly server_type?: { readonly name: string };
  readonly primary_disk_size?: number;
  readonly status?: string;
  readonly size?: number;
}

/** @throws as askHetzner */
export async function whatIsThere(api: HetznerApi, at: Pick<StackAtHetzner, "serverName">): Promise<There> {
  const own = async (list: string): Promise<Listed | undefined> => {
    const query = new URLSearchParams({ name: at.serverName }).toString();
    const found = ((await askHetzner(api, `${list}?${query}`))[list] ?? []) as readonly Listed[];
    return found.find((each) => isOwn(each, at));
  };
  const [server, volume, address] = [await own("servers"), await own("volumes"), await own("primary_ips")];
  const type = server?.server_type?.name ?? "";
  return {
    ...(server === undefined
      ? {}
      : {
          server: {
            ...{ id: server.id, type, status: server.status ?? "" },
            diskGiB: server.primary_disk_size ?? serverTypes[type]?.diskGiB ?? 0,
          },
        }),
    ...(volume === undefined
      ? {}
      : { volume: { sizeGiB: volume.size ?? 0, location: volume.location.name } }),
    ...(address === undefined ? {} : { address: { location: address.location.name } }),
  };
}

/** What Pulumi takes something for, and what it is to be. */
export interface Change<T> {
  readonly was: T;
  readonly is: T;
}

/**
 * Why the server cannot be given another type now; undefined where it can.
 *
 * @param shutDown whether this run has had it shut down for that
 */
export function typeProblem(
  at: StackAtHetzner,
  { server }: There,
  { was, is }: Change<string>,
  shutDown: boolean,
): string | undefined {
  const { stack, serverName } = at;
  if (server === undefined) return undefined;
  const byHand = `somebody has changed it at Hetzner, and Pulumi takes it for a ${was}`;
  if (server.type === is)
    return `server: ${serverName} is a ${is} already: ${byHand}. Have it look: pulumi refresh --stack ${stack}`;
  if (shutDown || server.status === "off") return undefined;
  const fits = (serverTypes[is]?.diskGiB ?? 0) >= server.diskGiB;
  const other = fits
    ? `or have it shut down first: $(pulumi stack output sshCommand --stack ${stack}) /opt/openclaw/bin/shut-down-host`
    : `or have the server made anew, because its disk of ${server.diskGiB} GB does not fit into a ${is}: pulumi destroy ` +
      `--exclude-protected --stack ${stack}`;
  return (
    `server: ${serverName} runs as a ${server.type}, clawkeep:host.serverType is ${is}, and nothing has it shut down: its type was ` +
    "changed at Hetzner, or it was started after an up that failed. Hetzner's provider would cut its power. Either keep it: " +
    `${setHost(at, "serverType", server.type)}; ${other}`
  );
}

/** Why the volume cannot be given another size now; undefined where it can. */
export function sizeProblem(
  at: StackAtHetzner,
  { volume }: There,
  { was, is }: Change<number>,
): string | undefined {
  if (volume === undefined || volume.sizeGiB < is) return undefined;
  const { stack, serverName } = at;
  const keep =
    volume.sizeGiB === is
      ? ""
      : ` A volume never shrinks, so keep it: ${setHost(at, "volumeGiB", String(volume.sizeGiB))}.`;
  const look =
    volume.sizeGiB === was
      ? ""
      : ` Somebody has made it larger, and Pulumi takes it for ${was} GB. Have it look: pulumi refresh --stack ${stack}`;
  return `volume: ${serverName} has ${volume.sizeGiB} GB at Hetzner, and clawkeep:host.volumeGiB is ${is}.${keep}${look}`;
}

/** Seconds that a server which was told to switch itself off may take, and between two looks. */
const goingOff = { forSeconds: 60, everySeconds: 2 } as const;

/**
 * Starts the stack's server where it is off and nothing else would start it.
 *
 * @param shutDown whether this run has had it shut down: then it goes off, if it is not yet
 * @returns what was done, in words; undefined for nothing
 */
export async function startServer(
  api: HetznerApi,
  at: Pick<StackAtHetzner, "serverName" | "stack">,
  shutDown: boolean,
  sleep = (seconds: number): Promise<void> => new Promise((go) => setTimeout(go, seconds * 1000)),
): Promise<string | undefined> {
  let { server } = await whatIsThere(api, at);
  for (let waited = 0; shutDown && server !== undefined && server.status !== "off";) {
    if (waited >= goingOff.forSeconds) break;
    await sleep(goingOff.everySeconds);
    waited += goingOff.everySeconds;
    ({ server } = await whatIsThere(api, at));
  }
  if (server === undefined || (server.status !== "off" && !shutDown)) return undefined;
  await askHetzner(api, `servers/${server.id}/actions/poweron`, "POST");
  return `${at.serverName} was off, and is started. Does it not come up? Look at its console at Hetzner, then ${upAgain(at.stack)}`;
}
