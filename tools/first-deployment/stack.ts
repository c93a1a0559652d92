/** What kind of stack it is, in words of the program's own tables, and what of it may not be said. */
import { isKeyLine } from "../../config/host-schema";
import { imagePins, parseReference } from "../../config/images";
import { providerOf, providers } from "../../config/providers";
import type { Settings } from "../../config/schema";
import { leavesOf, type Forbidden } from "./forbidden";
import type { PulumiConfig } from "../verify/deployed-stack";

/** Choices out of the program's lists, and counts. */
export function stackKind(settings: Settings): object {
  const { host, gateways, models } = settings;
  const server =
    host.mode === "hcloud"
      ? { location: host.location, serverType: host.serverType, image: host.image, volumeGiB: host.volumeGiB }
      : { memoryMiB: host.memoryMiB };
  const references = Object.values({ ...imagePins, ...settings.images });
  return {
    role: settings.role,
    tier: settings.tier,
    host: { mode: host.mode, ...server },
    gateways: gateways.length,
    releases: [...new Set(gateways.map(({ release }) => release))],
    telegram: gateways.some(({ telegram }) => telegram !== undefined && telegram !== false),
    models: models.length,
    ownProviders: models.filter(({ provider }) => typeof provider !== "string").length,
    images: references.length,
    imagesWithDigest: references.filter((each) => parseReference(each)?.digest !== undefined).length,
  };
}

/** `a.b.example.org` in the zone `example.org`: that, `b.example.org` and the zone. */
function namesWithin(hostname: string, zone: string): string[] {
  const labels = hostname.split(".");
  const parents = labels.map((_, index) => labels.slice(index).join("."));
  return [zone, ...parents.filter((name) => name.length >= zone.length)];
}

const hostOfUrl = (text: string): string[] => (URL.canParse(text) ? [new URL(text).hostname] : []);

/** Names of machines that are somebody's: `debian` is what every second one is called. */
export const ownNames = (names: readonly string[]): string[] =>
  names
    .map((name) => name.trim())
    .filter((name) => name.length >= 4 && /[.\d@-]/.test(name) && name !== "localhost.localdomain");

/**
 * All that the report is held against.
 * @param machines names of the host and of the machine that asks
 */
export function forbiddenOf(
  settings: Settings,
  config: PulumiConfig,
  outputs: Readonly<Record<string, unknown>>,
  machines: readonly string[] = [],
): Forbidden {
  const { host, hostname, zone, models } = settings;
  const secrets = Object.values(config).flatMap(({ value, secret }) => (secret && value ? [value] : []));
  const known = Object.values(providers).map((each): string => each.host);
  const hosts = models.map(({ provider }) => providerOf(provider).host);
  const key = host.sshKey ?? "";
  const nameOfKey = isKeyLine(key) ? key.split(" ").slice(2).join(" ") : key;
  const addresses = [
    ...(host.mode === "existing" ? [host.address, host.ipv6Address] : []),
    ...[outputs["ipv4"], outputs["ipv6"]],
  ];
  return {
    // Outputs that are no secret say where the stack is, so they stay here too.
    secrets: [...secrets, ...leavesOf(outputs)],
    names: [
      ...namesWithin(hostname, zone.name),
      ...hosts.filter((each) => !known.includes(each)),
      ...secrets.flatMap(hostOfUrl),
      ...ownNames([nameOfKey, ...machines]),
    ],
    addresses: addresses.filter((each): each is string => typeof each === "string" && each !== ""),
  };
}

/** Gateways bear names that their owner gave them; in the report they are numbered. */
export function withoutNames(text: string, settings: Settings): string {
  return settings.gateways.reduce((rest, { name }, index) => {
    if (name === "openclaw") return rest;
    return rest.replace(new RegExp(`(?<![a-z0-9])${name}(?![a-z0-9])`, "g"), `gateway-${index + 1}`);
  }, text);
}
