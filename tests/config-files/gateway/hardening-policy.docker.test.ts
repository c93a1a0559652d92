/** The policy on the real software, release line 2026.9: its own validator, and what the running gateway answers. */
import {
  expectedValues,
  hardeningPolicy,
  holds,
  policyDocument,
} from "../../../config-files/gateway/hardening-policy";
import { logFile, soulFile, stateDirectory } from "../../../config-files/gateway/paths";
import { soul } from "../../../config-files/gateway/soul";
import { releaseProfiles } from "../../../config/release-lines";
import { clearLeftovers, RealGateway, secrets } from "./support/real-gateway";
import { policyArgs, variations } from "./support/policy-args";

jest.setTimeout(360_000);

const all = variations("2026.9");
const args = all["memory, and Telegram in groups"] ?? policyArgs();
let gateway: RealGateway;
/** The software with nothing said but how to get in, to see what the policy is for. */
let bare: RealGateway;
let effective: unknown;

beforeAll(async () => {
  await clearLeftovers();
  gateway = await RealGateway.create("gateway", args);
  bare = await RealGateway.create("bare", policyArgs(), {
    document: { gateway: { mode: "local", auth: { mode: "token", token: secrets.gatewayToken } } },
  });
  for (const each of [gateway, bare]) await each.start();
  await Promise.all([gateway.ready(), bare.ready()]);
  effective = await gateway.effective();
});
afterAll(async () => {
  await gateway?.remove();
  await bare?.remove();
});

it("is valid for the exact image, without a warning, whatever users vary", async () => {
  for (const [index, each] of Object.values(all).entries()) {
    gateway.plant(`variation-${index}.json`, JSON.stringify(policyDocument(each)));
  }
  const script = `for file in ${stateDirectory}/variation-*.json; do
    OPENCLAW_CONFIG_PATH=$file openclaw config validate --json || true; done`;
  const { stdout } = await gateway.exec("sh", "-c", script);
  const answers = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(answers).toHaveLength(Object.keys(all).length);
  for (const answer of answers) expect(answer).toMatchObject({ valid: true, warnings: [] });
});

it.each(hardeningPolicy.map(({ id, intent }) => [id, intent]))(
  "reads back from the running gateway: %s",
  (id) => {
    const expected = expectedValues(args).filter(({ row }) => row === id);
    for (const value of expected) {
      expect({ ...value, holds: holds(effective, value) }).toEqual({ ...value, holds: true });
    }
    const column = hardeningPolicy.find((row) => row.id === id)?.lines["2026.9"] ?? {};
    expect("keys" in column).toBe(expected.length > 0);
  },
);

it("reads back differently where a row is left out, but for values that the software has anyway", async () => {
  const configuration = await bare.effective();
  const same = expectedValues(policyArgs()).filter((value) => holds(configuration, value));
  expect(same.map(({ path }) => path).sort()).toEqual([
    "agents.entries",
    "gateway.auth.mode",
    "gateway.mode",
  ]);
});

it("loads the plugins of the list and no other", async () => {
  const loaded = async (from: RealGateway) =>
    /http server listening \(\d+ plugins?: ([^;]+);/.exec(await from.logs())?.[1]?.split(", ");
  expect(await loaded(gateway)).toEqual(["memory-core", "telegram"]);
  // What comes along where nobody made a list.
  expect(await loaded(bare)).toEqual(
    expect.arrayContaining(["browser", "canvas", "file-transfer", "memory-core"]),
  );
});

it("passes the software's own audit without a critical finding", async () => {
  const report = JSON.parse(await gateway.openclaw("security", "audit", "--deep", "--json")) as {
    readonly summary: { readonly critical: number };
    readonly findings: readonly { readonly checkId: string; readonly severity: string }[];
  };
  expect(report.findings.filter(({ severity }) => severity === "critical")).toEqual([]);
  expect(report.summary.critical).toBe(0);
});

it("has in its sandbox the tools of the list, and no denied one", async () => {
  const { sandbox } = JSON.parse(await gateway.openclaw("sandbox", "explain", "--json")) as {
    readonly sandbox: {
      readonly mode: string;
      readonly tools: { readonly allow: readonly string[]; readonly deny: readonly string[] };
    };
  };
  expect(sandbox.mode).toBe("all");
  expect(sandbox.tools.allow).toEqual(expect.arrayContaining(["exec", "memory_search", "memory_get"]));
  expect(sandbox.tools.deny).toEqual(expect.arrayContaining(["process", "browser", "gateway", "web_fetch"]));
});

it.each([
  // What `make verify` asks for.
  [releaseProfiles["2026.9"].probeTool, 200],
  ["sessions_spawn", 404],
  ["gateway", 404],
  ["cron", 404],
  ["canvas", 404],
  ["no_such_tool", 404],
])("answers a call of the tool %s over HTTP with %i", async (tool, status) => {
  expect(await gateway.post("/tools/invoke", { tool, args: {} })).toBe(status);
});

it("has its rules in place, and nothing inside can change them or the configuration", async () => {
  expect((await gateway.exec("cat", soulFile)).stdout).toBe(soul(args.gateway));
  for (const attempt of [
    `echo x >> ${soulFile}`,
    `chmod u+w ${soulFile}`,
    `rm -f ${soulFile}`,
    `mv ${soulFile} ${soulFile}.old`,
    `ln -sf /tmp/other ${soulFile}`,
    "echo {} > /etc/openclaw/openclaw.json",
  ]) {
    const outcome = await gateway.exec("sh", "-c", attempt);
    expect([attempt, outcome.code === 0]).toEqual([attempt, false]);
    expect(outcome.stderr).toMatch(/Read-only file system|Device or resource busy|Permission denied/);
  }
  await expect(gateway.openclaw("config", "set", "tools.deny", "[]")).rejects.toThrow(/externally managed/);
  expect((await gateway.exec("cat", soulFile)).stdout).toBe(soul(args.gateway));
});

it("keeps its state to itself: the directory 0700, no file for others, the log 0600", async () => {
  const { stdout } = await gateway.exec(
    "sh",
    "-c",
    `stat -c %a ${stateDirectory} ${logFile}; find ${stateDirectory} -type f -perm /007`,
  );
  expect(stdout).toBe("700\n600\n");
});
