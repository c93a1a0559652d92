/** Wrong values, each with what is said about it and the command that mends it. */
import { releaseLines } from "../../config/release-lines";
import { ed25519Line, prod } from "../fixtures/stack-configuration";

export interface WrongValue {
  readonly name: string;
  /** Full keys and their values; undefined leaves the key out. */
  readonly changes: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly message: RegExp;
  readonly remedy: RegExp | string;
}

const set = (key: string): string =>
  `pulumi config set --stack prod ${key.includes(".") || key.includes("[") ? `--path '${key}'` : key} VALUE`;

const host = (changes: Record<string, unknown>): Record<string, unknown> => ({
  "clawkeep:host": { ...(prod.settings["clawkeep:host"] as object), ...changes },
});
const existingHost = (changes: Record<string, unknown>): Record<string, unknown> => ({
  "clawkeep:host": {
    mode: "existing",
    address: "203.0.113.20",
    hostKey: ed25519Line("host"),
    memoryMiB: 8192,
    ...changes,
  },
});
const gateway = (...gateways: Record<string, unknown>[]): Record<string, unknown> => ({
  "clawkeep:gateways": gateways,
});
const image = (name: string, reference: string): Record<string, unknown> => ({
  "clawkeep:images": { [name]: reference },
});

const registryLogin = (registry: string, user = "keeper"): Record<string, unknown> => ({
  "clawkeep:registryLogins": [{ registry, user }],
});

const model = (name: string) => ({
  name,
  provider: "anthropic",
  model: name,
  budgetUsd: 1,
  requestsPerMinute: 1,
});

const known = { ...model("aa"), model: "claude-opus-4-6" };
const embedding = { ...model("ee"), provider: "voyage", model: "voyage-4", mode: "embedding" };
const models = (changes: Record<string, unknown>) => ({ "clawkeep:models": [{ ...known, ...changes }] });
const price = { inputUsdPerMillionTokens: 1, outputUsdPerMillionTokens: 1, contextTokens: 100_000 };

/** A row whose mending is another value of the same key. */
const row = (
  name: string,
  changes: Readonly<Record<string, unknown>>,
  key: string,
  message: RegExp,
): WrongValue => ({ name, changes, key, message, remedy: set(key) });

/** A row that is mended in the stack file, because a list or an object is wrong, or one has to be there. */
const edited = (wrong: WrongValue): WrongValue => ({
  ...wrong,
  remedy: `edit Pulumi.prod.yaml: ${wrong.key}`,
});

const networks = { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" };
const subnets = (changes: Partial<typeof networks>) => ({ "clawkeep:networks": { ...networks, ...changes } });
const zone = (changes: Record<string, unknown>) => ({
  "clawkeep:zone": { ...(prod.settings["clawkeep:zone"] as object), ...changes },
});

const first = "clawkeep:gateways[0]";
const anyOf = (values: readonly string[]): RegExp =>
  new RegExp(values.map((value) => `"${value.replaceAll(".", "\\.")}"`).join("\\|"));
const own = (name: string, changes: Record<string, unknown>, path: string, message: RegExp): WrongValue =>
  row(name, gateway({ name: "openclaw", ...changes }), `${first}.${path}`, message);

const wrongGateways: readonly WrongValue[] = [
  own("release line nobody knows", { release: "2026.5" }, "release", anyOf(releaseLines)),
  edited(own("Telegram on 2026.2", { release: "2026.2", telegram: true }, "telegram", /no apiRoot.*token/)),
  own("Telegram that is neither", { telegram: "yes" }, "telegram", /is neither true, false nor \{dmPolicy/),
  edited(own("open Telegram", { telegram: { dmPolicy: "open" } }, "telegram", /^dmPolicy .*"pairing"/)),
  {
    ...own("unknown Telegram key", { telegram: { token: "x" } }, "telegram.token", /nobody reads/),
    remedy: `pulumi config rm --stack prod --path '${first}.telegram.token'`,
  },
  edited(
    own("Telegram for nobody", { telegram: { dmPolicy: "allowlist" } }, "telegram.allowFrom", /is empty/),
  ),
  own(
    "group that is a person",
    { telegram: { groups: { allowed: ["12"] } } },
    "telegram.groups.allowed[0]",
    /is not a Telegram group id/,
  ),
  edited(
    own(
      "tool that the policy denies",
      { tools: { allow: ["exec", "browser"] } },
      "tools.allow[1]",
      /browser is denied by the policy; name it in tools\.liftDenials/,
    ),
  ),
  edited(
    own("denial that is none", { tools: { liftDenials: ["exec"] } }, "tools.liftDenials[0]", /not denied/),
  ),
  edited(
    own(
      "tool both ways",
      { tools: { allow: ["image"], deny: ["image"] } },
      "tools.deny[0]",
      /allowed and denied at the same time/,
    ),
  ),
  own(
    "release line that YAML reads as a number",
    { release: 2026.9 },
    "release",
    /write it in quotes, like "2026\.9"/,
  ),
  own(
    "person that is a group",
    { telegram: { allowFrom: [-12] } },
    "telegram.allowFrom[0]",
    /Telegram user id/,
  ),
  edited(
    own("one sender, not a list", { telegram: { allowFrom: "4711" } }, "telegram", /^allowFrom .*array/),
  ),
  edited(
    own(
      "alias in words",
      { aliases: { "My Model": "openai/gpt-5" } },
      "aliases.My Model",
      /lower-case letters, digits/,
    ),
  ),
  edited(own("aliases as a list", { aliases: ["openai/gpt-5"] }, "aliases", /expected record/)),
  edited(
    own("memory by name", { memory: "voyage/voyage-4" }, "memory", /is not \{model: NAME\}.*mode embedding/),
  ),
  edited(own("models by name", { models: "openai/gpt-5" }, "models", /expected array/)),
  edited(own("rules as text", { soul: "be nice" }, "soul", /neither \{append: TEXT\} nor \{replace: TEXT\}/)),
  own("alias of nothing", { aliases: { fast: "gpt-9" } }, "aliases.fast", /gpt-9 is not one of models/),
  own(
    "two aliases of one model",
    { aliases: { a: "openai/gpt-5", b: "openai/gpt-5" } },
    "aliases.b",
    /has the alias a already/,
  ),
  own(
    "memory of nothing",
    { memory: { model: "voyage-9" } },
    "memory.model",
    /voyage-9 is not one of models/,
  ),
  own(
    "memory by a model that talks",
    { memory: { model: "openai/gpt-5" } },
    "memory.model",
    /openai\/gpt-5 has the mode chat, not embedding/,
  ),
  own(
    "memory by a model that the gateway may not use",
    { models: ["openai/gpt-5"], memory: { model: "voyage/voyage-4" } },
    "memory.model",
    /voyage\/voyage-4 is not one of the gateway's own models \(openai\/gpt-5\)/,
  ),
  own(
    "alias of a model that the gateway may not use",
    { models: ["openai/gpt-5"], aliases: { deep: "anthropic/claude-opus-4-6" } },
    "aliases.deep",
    /claude-opus-4-6 is not one of the gateway's own models \(openai\/gpt-5\)/,
  ),
  own(
    "command that outlasts its turn",
    { timeouts: { turnSeconds: 30 } },
    "timeouts.commandSeconds",
    /60 is longer than the whole turn .*turnSeconds 30/,
  ),
  own(
    "gateway's cap that no answer fits under",
    { budgetUsd: 0.2 },
    "budgetUsd",
    /does not cover one answer: 8192 tokens \(maxOutputTokens of openclaw\) of anthropic.* at \$0\.2048/,
  ),
  edited(own("rules both ways", { soul: { append: "a", replace: "b" } }, "soul", /replace|append/)),
];

/** Shares of a model's cap, in a stack of two gateways of which the second may use one model alone. */
function shareRows(): WrongValue[] {
  const shared = (shares: Record<string, unknown>, second: Record<string, unknown> = {}) => ({
    "clawkeep:models": [
      { ...known, shares },
      { ...known, name: "bb" },
    ],
    ...gateway({ name: "openclaw" }, { name: "second", ...second }),
  });
  const key = "clawkeep:models[0].shares";
  const other = shared({ openclaw: 0.5, second: 0.5 }, { models: ["bb"] });
  const small = shared({ openclaw: 0.1 });
  return [
    row("share above all", shared({ openclaw: 1.5 }), `${key}.openclaw`, /is no part: above 0/),
    row("share of nothing", shared({ openclaw: 0 }), `${key}.openclaw`, /is no part: above 0/),
    edited(row("share of nobody", shared({ other: 0.5 }), `${key}.other`, /other is not one of gateways/)),
    edited(row("share for whoever may not use it", other, `${key}.second`, /second may not use aa/)),
    edited(row("more shares than all", shared({ openclaw: 0.8, second: 0.3 }), key, /are 1\.1 together/)),
    edited(row("nothing left", shared({ openclaw: 1 }), key, /leave nothing for second/)),
    row(
      "share below one answer",
      small,
      "clawkeep:models[0].budgetUsd",
      /openclaw has 0\.1 of it \(shares\)/,
    ),
  ];
}

export const wrongSettings: readonly WrongValue[] = [
  row("role nobody has", { "clawkeep:role": "primary" }, "clawkeep:role", /"active"\|"standby"/),
  row("no role", { "clawkeep:role": undefined }, "clawkeep:role", /is missing/),
  row("unknown tier", { "clawkeep:tier": "huge" }, "clawkeep:tier", /expected "starter"/),
  row(
    "hostname in capitals",
    { "clawkeep:hostname": "Assistant.example.org" },
    "clawkeep:hostname",
    /DNS name/,
  ),
  row(
    "hostname outside the zone",
    { "clawkeep:hostname": "a.example.net" },
    "clawkeep:hostname",
    /not below the zone/,
  ),
  row(
    "hostname that only ends like the zone",
    { "clawkeep:hostname": "assistant.bad-example.org" },
    "clawkeep:hostname",
    /not below the zone example\.org/,
  ),
  row(
    "hostname two labels below the zone",
    { "clawkeep:hostname": "assistant.eu.example.org" },
    "clawkeep:hostname",
    /more than one label below the zone example\.org: Cloudflare's universal certificate/,
  ),
  row("placeholder left in", zone({ id: "REPLACE_ME" }), "clawkeep:zone.id", /still the placeholder/),
  row("zone id of the wrong shape", zone({ id: "example.org" }), "clawkeep:zone.id", /32 hex digits/),
  row("no zone: its name", { "clawkeep:zone": undefined }, "clawkeep:zone.name", /is missing/),
  row("no zone: its id", { "clawkeep:zone": undefined }, "clawkeep:zone.id", /is missing/),
  edited(
    row("structure given as text", { "clawkeep:zone": "example.org" }, "clawkeep:zone", /not structured/),
  ),
  row("no host", { "clawkeep:host": undefined }, "clawkeep:host.mode", /is missing/),
  row("unknown host mode", host({ mode: "aws" }), "clawkeep:host.mode", /neither hcloud .* nor existing/),
  row("unknown region", host({ location: "mars1" }), "clawkeep:host.location", /"fsn1"\|"nbg1"/),
  row(
    "unknown server type",
    host({ serverType: "cx1000" }),
    "clawkeep:host.serverType",
    /is not one of cx23, cx33/,
  ),
  row("Arm server", host({ serverType: "cax21" }), "clawkeep:host.serverType", /is an Arm server.*x86-64/),
  row(
    "server type of another continent",
    host({ location: "ash" }),
    "clawkeep:host.serverType",
    /cx33 is not to be had in ash, which has cpx21, cpx31, .*ccx13/,
  ),
  row(
    "server type that never was there",
    host({ serverType: "cx42", location: "sin" }),
    "clawkeep:host.serverType",
    /cx42 is not to be had in sin, which has cpx22/,
  ),
  row(
    "server type that every object has",
    host({ serverType: "toString" }),
    "clawkeep:host.serverType",
    /not one/,
  ),
  row("unknown operating system", host({ image: "fedora-41" }), "clawkeep:host.image", /"debian-13"/),
  row(
    "operating system with an old Docker",
    host({ image: "debian-12" }),
    "clawkeep:host.image",
    /^has Docker 20\.10 in its archive.*API 1\.44.*one of debian-13, ubuntu-24\.04/,
  ),
  row(
    "bad CIDR",
    host({ adminCidrs: ["203.0.113.7"] }),
    "clawkeep:host.adminCidrs[0]",
    /not a network in CIDR/,
  ),
  row("host bits", host({ adminCidrs: ["203.0.113.7/24"] }), "clawkeep:host.adminCidrs[0]", /host bits zero/),
  row(
    "IPv6 host bits",
    host({ adminCidrs: ["2001:db8::/48", "2001:db8::1/64"] }),
    "clawkeep:host.adminCidrs[1]",
    /host bits/,
  ),
  row(
    "SSH open to all",
    host({ adminCidrs: ["0.0.0.0/0"] }),
    "clawkeep:host.adminCidrs[0]",
    /whole Internet/,
  ),
  row(
    "SSH open to all of IPv6",
    host({ adminCidrs: ["203.0.113.7/32", "::/0"] }),
    "clawkeep:host.adminCidrs[1]",
    /whole Internet/,
  ),
  row("SSH where HTTPS is", host({ sshPort: 443 }), "clawkeep:host.sshPort", /Cloudflare reaches HTTPS/),
  row(
    "SSH of an existing host where HTTPS is",
    existingHost({ sshPort: 443 }),
    "clawkeep:host.sshPort",
    /Cloudflare reaches HTTPS/,
  ),
  ...["192.168.1.20", "10.0.0.5", "172.31.0.1", "127.0.0.1", "100.64.0.1", "169.254.0.1", "0.0.0.0"].map(
    (address) =>
      row(
        `public record to ${address}`,
        existingHost({ address }),
        "clawkeep:host.address",
        /is not reached from the Internet/,
      ),
  ),
  edited(
    row("nobody may administer", host({ adminCidrs: [] }), "clawkeep:host.adminCidrs", /is empty, so nobody/),
  ),
  edited(
    row(
      "only IPv6 may administer, and SSH goes to IPv4",
      host({ adminCidrs: ["2001:db8::/48"] }),
      "clawkeep:host.adminCidrs",
      /no IPv4 address.*nobody could administer/,
    ),
  ),
  edited(
    row(
      "only IPv6 may administer a host that was there",
      existingHost({ adminCidrs: ["2001:db8::/48"] }),
      "clawkeep:host.adminCidrs",
      /no IPv4 address/,
    ),
  ),
  row(
    "a name for the key of a host that was there",
    existingHost({ sshKey: "clawkeep-prod" }),
    "clawkeep:host.sshKey",
    /is not a public key line, as ssh-add -L prints it/,
  ),
  edited(
    row(
      "more admin networks than a rule takes",
      host({ adminCidrs: Array.from({ length: 101 }, (_, n) => `203.0.113.${n}/32`) }),
      "clawkeep:host.adminCidrs",
      /has more than 100 networks, and a rule of Hetzner's firewall takes no more/,
    ),
  ),
  row(
    "an RSA key",
    host({ sshKey: "ssh-rsa AAAAB3Nz" }),
    "clawkeep:host.sshKey",
    /neither an ssh-ed25519 or /,
  ),
  row(
    "port out of range",
    host({ sshPort: 70000 }),
    "clawkeep:host.sshPort",
    /Too big: expected number to be <=65535/,
  ),
  row("volume too small", host({ volumeGiB: 12 }), "clawkeep:host.volumeGiB", /need 15 GiB.*has 12/),
  row(
    "memory over the host's",
    host({ serverType: "cx23" }),
    "clawkeep:host.serverType",
    /needs \d+ MiB .* has 4096 MiB/,
  ),
  row(
    "memory over an existing host's",
    existingHost({ memoryMiB: 4000 }),
    "clawkeep:host.memoryMiB",
    /the host has 4000 MiB/,
  ),
  row(
    "existing host by name",
    existingHost({ address: "vps.example.org" }),
    "clawkeep:host.address",
    /IPv4 address/,
  ),
  row(
    "overlapping subnets",
    subnets({ proxy: "172.30.0.0/16" }),
    "clawkeep:networks.proxy",
    /overlaps openclaw/,
  ),
  ...["172.31.1.0/24", "172.31.0.0/16"].map((cidr) =>
    row(
      `bridge over Hetzner's gateway, ${cidr}`,
      subnets({ egress: cidr }),
      "clawkeep:networks.egress",
      /holds 172\.31\.1\.1, the gateway of every server at Hetzner: a bridge over it cuts the host off\. Take another network/,
    ),
  ),
  ...["203.0.113.0/24", "127.1.0.0/16", "172.32.0.0/16", "100.64.1.0/24"].map((cidr) =>
    row(`bridge of ${cidr}`, subnets({ egress: cidr }), "clawkeep:networks.egress", /not in a private range/),
  ),
  ...["172.17.0.0/16", "172.17.3.0/24"].map((cidr) =>
    row(
      `bridge of ${cidr}`,
      subnets({ egress: cidr }),
      "clawkeep:networks.egress",
      /the bridge that Docker makes/,
    ),
  ),
  row("subnet too small", subnets({ egress: "172.30.3.0/28" }), "clawkeep:networks.egress", /\/16 to \/24/),
  row(
    "two gateways with one name",
    gateway({ name: "a-b" }, { name: "a-b" }),
    "clawkeep:gateways[1].name",
    /two/,
  ),
  row(
    "two gateways in one slot",
    gateway({ name: "one" }, { name: "two", slot: 0 }),
    "clawkeep:gateways[1].slot",
    /is 0, and so is that of one/,
  ),
  row(
    "gateway in a slot that another has by its place",
    gateway({ name: "one", slot: 1 }, { name: "two" }),
    "clawkeep:gateways[1].slot",
    /is 1, and so is that of one/,
  ),
  row(
    "gateway named like another container",
    gateway({ name: "openclaw-caddy" }),
    "clawkeep:gateways[0].name",
    /name of another container/,
  ),
  ...["operator", "localhost"].map((name) =>
    row(`gateway named ${name}`, gateway({ name }), "clawkeep:gateways[0].name", /is taken: operator is/),
  ),
  row(
    "default model that is not there",
    gateway({ name: "openclaw", defaultModel: "gpt-9" }),
    "clawkeep:gateways[0].defaultModel",
    /gpt-9 is not one of models \(anthropic/,
  ),
  ...wrongGateways,
  row(
    "models whose spending could not be told apart",
    { "clawkeep:models": ["claude-4.5", "claude-4-5"].map(model) },
    "clawkeep:models[1].name",
    /claude-4-5 would share one spending cap with claude-4\.5/,
  ),
  row(
    "model without a known price",
    models({ model: "claude-next" }),
    "clawkeep:models[0].inputUsdPerMillionTokens",
    /is needed, and outputUsdPerMillionTokens too: the price of claude-next is not known/,
  ),
  row(
    "model of one's own without a context",
    models({ model: "claude-next", ...price, contextTokens: undefined }),
    "clawkeep:models[0].contextTokens",
    /is needed: the context of claude-next is not known/,
  ),
  row(
    "model with half a price",
    models({ model: "claude-next", inputUsdPerMillionTokens: 3 }),
    "clawkeep:models[0].inputUsdPerMillionTokens",
    /is needed/,
  ),
  row(
    "model named like a property of every object",
    models({ model: "constructor" }),
    "clawkeep:models[0].inputUsdPerMillionTokens",
    /is needed/,
  ),
  row(
    "half a price of its own for a known model: output",
    models({ inputUsdPerMillionTokens: 7 }),
    "clawkeep:models[0].outputUsdPerMillionTokens",
    /is needed too: the other half of a price alone would not be used/,
  ),
  row(
    "half a price of its own for a known model: input",
    models({ outputUsdPerMillionTokens: 70 }),
    "clawkeep:models[0].inputUsdPerMillionTokens",
    /is needed too/,
  ),
  row(
    "half a price, and the other half wrong",
    models({ outputUsdPerMillionTokens: 70, inputUsdPerMillionTokens: -1 }),
    "clawkeep:models[0].inputUsdPerMillionTokens",
    /too little to be counted/,
  ),
  row(
    "price that comes to nothing",
    models({ outputUsdPerMillionTokens: 0, inputUsdPerMillionTokens: 0.0004 }),
    "clawkeep:models[0].inputUsdPerMillionTokens",
    /is below 0\.001, a nano-dollar a token: too little to be counted/,
  ),
  row(
    "model's cap that no answer fits under",
    models({ budgetUsd: 0.2 }),
    "clawkeep:models[0].budgetUsd",
    /does not cover one answer: .*openclaw\) of aa are booked at \$0\.2048/,
  ),
  row("unknown provider", models({ provider: "acme" }), "clawkeep:models[0].provider", /is neither one of/),
  edited(
    row(
      "provider with a misspelt key",
      models({ provider: { host: "models.example.com", secert: "exampleApiKey" }, ...price }),
      "clawkeep:models[0].provider",
      /secret .*; Unrecognized key: "secert"/,
    ),
  ),
  row(
    "provider's key shown to another host",
    models({ provider: { host: "evil.example.org", secret: "anthropicApiKey" }, ...price }),
    "clawkeep:models[0].provider.secret",
    /anthropicApiKey is the key for api\.anthropic\.com already: evil\.example\.org would see it too/,
  ),
  row(
    "fallback to itself",
    models({ fallbacks: ["aa"] }),
    "clawkeep:models[0].fallbacks[0]",
    /the model itself/,
  ),
  row(
    "fallback that is not there",
    models({ fallbacks: ["bb"] }),
    "clawkeep:models[0].fallbacks[0]",
    /bb is not one of models/,
  ),
  row(
    "fallback of another kind",
    { "clawkeep:models": [{ ...known, fallbacks: ["ee"] }, embedding] },
    "clawkeep:models[0].fallbacks[0]",
    /ee is a model for embedding/,
  ),
  ...shareRows(),
  row("no cap", models({ budgetUsd: 0 }), "clawkeep:models[0].budgetUsd", /Too small/),
  row(
    "month that would be a minute",
    models({ budgetPeriod: "1m" }),
    "clawkeep:models[0].budgetPeriod",
    /days or hours, such as 30d/,
  ),
  own("month of a gateway", { budgetPeriod: "1m" }, "budgetPeriod", /days or hours, such as 30d/),
  row("period of nobody", models({ budgetPeriod: "1y" }), "clawkeep:models[0].budgetPeriod", /such as 30d/),
  row("waiting for ever", models({ timeoutSeconds: 0 }), "clawkeep:models[0].timeoutSeconds", /Too small/),
  row(
    "gateway's model that is not there",
    gateway({ name: "openclaw", models: ["gpt-9"] }),
    "clawkeep:gateways[0].models[0]",
    /gpt-9 is not one of models \(anthropic/,
  ),
  row(
    "gateway's default that it may not use",
    gateway({ name: "openclaw", models: ["openai/gpt-5"], defaultModel: "anthropic/claude-opus-4-6" }),
    "clawkeep:gateways[0].defaultModel",
    /is not one of models \(openai\/gpt-5\)/,
  ),
  edited(
    row(
      "gateway that can only remember",
      gateway({ name: "openclaw", models: ["voyage/voyage-4"] }),
      "clawkeep:gateways[0].models",
      /has no model for chat/,
    ),
  ),
  row(
    "gateway without a cap",
    gateway({ name: "openclaw", budgetUsd: 0 }),
    "clawkeep:gateways[0].budgetUsd",
    /small/,
  ),
  row(
    "records that are not kept",
    { "clawkeep:audit": { retentionDays: 0 } },
    "clawkeep:audit.retentionDays",
    /Too small/,
  ),
  row(
    "LiteLLM in the exploited range",
    image("litellm", "ghcr.io/berriai/litellm:v1.80.0"),
    "clawkeep:images.litellm",
    /remote code execution/,
  ),
  row(
    "image of other software",
    image("redis", "docker.io/library/caddy:2.11.4"),
    "clawkeep:images.redis",
    /is not an image of redis: the last part of its repository is caddy/,
  ),
  row(
    "moving tag",
    image("caddy", "docker.io/library/caddy:latest"),
    "clawkeep:images.caddy",
    /latest moves/,
  ),
  row(
    "image without a tag",
    image("redis", "docker.io/library/redis"),
    "clawkeep:images.redis",
    /registry\/repo/,
  ),
  row(
    "login at Docker Hub by another of its names",
    registryLogin("index.docker.io"),
    "clawkeep:registryLogins[0].registry",
    /is Docker Hub, which images call docker\.io/,
  ),
  row(
    "login at what is no registry",
    registryLogin("https://ghcr.io/"),
    "clawkeep:registryLogins[0].registry",
    /is not a registry as it stands before the first \//,
  ),
  row(
    "login that no image would use",
    registryLogin("quay.io"),
    "clawkeep:registryLogins[0].registry",
    /no image of this stack comes from quay\.io: they come from docker\.io, ghcr\.io/,
  ),
  row(
    "two logins at one registry",
    { "clawkeep:registryLogins": ["one", "two"].map((user) => ({ registry: "ghcr.io", user })) },
    "clawkeep:registryLogins[1].registry",
    /ghcr\.io is named twice/,
  ),
  row(
    "user with a colon, behind which a password would begin",
    registryLogin("ghcr.io", "name:word"),
    "clawkeep:registryLogins[0].user",
    /is not a user name/,
  ),
];

export const wrongInOtherWays: readonly WrongValue[] = [
  {
    name: "unknown key",
    changes: { "clawkeep:colour": "red" },
    key: "clawkeep:colour",
    message: /nobody reads/,
    remedy: "pulumi config rm --stack prod clawkeep:colour",
  },
  {
    name: "key of another provider",
    changes: { "docker:host": "tcp://203.0.113.1" },
    key: "docker:host",
    message: /nobody reads/,
    remedy: "pulumi config rm --stack prod docker:host",
  },
  {
    name: "unknown nested key",
    changes: host({ colour: "red" }),
    key: "clawkeep:host.colour",
    message: /nobody reads/,
    remedy: "pulumi config rm --stack prod --path 'clawkeep:host.colour'",
  },
  {
    name: "no certificate",
    changes: { "clawkeep:originCertificate": undefined },
    key: "clawkeep:originCertificate",
    message: /is missing/,
    remedy: "pulumi config set --stack prod clawkeep:originCertificate < origin.pem",
  },
  {
    name: "secret of a gateway that is gone",
    changes: { "clawkeep:gatewayToken-old": "0".repeat(64) },
    key: "clawkeep:gatewayToken-old",
    message: /nobody reads/,
    remedy: "pulumi config rm --stack prod clawkeep:gatewayToken-old",
  },
  {
    name: "existing host without its key",
    changes: existingHost({ hostKey: undefined, sshPort: 2222 }),
    key: "clawkeep:host.hostKey",
    message: /taken on trust/,
    remedy:
      /^ssh-keyscan -t ed25519 -p 2222 203\.0\.113\.20 .*pulumi config set .*--path 'clawkeep:host\.hostKey'/,
  },
  {
    name: "host key of another kind",
    changes: existingHost({ hostKey: "ssh-rsa AAAAB3Nz" }),
    key: "clawkeep:host.hostKey",
    message: /not an ssh-ed25519 or ecdsa-sha2-nistp256 host key/,
    remedy: /^ssh-keyscan -t ed25519 -p 22 203\.0\.113\.20/,
  },
];
