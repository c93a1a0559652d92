/** The active stack and its standby: the same, but for what makes them two. */
import { parse } from "yaml";
import { parseConfiguration } from "../../config/parse";
import {
  everything,
  prod,
  rawConfiguration,
  standby,
  type StackFixture,
} from "../fixtures/stack-configuration";
import { differences, type Difference } from "./difference";
import { commands, containers, label, opened, programRun, recordGraphs } from "./graph";

/** The standby of a stack that has what may be left out: a webhook, a provider of its own. */
const standbyOfEverything: StackFixture = {
  stack: "standby",
  settings: {
    ...everything.settings,
    ...Object.fromEntries(
      ["clawkeep:role", "clawkeep:pairedStack", "clawkeep:host"].map((key) => [key, standby.settings[key]]),
    ),
  },
  secrets: everything.secrets,
};

const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  standby: programRun(rawConfiguration(standby)),
  everything: programRun(rawConfiguration(everything)),
  standbyOfEverything: programRun(rawConfiguration(standbyOfEverything)),
});

interface Allowed {
  readonly resource: RegExp;
  readonly path: RegExp;
  readonly prod: RegExp;
  readonly standby: RegExp;
  readonly why: string;
}

const address = { prod: /203\.0\.113\.10\b/, standby: /203\.0\.113\.11\b/ };
const hash = { prod: /[0-9a-f]{12}$/, standby: /[0-9a-f]{12}$/ };
const id = { prod: /^\d+$/, standby: /^\d+$/ };
const name = { prod: /^clawkeep-prod$/, standby: /^clawkeep-standby$/ };
const hostKey = { prod: /ssh-ed25519 AAAA/, standby: /ssh-ed25519 AAAA/ };
const yesNo = { prod: /^true$/, standby: /^false$/ };

const allowed: readonly Allowed[] = [
  {
    resource: /^DnsRecord reverse-proxy-/,
    path: /^\(resource\)$/,
    ...yesNo,
    why: "the active stack alone owns the public name",
  },
  {
    resource: /^Container /,
    path: /^(start|mustRun)$/,
    ...yesNo,
    why: "nothing serves or polls on a standby",
  },
  {
    resource: /-settled$/,
    path: /^stdin\.started$/,
    ...yesNo,
    why: "as above, asked of the daemon",
  },
  { resource: /-settled$/, path: /^stdin\.mustNotRun$/, prod: /^false$/, standby: /^true$/, why: "as above" },
  {
    resource: /-activated$/,
    path: /^create$/,
    prod: / active \d+ /,
    standby: / standby \d+ /,
    why: "the role itself",
  },
  {
    resource: /-tools-proven$/,
    path: /^create$/,
    prod: / active$/,
    standby: / standby$/,
    why: "a standby's filter is down, and nobody asks it",
  },
  {
    resource: /-tools-proven$/,
    path: /^stdin$/,
    prod: /^[0-9a-f]{64} /,
    standby: /^[0-9a-f]{64} /,
    why: "the id of the filter's container",
  },
  {
    resource: /^(Server|PrimaryIp|Volume) /,
    path: /^location$/,
    prod: /^fsn1$/,
    standby: /^nbg1$/,
    why: "another place",
  },
  {
    resource: /^Firewall /,
    path: /^labels\.location$/,
    prod: /^fsn1$/,
    standby: /^nbg1$/,
    why: "it remembers the place, for the next run to compare with",
  },
  {
    resource: /^(Server|PrimaryIp|Volume|Firewall|SshKey) /,
    path: /^(name|labels\.stack)$/,
    ...name,
    why: "one project holds both",
  },
  {
    resource: /^(Server|VolumeAttachment|RandomId) /,
    path: /^(firewallIds|sshKeys|publicNets|serverId|volumeId|keepers\.server)\b/,
    ...id,
    why: "ids of the provider",
  },
  {
    resource: /^Command host-volume-mounted$/,
    path: /^create$/,
    prod: /_Volume_\d+ 20$/,
    standby: /_Volume_\d+ 20$/,
    why: "ids of the provider",
  },
  {
    resource: /^Command host-firewall-confirmed$/,
    path: /^triggers\.0$/,
    prod: /^command[0-9a-f]{8}$/,
    standby: /^command[0-9a-f]{8}$/,
    why: "the id of the command that it confirms",
  },
  {
    resource: /^Command .*-settled$/,
    path: /^create$/,
    prod: /[0-9a-f]{64}$/,
    standby: /[0-9a-f]{64}$/,
    why: "ids of containers",
  },
  { resource: /^Command /, path: /^connection\.host$/, ...address, why: "another server" },
  { resource: /^docker host-docker$/, path: /^host$/, ...address, why: "another server" },
  {
    resource: /^Command /,
    path: /^connection\.hostKey$/,
    ...hostKey,
    why: "each server has its own host key",
  },
  {
    resource: /^docker host-docker$/,
    path: /^sshOpts\.\d+$/,
    ...hostKey,
    why: "each server has its own host key",
  },
  {
    resource: /^Command host-server-shutdown/,
    path: /^interpreter\.\d+$/,
    prod: /^root@\S+$|ssh-ed25519/,
    standby: /^root@\S+$|ssh-ed25519/,
    why: "another server, with its own host key",
  },
  {
    resource: /^Server /,
    path: /^userData$/,
    prod: /ssh-ed25519/,
    standby: /ssh-ed25519/,
    why: "each server has its own host key",
  },
  {
    resource: /^Command host-active-record$/,
    path: /^stdin$/,
    prod: /"stack":"prod"/,
    standby: /"stack":"standby"/,
    why: "each asks whether it is itself the active one",
  },
  {
    resource: /^Command .*-secrets$/,
    path: /^stdin\.revision$/,
    ...hash,
    why: "keyed with a value of the stack's own",
  },
  {
    resource: /^Container /,
    path: /^volumes\.\d+\.hostPath$/,
    prod: /^\/opt\/openclaw\/secrets\/.*[0-9a-f]{12}$/,
    standby: /^\/opt\/openclaw\/secrets\//,
    why: "as above",
  },
];

const found = differences(graphs.prod, graphs.standby);
const covers = (rule: Allowed, difference: Difference): boolean =>
  rule.resource.test(difference.resource) &&
  rule.path.test(difference.path) &&
  rule.prod.test(String(difference.left)) &&
  rule.standby.test(String(difference.right));

describe("prod and standby", () => {
  it("differ nowhere but where they should", () => {
    expect(found.filter((difference) => !allowed.some((rule) => covers(rule, difference)))).toEqual([]);
  });

  it.each(allowed)("do differ in $resource $path: $why", (rule) => {
    expect(found.filter((difference) => covers(rule, difference)).length).toBeGreaterThan(0);
  });

  it("differ in a word where a whole text differs", () => {
    const { left, right } = found.find(
      ({ resource, path }) => resource.endsWith("-activated") && path === "create",
    ) as Difference;
    const [a, b] = [String(left).split(" "), String(right).split(" ")];
    const words = a.filter((word, index) => word !== b[index]);
    expect(words).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), "active"]);

    const userData = found.find(({ path }) => path === "userData") as Difference;
    const [ours, theirs] = [userData.left, userData.right].map(
      (text) => parse(String(text)) as Record<string, unknown>,
    );
    expect({ ...ours, ssh_keys: {} }).toEqual({ ...theirs, ssh_keys: {} });
    expect(ours?.["ssh_keys"]).not.toEqual(theirs?.["ssh_keys"]);
  });
});

describe("a standby", () => {
  it("has nothing that runs", () => {
    for (const container of containers(graphs.standby)) {
      expect([label(container), container.inputs["start"], container.inputs["mustRun"]]).toEqual([
        label(container),
        false,
        false,
      ]);
    }
  });

  it.each(["prod", "standby"] as const)("has each container looked at, whether it runs: %s", (stack) => {
    const settles = commands(graphs[stack]).filter(({ name: command }) => command.endsWith("-settled"));
    expect(settles).toHaveLength(containers(graphs[stack]).length);
    for (const { name: command, inputs } of settles) {
      const { started, mustNotRun } = JSON.parse(inputs["stdin"] as string) as Record<string, boolean>;
      expect([command, mustNotRun]).toEqual([command, stack === "standby"]);
      if (stack === "standby") expect([command, started]).toEqual([command, false]);
    }
  });

  it("has every image, file and container that the active stack has", () => {
    const kinds = /^(docker|command|random):/;
    const labels = (graph: typeof graphs.prod) =>
      graph.resources
        .filter(({ type }) => kinds.test(type))
        .map(label)
        .sort();
    expect(labels(graphs.standby)).toEqual(labels(graphs.prod));
  });
});

describe("values that must survive a failover", () => {
  const surviving = (fixture: typeof prod): string[] => {
    const parsed = parseConfiguration(rawConfiguration(fixture));
    if ("problems" in parsed) throw new Error("the fixture is not valid");
    return (
      parsed.secretRules
        // What may be left out is missed by nobody.
        .filter(({ optional }) => optional !== true)
        .map(({ key }) => `clawkeep:${key}`)
    );
  };

  it("are required of both stacks, by name", () => {
    expect(surviving(standby)).toEqual(surviving(prod));
    expect(surviving(prod)).toEqual(
      expect.arrayContaining([
        "clawkeep:litellmMasterKey",
        "clawkeep:originKey",
        "clawkeep:gatewayToken-openclaw",
        "clawkeep:litellmKey-openclaw",
        "clawkeep:telegramBotToken-openclaw",
      ]),
    );
  });

  it.each(surviving(prod))("%s is missed by a standby that has none", (key) => {
    const parsed = parseConfiguration(rawConfiguration(standby, { [key]: undefined }));
    expect("problems" in parsed && parsed.problems.map((problem) => problem.key)).toEqual([key]);
  });

  const files = (graph: typeof graphs.prod, root: string) =>
    commands(graph)
      .map(({ name: command, inputs }) => [command, opened(inputs["stdin"])] as const)
      .filter(([, stdin]) => typeof stdin === "string" && stdin.startsWith(`{"root":"/opt/openclaw/${root}/`))
      .map(([command, stdin]) => [command, (JSON.parse(stdin as string) as { files: unknown }).files]);

  it("reach the same files on both hosts", () => {
    expect(files(graphs.prod, "secrets").length).toBeGreaterThan(2);
    expect(files(graphs.standby, "secrets")).toEqual(files(graphs.prod, "secrets"));
  });

  it("are the alert webhook too: the same address, and its host on the list of the same client", () => {
    const [one, two] = [graphs.everything, graphs.standbyOfEverything];
    expect(files(two, "secrets")).toEqual(files(one, "secrets"));
    const url = everything.secrets["clawkeep:alertWebhookUrl"];
    expect(JSON.stringify(files(two, "secrets"))).toContain(url);
    const lists = (graph: typeof graphs.prod) =>
      JSON.stringify(files(graph, "config")).match(/acl hosts_of_\w+ dstdomain -n [a-z.]+/g);
    expect(lists(two)).toEqual(lists(one));
    expect(lists(two)).toContain("acl hosts_of_litellm dstdomain -n hooks.example.net");
  });
});
