/** What the project at Hetzner has, or has not, is seen before a stack orders anything there. */
import * as pulumi from "@pulumi/pulumi";
import { projectChecks, type ProjectChecks } from "../../components/hetzner-project-is-ready";
import {
  md5Fingerprint,
  projectProblems,
  type ProjectAnswer,
  type StackAtHetzner,
} from "../../config/hetzner-project";
import { hcloudHost } from "../../config/host-schema";
import { Harness, tokens } from "../lab/hetzner/harness";
import { ed25519Line, prod } from "../fixtures/stack-configuration";
import { takeWarnings } from "../fixtures/warnings";

// A loaded machine takes its time over a dozen calls.
jest.setTimeout(30_000);
const lab = new Harness();
const serverName = "clawkeep-prod";
const host = hcloudHost.parse(prod.settings["clawkeep:host"]);
const own = { "managed-by": "clawkeep", stack: serverName };
const component = "urn:pulumi:prod::clawkeep::clawkeep:index:HostBaseline";
const urn = {
  firewall: `${component}$hcloud:index/firewall:Firewall::host-firewall`,
  sshKey: `${component}$hcloud:index/sshKey:SshKey::host-ssh-key`,
  volume: `${component}$hcloud:index/volume:Volume::host-volume`,
  address: `${component}$hcloud:index/primaryIp:PrimaryIp::host-ipv4`,
  server: `${component}$hcloud:index/server:Server::host-server`,
};
const belonging = { parent: "host", provider: "host-hcloud" };
const warnings = takeWarnings();

beforeAll(() => lab.start());
afterAll(() => lab.stop());
afterEach(async () => {
  await lab.call("DELETE", "/lab/faults");
  await stock(true);
  for (const list of ["servers", "firewalls", "volumes", "primary_ips", "ssh_keys"]) {
    const { body } = await lab.get(`/${list}`);
    for (const { id } of body[list] as { id: number }[]) await lab.settle(await lab.delete(`/${list}/${id}`));
  }
});

const stock = (available: boolean, serverType = "cx33", location = "fsn1"): Promise<unknown> =>
  lab.call("PUT", "/lab/stock", { serverType, location, available });
const make = {
  firewall: (labels: object = {}) => lab.post("/firewalls", { name: serverName, labels }),
  sshKey: (name: string, labels: object = {}, line = host.sshKey) =>
    lab.post("/ssh_keys", { name, labels, public_key: line }),
  volume: (labels: object = {}, location = "fsn1") =>
    lab.post("/volumes", { name: serverName, size: 10, location, format: "ext4", labels }),
  address: (labels: object = {}, location = "fsn1") =>
    lab.post("/primary_ips", {
      ...{ name: serverName, type: "ipv4", assignee_type: "server", auto_delete: false },
      ...{ location, labels },
    }),
};

const checks = ({ preview = false, token = tokens.write, at = {} } = {}): ProjectChecks =>
  projectChecks(
    {
      at: { stack: "prod", serverName, host: { ...host, ...at } },
      ...{ token: pulumi.output(token), endpoint: `${lab.origin}/v1`, ...belonging },
    },
    preview,
  );
const answerOf = (asking: Promise<void>): Promise<string> =>
  asking.then(
    () => "let by",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
/** Before that resource is made; `preview` as the engine's first half of an `up`. */
const asked = (
  making: keyof typeof urn = "firewall",
  options: Parameters<typeof checks>[0] = {},
): Promise<string> => answerOf(checks(options).beforeMaking(urn[making]));

it("knows a key by Hetzner's own fingerprint", async () => {
  const made = await make.sshKey("laptop");
  expect(md5Fingerprint(`${host.sshKey} a comment`)).toBe(made.body.ssh_key.fingerprint);
});

describe("before the first thing is made", () => {
  it("lets an empty project by, and one of others", async () => {
    expect([await asked(), warnings()]).toEqual(["let by", []]);
    await make.sshKey("laptop", {}, ed25519Line("somebody else"));
    await lab.fixture("another");
    expect([await asked(), warnings()]).toEqual(["let by", []]);
  });

  it("names all that is in the way at once, and what to type", async () => {
    await make.firewall();
    await make.volume();
    await make.address({ ...own, stack: "clawkeep-other" });
    await make.sshKey("laptop");
    await lab.createServer(serverName);
    await stock(false);
    await stock(false, "cx43");
    try {
      const said = await asked();
      for (const word of ["a firewall", "a primary IP", "a volume", "a server"])
        expect(said).toContain(
          `name: the project has ${word} called ${serverName} already. Give it another name there`,
        );
      expect(said).toContain(
        "the project has it as laptop already, and takes a key once. Name that one: " +
          "pulumi config set --stack prod --path clawkeep:host.sshKey laptop",
      );
      // Another with as much memory at least, that is to be had.
      expect(said).toMatch(
        /cx33 is not to be had in fsn1 now\. Either take another type that is \(cx53, cpx32, /,
      );
      expect(said).toContain("pulumi config set --stack prod --path clawkeep:host.serverType cx53");
      expect(said).toMatch(
        /Then run pulumi up --stack prod again\. .* make recover STACK=prod finds by itself$/,
      );
      expect(said).not.toContain("pulumi import");
      expect(said).not.toContain(tokens.write);
    } finally {
      await stock(true, "cx43");
    }
  });

  it.each([
    ["me@laptop", "me@laptop"],
    ["ssh-key-1", "ssh-key-1"],
    ["My MacBook", "'My MacBook'"],
    ["Jörg's key", "'Jörg'\\''s key'"],
    ["-x", "-- -x"],
  ])(
    "names a key that is called %s as a shell takes it, and the configuration takes that",
    async (name, typed) => {
      await make.sshKey(name);
      expect(await asked()).toContain(`--path clawkeep:host.sshKey ${typed}\n`);
      const at = { sshKey: hcloudHost.parse({ ...host, sshKey: name }).sshKey };
      expect(await asked("firewall", { at })).toBe("let by");
      expect(await asked("server", { at })).toBe("let by");
    },
  );

  it("offers another location while nothing is bound to one", async () => {
    await stock(false);
    // Somebody else's binds nothing.
    await make.volume();
    expect(await asked()).toContain(
      "go where it is (nbg1, hel1): pulumi config set --stack prod --path clawkeep:host.location nbg1",
    );
    await make.address(own);
    expect(await asked()).not.toContain("go where it is");
  });

  it("leaves the stack's own volume, address, key and server to their own turn", async () => {
    await make.volume(own);
    await make.address(own);
    await make.sshKey(serverName, own);
    await lab.createServer(serverName, { labels: own });
    expect(await asked()).toBe("let by");
  });

  it("asks for no stock while the stack has its server: a firewall that somebody deleted is made again", async () => {
    await lab.createServer(serverName, { labels: own });
    await stock(false);
    expect(await asked()).toBe("let by");
  });

  it("refuses another location than that of the stack's own volume and address", async () => {
    await make.volume(own, "nbg1");
    await make.address(own, "nbg1");
    const said = await asked();
    for (const word of ["a volume", "a primary IP"])
      expect(said).toContain(`location: the project has ${word} of this stack, ${serverName}, in nbg1`);
    expect(said).toContain("pulumi config set --stack prod --path clawkeep:host.location nbg1");
  });

  it("refuses the name of a key that is not there, and takes one that is", async () => {
    const at = { sshKey: "laptop" };
    expect(await asked("firewall", { at })).toContain("SSH key: the project has none that is called laptop");
    await make.sshKey("laptop");
    expect(await asked("firewall", { at })).toBe("let by");
  });

  it("in a preview says each thing once, and lets by", async () => {
    await make.volume();
    const { beforeMaking } = checks({ preview: true });
    for (const each of [urn.firewall, urn.volume]) expect(await answerOf(beforeMaking(each))).toBe("let by");
    expect(warnings()).toEqual([
      expect.stringMatching(/^pulumi up will be refused: name: .* a volume called/),
    ]);
  });

  it("refuses a wrong token by name", async () => {
    expect(await asked("firewall", { token: "x".repeat(64) })).toMatch(
      /Hetzner refuses hcloud:token: 401 unable to authenticate \(unauthorized\)/,
    );
  });

  it.each([
    [409, "conflict"],
    [423, "locked"],
    [403, "resource_limit_exceeded"],
    [404, "not_found"],
  ])("blames no token for what has nothing to do with it: %s %s", async (status, code) => {
    await lab.call("POST", "/lab/faults", { status, code });
    const said = await asked();
    expect(said).toMatch(
      `Hetzner refuses GET /firewalls: ${status} injected by the lab (${code}). What that means`,
    );
    expect(said).not.toContain("hcloud:token");
  });

  it.each([503, 429, "drop"])(
    "lets by where Hetzner cannot be asked now (%s), and says so",
    async (status) => {
      await make.firewall();
      await lab.call("POST", "/lab/faults", { status });
      expect(await asked()).toBe("let by");
      expect(warnings()).toEqual([
        expect.stringMatching(/^nobody has looked whether Hetzner has what clawkeep-prod/),
      ]);
    },
  );
});

describe("before one that comes later", () => {
  it.each(["volume", "address", "sshKey"] as const)(
    "says how a %s of the stack's own is taken over",
    async (kind) => {
      const made = await (kind === "sshKey" ? make.sshKey(serverName, own) : make[kind](own));
      const [body] = Object.values(made.body as Record<string, { id: number }>);
      const [, type = "", name = ""] = /\$(.*)::(.*)$/.exec(urn[kind]) ?? [];
      expect(await asked(kind)).toContain(
        `Take it over: pulumi import --stack prod --generate-code=false --parent 'host=${component}::host' ` +
          `--provider 'host-hcloud=${component}$pulumi:providers:hcloud::host-hcloud' ${type} ${name} ${body?.id}`,
      );
    },
  );

  it("has a key of the stack's own deleted that is not the one of its file: taken over, it would be in the way again", async () => {
    await make.sshKey(serverName, own, ed25519Line("of before"));
    const said = await asked("sshKey");
    expect(said).toMatch(
      /It is another key than clawkeep:host\.sshKey.* delete it in Hetzner's console \(Security, SSH keys\)/,
    );
    expect(said).not.toContain("pulumi import");
  });

  it("has a server that an up has left looked at and deleted", async () => {
    await lab.createServer(serverName, { labels: own });
    expect(await asked("server")).toMatch(
      /An up that was cut off may have left it.*delete it in Hetzner's console/,
    );
  });

  it("in a preview says nothing of the stack's own server, which may be about to be replaced", async () => {
    await lab.createServer(serverName, { labels: own });
    expect(await asked("server", { preview: true })).toBe("let by");
    expect(warnings()).toEqual([]);
  });

  it("looks at the stock before the server, and at nothing else's name", async () => {
    await make.volume(own);
    expect(await asked("server")).toBe("let by");
    await stock(false);
    const said = await asked("server");
    expect(said).toContain("cx33 is not to be had in fsn1 now");
    expect(said).not.toContain("go where it is");
  });
});

describe("before a server is switched off for another type", () => {
  it("lets by a type that is to be had, whatever bears the stack's name", async () => {
    await make.volume(own);
    expect(await answerOf(checks().beforeAnotherType("cx33"))).toBe("let by");
  });

  it("refuses one that is sold out, and a preview warns", async () => {
    await stock(false);
    const said = await answerOf(checks().beforeAnotherType("cx33"));
    expect(said).toMatch(/cx33 is not to be had in fsn1 now\. Either take another type that is \(cx43, /);
    expect(said).not.toContain("go where it is");
    expect(await answerOf(checks({ preview: true }).beforeAnotherType("cx33"))).toBe("let by");
    expect(warnings()).toEqual([expect.stringMatching(/^pulumi up will be refused: stock: cx33/)]);
  });
});

it("says nothing of the stock where Hetzner does not", () => {
  const at: StackAtHetzner = { stack: "prod", serverName, host };
  const answer: ProjectAnswer = { named: {}, key: undefined, stock: undefined };
  expect(projectProblems(at, answer, urn.firewall, belonging)).toEqual([]);
  expect(projectProblems(at, { ...answer, stock: new Map() }, urn.firewall, belonging)).toHaveLength(1);
});
