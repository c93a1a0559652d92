/** What `make rehearse` leaves behind: prod up, proven, with its report. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deployedImages } from "../../lab/images/settings";
import { proveProd } from "../../lab/rehearsal/checks";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { Rehearsal, type Report } from "../../lab/rehearsal/phases";
import { stackOutputs } from "../../lab/rehearsal/pulumi";
import { requestsTo } from "../../lab/rehearsal/public";
import { hostname, labSecrets } from "../../lab/rehearsal/stacks";
import { onVps } from "../../lab/rehearsal/vps";
import { labDir } from "../../lab/lib/paths";

jest.setTimeout(300_000);
beforeAll(enterLabEnvironment);

const report = JSON.parse(readFileSync(join(labDir(), "report.json"), "utf8")) as Report;

test("the report has the phases and every check passed", () => {
  expect(Date.parse(report.started)).toBeGreaterThan(0);
  expect(report.phases.map((phase) => phase.name)).toContainEqual(expect.stringMatching(/^pulumi up prod/));
  expect(report.checks.length).toBeGreaterThanOrEqual(7);
  expect(report.checks.filter((check) => !check.ok)).toEqual([]);
});

test("what runs as it is published runs by tag and digest, and everything was pulled by them", async () => {
  const { openclaw2026_2: olderLine, ...deployed } = deployedImages();
  // No gateway of prod's is of the older line, whose image the registry has only once a test has asked for it.
  expect(olderLine).toBeDefined();
  for (const pin of Object.values(deployed)) expect(pin).toMatch(/:[^:@/]+@sha256:[0-9a-f]{64}$/);
  const { litellm, redis, squid, caddy } = deployed;
  const services = ["openclaw-litellm", "openclaw-redis", "openclaw-egress", "openclaw-caddy"];
  const images = await onVps("prod", `docker inspect --format '{{.Config.Image}}' ${services.join(" ")}`);
  expect(images.trim().split("\n")).toEqual([litellm, redis, squid, caddy]);
  // The engine finds an image by its digest alone where a name has both.
  const found = await onVps(
    "prod",
    `docker image inspect --format '{{.Id}}' ${Object.values(deployed).join(" ")}`,
  );
  expect(found.trim().split("\n")).toHaveLength(Object.keys(deployed).length);
});

test("every promise holds when it is asked again", async () => {
  const again = new Rehearsal("test-report.json");
  await proveProd(again);
  expect(again.failed).toEqual([]);
});

test("the provider saw the server's address and LiteLLM's key, and never a key of the gateway", async () => {
  const requests = await requestsTo("anthropic");
  const outputs = await stackOutputs("prod");
  const secrets = await labSecrets();
  const last = requests.at(-1);
  expect(last?.source).toBe(outputs["ipv4"]);
  expect(last?.headers["x-api-key"]).toBe(secrets["clawkeep:anthropicApiKey"]);
  const text = JSON.stringify(requests);
  expect(text).not.toContain(secrets["clawkeep:litellmKey-openclaw"]);
  expect(text).not.toContain(secrets["clawkeep:gatewayToken-openclaw"]);
});

test("the host that nobody may reach was reached by nobody", async () => {
  const requests = await requestsTo("nobody");
  // The lab's own tests, which ran on the same small internet before, did reach it.
  expect(requests.filter(({ time }) => time >= report.started)).toEqual([]);
});

test("the outputs are there, the secret ones as they were set", async () => {
  const outputs = await stackOutputs("prod");
  const secrets = await labSecrets();
  expect(outputs).toMatchObject({
    gatewayUrl: `https://${hostname}/`,
    gatewayToken: secrets["clawkeep:gatewayToken-openclaw"],
    litellmMasterKey: secrets["clawkeep:litellmMasterKey"],
    gatewayTokens: { openclaw: secrets["clawkeep:gatewayToken-openclaw"] },
  });
  expect(outputs["ipv4"]).toMatch(/^103\.22\.205\.\d+$/);
  expect(outputs["ipv6"]).toMatch(/^2001:db8:/);
  expect(outputs["sshCommand"]).toBe(`ssh -p 9922 root@${String(outputs["ipv4"])}`);
});
