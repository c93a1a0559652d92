/** Previews with the real engine: of a stack that has never been deployed, and of a configuration that is wrong. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { attempt } from "../../lab/lib/exec";
import { labDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { projectDirectory } from "../../lab/rehearsal/project";
import { pulumi, tryPulumi } from "../../lab/rehearsal/pulumi";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { writeStackFile } from "../../lab/rehearsal/stacks";
import { unreadable, type InState } from "../lab/toolchain/true-shapes";
import { hetzner, stock } from "./hetzner";
import { withHost } from "./support";

jest.setTimeout(300_000);
const stack = "fresh";
const file = (): string => join(projectDirectory(), `Pulumi.${stack}.yaml`);

beforeAll(async () => {
  await enterLabEnvironment();
  await writeStackFile(stack, "active", { mode: "hcloud", sshKey: await ensureSshIdentity() });
});

afterAll(async () => {
  await attempt("pulumi", ["stack", "rm", "--stack", stack, "--force", "--yes"]);
  rmSync(file(), { force: true });
  rmSync(join(labDir(), "run", `stack-${stack}.json`), { force: true });
});

test("a preview of a stack of which nothing is known yet shows every resource", async () => {
  const text = await pulumi("preview", ["--stack", stack]);
  // The name is prod's, which a second stack of it is told before it begins.
  expect(text.replace(/\s+/g, " ")).toMatch(
    /pulumi up will be refused: assistant\.example\.org has DNS records .*pulumi import --stack fresh/,
  );
  const [fresh, prod] = [await declared(stack), await declared("prod")];
  expect(fresh.length).toBeGreaterThan(80);
  expect(fresh.filter((name) => !prod.includes(name))).toEqual([]);
  // Prod has backups, and its host is told whom to ask which stack is the active one; this one stands alone.
  expect(prod.filter((name) => !fresh.includes(name) && !name.startsWith("backups-"))).toEqual([
    "host-active-record",
  ]);
});

/** Names of all that a preview declares. */
async function declared(which: string): Promise<string[]> {
  const { steps } = JSON.parse(await pulumi("preview", ["--stack", which, "--json", "--show-sames"])) as {
    steps: { urn: string }[];
  };
  return steps.map(({ urn }) => urn.split("::").at(-1) ?? "").filter((name) => name !== `clawkeep-${which}`);
}

test("wrong values are all named at once with what mends them, before any resource is touched", async () => {
  const good = readFileSync(file(), "utf8");
  const document = parse(good) as { config: Record<string, unknown> };
  const { config } = document;
  Object.assign(config, {
    "clawkeep:colour": "blue",
    "clawkeep:hostname": "assistant.elsewhere.net",
    "clawkeep:tier": "enormous",
    "clawkeep:networks": { openclaw: "172.30.1.0/24", proxy: "172.30.1.0/25", egress: "172.30.3.0/24" },
    "clawkeep:gateways": [
      { name: "twin", telegram: true },
      { name: "twin", telegram: true },
    ],
    "clawkeep:host": {
      ...(config["clawkeep:host"] as object),
      location: "atlantis",
      adminCidrs: ["REPLACE_ME/32", "10.0.0.1/8"],
    },
  });
  delete config["clawkeep:litellmMasterKey"];
  writeFileSync(file(), stringify(document, { lineWidth: 0 }));
  try {
    const { outcome } = await tryPulumi("up", ["--stack", stack, "--yes", "--skip-preview"]);
    const said = outcome.stdout + outcome.stderr;
    expect(outcome.code).not.toBe(0);
    for (const expected of [
      /clawkeep:colour: is a key nobody reads/,
      /clawkeep:hostname: assistant\.elsewhere\.net is not below the zone example\.org/,
      /clawkeep:tier/,
      /clawkeep:networks/,
      /clawkeep:gateways\[1\]\.name: twin is the name of two gateways/,
      /clawkeep:host\.location/,
      /clawkeep:host\.adminCidrs\[0\]: is still the placeholder/,
      /clawkeep:host\.adminCidrs\[1\]: is not a network in CIDR form/,
      /clawkeep:litellmMasterKey: is missing/,
      /clawkeep:telegramBotToken-twin: is missing/,
      /clawkeep:gatewayToken-twin: is missing/,
      /nothing was touched/,
    ]) {
      expect(said).toMatch(expected);
    }
    expect(said.match(/mend: /g)?.length).toBeGreaterThanOrEqual(10);
    const state = JSON.parse(await pulumi("stack", ["export", "--stack", stack])) as {
      deployment: { resources?: { type: string }[] };
    };
    expect(
      (state.deployment.resources ?? []).filter((resource) => resource.type !== "pulumi:pulumi:Stack"),
    ).toEqual([]);
  } finally {
    writeFileSync(file(), good);
  }
});

// It begins the stack, so it comes after what asks for one that has nothing.
test("what the project at Hetzner has already, or cannot sell, a preview says and an up refuses before it orders anything", async () => {
  const named = { name: "clawkeep-fresh", location: "fsn1" };
  const made = (await hetzner("POST", "/volumes", { ...named, size: 10, format: "ext4" })) as {
    volume: { id: number };
  };
  await stock("cx33", false);
  try {
    for (const operation of ["preview --stack fresh", "up --stack fresh --yes --skip-preview"]) {
      const [verb = "", ...flags] = operation.split(" ");
      const { outcome } = await tryPulumi(verb, flags);
      expect([verb, outcome.code === 0]).toEqual([verb, verb === "preview"]);
      const said = (outcome.stdout + outcome.stderr).replace(/\s+/g, " ");
      for (const reason of [
        /name: the project has a volume called clawkeep-fresh already\. Give it another name there/,
        /pulumi config set --stack fresh --path clawkeep:host\.sshKey clawkeep-prod/,
        /stock: cx33 is not to be had in fsn1 now\. .*pulumi config set --stack fresh --path clawkeep:host\.location nbg1/,
      ])
        expect(said).toMatch(reason);
    }
    const { deployment } = JSON.parse(await pulumi("stack", ["export", "--stack", "fresh"])) as {
      deployment: { resources: InState[] };
    };
    const bought = deployment.resources.filter(({ type }) => type.startsWith("hcloud:"));
    expect(bought.map(({ type }) => type)).toEqual([]);
    expect(await hetzner("GET", "/primary_ips?name=clawkeep-fresh")).toMatchObject({ primary_ips: [] });
  } finally {
    await stock("cx33", true);
    await hetzner("DELETE", `/volumes/${made.volume.id}`);
  }
});

test("another SSH port, key, image or location of a server that is there is refused, in a preview and without one", async () => {
  const changes = { sshPort: 2222, sshKey: "another-key", image: "ubuntu-24.04", location: "nbg1" };
  await withHost(changes, async () => {
    for (const operation of ["preview --stack prod", "up --stack prod --yes --skip-preview"]) {
      const [verb = "", ...flags] = operation.split(" ");
      const { outcome } = await tryPulumi(verb, flags);
      expect([verb, outcome.code]).not.toEqual([verb, 0]);
      const said = (outcome.stdout + outcome.stderr).replace(/\s+/g, " ");
      expect(said).toMatch(
        /location was fsn1 when address and volume were made.*sshPort was 9922, and clawkeep:host.sshKey was another, and clawkeep:host.image was debian-13 when the server was made.* Nothing on the server was touched.* pulumi destroy --exclude-protected --stack prod && pulumi up --stack prod/,
      );
    }
  });
  await pulumi("preview", ["--stack", "prod", "--refresh", "--expect-no-changes"]);
});

test("a type that is sold out is refused before the server is switched off for it, and a preview warns", async () => {
  await stock("cpx32", false);
  try {
    await withHost({ serverType: "cpx32" }, async () => {
      expect(await pulumi("preview", ["--stack", "prod"])).toMatch(/pulumi up will be refused: stock: cpx32/);
      const { outcome } = await tryPulumi("up", ["--stack", "prod", "--yes", "--skip-preview"]);
      expect([outcome.code === 0, outcome.stdout + outcome.stderr]).toEqual([
        false,
        expect.stringMatching(/cpx32 is not to be had in fsn1 now/),
      ]);
    });
  } finally {
    await stock("cpx32", true);
  }
  await pulumi("preview", ["--stack", "prod", "--refresh", "--expect-no-changes"]);
});

test("what the stand-ins have stored, the true plugins could read", async () => {
  // A stack of an older version has its record's state from an older stand-in, until a refresh.
  await pulumi("refresh", ["--stack", "prod", "--yes", "--target", "**::reverse-proxy-public-record"]);
  const { deployment } = JSON.parse(await pulumi("stack", ["export", "--stack", "prod"])) as {
    deployment: { resources: InState[] };
  };
  const { looked, wrong } = unreadable(deployment.resources);
  expect(wrong).toEqual([]);
  expect(looked).toBeGreaterThan(20);
  expect(deployment.resources.map(({ type }) => type)).toEqual(
    expect.arrayContaining(["command:remote:Command", "cloudflare:index/dnsRecord:DnsRecord"]),
  );
});
