/** The policy on the real software, release line 2026.2: it starts with the file, and refuses one that it does not know. */
import { readFileSync } from "node:fs";
import {
  expectedValues,
  hardeningPolicy,
  holds,
  policyDocument,
} from "../../../config-files/gateway/hardening-policy";
import { logFile, soulFile, stateDirectory } from "../../../config-files/gateway/paths";
import { soul } from "../../../config-files/gateway/soul";
import { docker } from "../../../lab/lib/docker";
import { releaseProfiles } from "../../../config/release-lines";
import { clearLeftovers, RealGateway, secrets } from "./support/real-gateway";
import { chat, embedding, policyArgs } from "./support/policy-args";

// The image is made for this file alone: on a machine that never had it, that is a few minutes.
jest.setTimeout(15 * 60_000);

const args = policyArgs(
  { release: "2026.2", memory: { model: "voyage/large" }, aliases: { fast: "anthropic/one" } },
  [chat("anthropic/one"), embedding("voyage/large")],
);
let gateway: RealGateway;
let effective: unknown;

beforeAll(async () => {
  await clearLeftovers();
  gateway = await RealGateway.create("older", args);
  await gateway.start();
  await gateway.ready();
  effective = await gateway.effective();
});
afterAll(async () => gateway?.remove());

it.each(hardeningPolicy.map(({ id, intent }) => [id, intent]))(
  "reads back from the running gateway: %s",
  (id) => {
    const expected = expectedValues(args).filter(({ row }) => row === id);
    for (const value of expected) {
      expect({ ...value, holds: holds(effective, value) }).toEqual({ ...value, holds: true });
    }
    const column = hardeningPolicy.find((row) => row.id === id)?.lines["2026.2"] ?? {};
    expect("keys" in column).toBe(expected.length > 0);
  },
);

it("asks for the token, which came in no way that anybody else sees", async () => {
  const call = `curl -s -o /dev/null -w %{http_code} -X POST http://127.0.0.1:18789/tools/invoke -d '{"tool":"${releaseProfiles["2026.2"].probeTool}"}' -H content-type:application/json`;
  expect((await gateway.exec("sh", "-c", call)).stdout).toBe("401");
  // What `make verify` asks for.
  expect(await gateway.post("/tools/invoke", { tool: releaseProfiles["2026.2"].probeTool })).toBe(200);
  expect(await docker(["inspect", gateway.name])).not.toContain(secrets.gatewayToken);
  const { stdout } = await gateway.exec(
    "sh",
    "-c",
    "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'",
  );
  expect(stdout).toContain("OPENCLAW_STATE_DIR");
  expect(stdout).not.toContain(secrets.gatewayToken);
  expect(stdout).not.toContain(secrets.litellmKey);
});

it("has its rules in place, a closed state directory and a closed log, and leaves the file as it is", async () => {
  expect((await gateway.exec("cat", soulFile)).stdout).toBe(soul(args.gateway));
  expect((await gateway.exec("sh", "-c", `chmod u+w ${soulFile}`)).stderr).toMatch(/Read-only file system/);
  const { stdout } = await gateway.exec(
    "sh",
    "-c",
    `stat -c %a ${stateDirectory} ${logFile}; find ${stateDirectory} -type f -perm /007`,
  );
  expect(stdout).toBe("700\n600\n");
  const file = readFileSync(`${gateway.directory}/configuration/openclaw.json`, "utf8");
  expect(JSON.parse(file)).toEqual(policyDocument(args));
});

it("does not start with a key that it does not know", async () => {
  const document = policyDocument(args);
  const wrong = { ...document, gateway: { ...(document["gateway"] as object), noSuchKey: false } };
  const refused = await RealGateway.create("refused", args, { document: wrong });
  try {
    const script = "/usr/local/lib/clawkeep/launch.mjs";
    const outcome = await refused.instead("node", script, "gateway");
    expect(outcome.code).not.toBe(0);
    expect(outcome.stdout + outcome.stderr).toMatch(/Unrecognized key: "noSuchKey"/);
  } finally {
    await refused.remove();
  }
});
