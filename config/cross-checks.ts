/** Rules that need more than one key of the configuration. */
import { slotOf } from "./addresses";
import { checkBackups } from "./backup-checks";
import { serverCertificateProblem } from "./certificates";
import { isUnreachable, overlap } from "./cidr";
import { checkGateways } from "./gateway-checks";
import { checkCaps, checkGatewayModels, checkModels } from "./model-checks";
import { hetznerGateway, placementProblem, serverName, serverNameOf, serverTypes } from "./hetzner";
import { deploymentId } from "./model-schema";
import { dotted, settingProblem, type Problem } from "./problems";
import { checkRegistries } from "./registry-checks";
import { stackName, type UsableSettings } from "./schema";
import { memoryBudget, tiers } from "./tiers";

/** GiB of the state volume that stay free for what is not a gateway's: the spend store, records, a snapshot's work. */
export const volumeReserveGiB = 1;
/** Share of a volume that its ext4 keeps: tables and journal, and the 5 % that mkfs leaves root by default. */
const fileSystemShare = 0.08;

/** Each rule speaks as soon as the values that it needs are valid, whatever else is wrong. */
export function checkTogether(stack: string, settings: UsableSettings): Problem[] {
  return [
    ...checkHostname(stack, settings),
    ...checkPair(stack, settings),
    ...checkServerName(stack, settings),
    ...checkNetworks(stack, settings),
    ...checkNames(stack, "gateways", settings.gateways),
    ...checkNames(stack, "models", settings.models),
    ...checkSlots(stack, settings),
    ...checkSpendingRecords(stack, settings),
    ...checkModels(stack, settings),
    ...checkGatewayModels(stack, settings),
    ...checkCaps(stack, settings),
    ...checkGateways(stack, settings),
    ...checkPlacement(stack, settings),
    ...checkAddress(stack, settings),
    ...checkVolume(stack, settings),
    ...checkMemory(stack, settings),
    ...checkBackups(stack, settings),
    ...checkRegistries(stack, settings),
  ];
}

/** Two stacks that take over from one another are told apart by their names, in a record that both read. */
function checkPair(stack: string, { role, pairedStack, leaseSeconds }: UsableSettings): Problem[] {
  const problem = (message: string): Problem[] => [settingProblem(stack, "pairedStack", [], message)];
  if (pairedStack === undefined) {
    if (role === "standby") return problem("is missing: the stack that this one stands by for");
    return leaseSeconds === undefined ? [] : [leaseOfNobody(stack)];
  }
  if (pairedStack === stack) return problem("is this stack itself");
  if (!stackName.test(stack))
    return problem(
      `needs a name of this stack, ${stack}, that is of lower-case letters, digits and hyphens (1 to 40)`,
    );
  return [];
}

/** A stack has `clawkeep-STACK` as its name at Hetzner: there it is a server's host name and the value of a label. */
function checkServerName(stack: string, { host }: UsableSettings): Problem[] {
  if (host?.mode !== "hcloud") return [];
  const name = serverNameOf(stack);
  if (name.length <= 63 && serverName.test(name)) return [];
  return [
    {
      key: dotted("host", ["mode"]),
      message:
        `hcloud makes a server that is called ${name}, and Hetzner takes letters, digits, hyphens and dots as a host name, ` +
        "63 characters at most",
      remedy: `pulumi stack rename --stack ${stack} NAME`,
    },
  ];
}

const leaseOfNobody = (stack: string): Problem => ({
  key: "clawkeep:leaseSeconds",
  message: "is for a stack that another one takes over from, and clawkeep:pairedStack names none",
  remedy: `pulumi config rm --stack ${stack} clawkeep:leaseSeconds; or pulumi config set --stack ${stack} clawkeep:pairedStack STANDBY`,
});

function checkHostname(stack: string, { hostname, zone, originCertificate }: UsableSettings): Problem[] {
  if (hostname === undefined || zone?.name === undefined) return [];
  const below = hostname.endsWith(`.${zone.name}`) ? hostname.slice(0, -zone.name.length - 1) : undefined;
  if (below === undefined)
    return [settingProblem(stack, "hostname", [], `${hostname} is not below the zone ${zone.name}`)];
  if (below.includes(".")) {
    const message =
      `${hostname} is more than one label below the zone ${zone.name}: Cloudflare's universal certificate, which ` +
      "browsers see, does not cover it";
    return [settingProblem(stack, "hostname", [], message)];
  }
  const message =
    originCertificate === undefined ? undefined : serverCertificateProblem(originCertificate, hostname);
  return message === undefined ? [] : [settingProblem(stack, "originCertificate", [], message)];
}

function checkNetworks(stack: string, { networks }: UsableSettings): Problem[] {
  const named = Object.entries(networks ?? {}).flatMap(([name, cidr]) =>
    cidr === undefined ? [] : [[name, cidr] as const],
  );
  // On every host: one that is there already may be Hetzner's too.
  const cutOff = named
    .filter(([, cidr]) => overlap(cidr, `${hetznerGateway}/32`))
    .map(([name, cidr]) => {
      const message = `${cidr} holds ${hetznerGateway}, the gateway of every server at Hetzner: a bridge over it cuts the host off. Take another network`;
      return settingProblem(stack, "networks", [name], message);
    });
  const overlapping = named.flatMap(([name, cidr], index) =>
    named
      .slice(index + 1)
      .filter(([, other]) => overlap(cidr, other))
      .map(([name2, other]) =>
        settingProblem(stack, "networks", [name2], `${other} overlaps ${name} (${cidr})`),
      ),
  );
  return [...cutOff, ...overlapping];
}

function checkNames(
  stack: string,
  key: "gateways" | "models",
  list: UsableSettings["gateways"] | UsableSettings["models"],
): Problem[] {
  const names = (list ?? []).map((entry) => entry?.name);
  return names.flatMap((name, index) =>
    name === undefined || names.indexOf(name) === index
      ? []
      : [settingProblem(stack, key, [index, "name"], `${name} is the name of two ${key}`)],
  );
}

function checkSlots(stack: string, { gateways }: UsableSettings): Problem[] {
  const slots = (gateways ?? []).map(slotOf);
  return slots.flatMap((slot, index) => {
    const twin = slots.indexOf(slot);
    if (twin === index) return [];
    const message = `is ${slot}, and so is that of ${gateways?.[twin]?.name ?? `gateways[${twin}]`}; unless said it is the place in the list`;
    return [settingProblem(stack, "gateways", [index, "slot"], message)];
  });
}

/** What a model has spent is stored under an id made from its name, and two names can make one. */
function checkSpendingRecords(stack: string, { models }: UsableSettings): Problem[] {
  const names = (models ?? []).map((model) => model?.name);
  return names.flatMap((name, index) => {
    const alike = (other?: string) => other !== undefined && other !== name && deploymentId(other) === id;
    const id = name === undefined ? "" : deploymentId(name);
    const other = names.slice(0, index).find(alike);
    if (name === undefined || other === undefined) return [];
    const message = `${name} would share one spending cap with ${other}`;
    return [settingProblem(stack, "models", [index, "name"], message)];
  });
}

function checkPlacement(stack: string, { host }: UsableSettings): Problem[] {
  if (host?.mode !== "hcloud" || host.serverType === undefined || host.location === undefined) return [];
  const message = placementProblem(host.serverType, host.location);
  return message === undefined ? [] : [settingProblem(stack, "host", ["serverType"], message)];
}

/** The address of an active stack's own host goes into the public DNS record. */
function checkAddress(stack: string, { host, role }: UsableSettings): Problem[] {
  if (host?.mode !== "existing" || role !== "active" || host.address === undefined) return [];
  if (!isUnreachable(host.address)) return [];
  const message = `${host.address} is not reached from the Internet, and the public DNS record would point at it`;
  return [settingProblem(stack, "host", ["address"], message)];
}

function checkVolume(stack: string, { host, storage, gateways }: UsableSettings): Problem[] {
  if (host?.mode !== "hcloud" || host.volumeGiB === undefined || gateways === undefined) return [];
  if (storage?.stateGiB === undefined || storage.sandboxesGiB === undefined) return [];
  const filled = (storage.stateGiB + storage.sandboxesGiB) * gateways.length + volumeReserveGiB;
  const needed = Math.ceil(filled / (1 - fileSystemShare));
  if (needed <= host.volumeGiB) return [];
  const message =
    `${gateways.length} x (${storage.stateGiB} + ${storage.sandboxesGiB}) GiB, ${volumeReserveGiB} to spare and the volume's ` +
    `own file system need ${needed} GiB, the volume has ${host.volumeGiB}`;
  return [settingProblem(stack, "host", ["volumeGiB"], message)];
}

function checkMemory(stack: string, { host, tier, gateways }: UsableSettings): Problem[] {
  if (host === undefined || tier === undefined || gateways === undefined) return [];
  let available: number | undefined;
  let field = "memoryMiB";
  if (host.mode === "existing") available = host.memoryMiB;
  if (host.mode === "hcloud") {
    available = serverTypes[host.serverType ?? "unknown"]?.memoryMiB;
    field = "serverType";
  }
  const budget = memoryBudget(tiers[tier], gateways.length);
  if (available === undefined || budget.totalMiB <= available) return [];
  const table = budget.lines.map((line) => `${line.part} ${line.memoryMiB}`).join(" + ");
  const nominal =
    host.mode === "existing"
      ? "; memoryMiB is what a host is sold with, 8192 where it shows 7.6 to 7.9 GiB"
      : "";
  const message = `tier ${tier} needs ${budget.totalMiB} MiB (${table}), the host has ${available} MiB${nominal}`;
  return [settingProblem(stack, "host", [field], message)];
}
