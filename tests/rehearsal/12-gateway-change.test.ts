/** A change of the gateway that is bad leaves the one that serves serving, says what to mend, and the mended one works. */
import { deployedImages } from "../../lab/images/settings";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { pulumi, pulumiUp, tryPulumi } from "../../lab/rehearsal/pulumi";
import { chatTurn } from "../../lab/rehearsal/public";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { labGateway, writeStackFile } from "../../lab/rehearsal/stacks";
import { nodeIn, onVps } from "../../lab/rehearsal/vps";
import { telegramBots } from "../../lab/rehearsal/world";
import { onlyReady, readyAgain } from "./support";

jest.setTimeout(900_000);
beforeAll(enterLabEnvironment);
afterAll(async () => {
  await disarm();
  await configure({});
  await pulumiUp("prod");
});

/** Writes prod's stack file with these settings beside the usual ones. */
async function configure(more: Readonly<Record<string, unknown>>): Promise<void> {
  await writeStackFile("prod", "active", { mode: "hcloud", sshKey: await ensureSshIdentity() }, more);
}
/** A setting of the gateway that changes its configuration file and nothing else. */
const maxOutputTokens = (tokens: number) => ({
  "clawkeep:gateways": [{ ...labGateway, maxOutputTokens: tokens }],
});

/** `ID start` of the one container that is the gateway and runs. @throws when it is not exactly one */
async function serving(): Promise<string> {
  const text = await onVps(
    "prod",
    "docker ps -q --no-trunc --filter label=clawkeep.instance-of=openclaw | xargs docker inspect --format '{{.Name}} {{.Id}} {{.State.StartedAt}}'",
  );
  const lines = text.trim().split("\n");
  expect(lines).toEqual([expect.stringMatching(/^\/openclaw /)]);
  return lines[0] ?? "";
}
const id = (line: string): string => line.split(" ")[1] ?? "";

/** An `up` that has to fail. @returns everything it printed */
async function failingUp(): Promise<string> {
  const { outcome } = await tryPulumi("up", ["--stack", "prod", "--yes", "--skip-preview"]);
  expect(outcome.code).not.toBe(0);
  return outcome.stdout + outcome.stderr;
}

const events = "/run/clawkeep-test-events";
/** Records from now on when containers made for this gateway start and end; the engine remembers 256 events only. */
const record = (): Promise<string> =>
  onVps(
    "prod",
    `nohup docker events --filter label=clawkeep.instance-of=openclaw --filter event=start --filter event=die --format '{{.TimeNano}} {{.Action}} {{.ID}}' >${events} 2>/dev/null </dev/null & echo $! >${events}.pid`,
  );

/** Times since the record began at which two of them ran. @param first the one that ran when it began */
async function together(first: string): Promise<string[]> {
  const text = await onVps("prod", `kill "$(cat ${events}.pid)"; cat ${events}`);
  const alive = new Set([first]);
  const found: string[] = [];
  const lines = text.trim().split("\n");
  // At least: the old one ends, the new one starts and ends, the old one again, the mended one.
  expect(lines.length).toBeGreaterThanOrEqual(6);
  for (const line of lines) {
    const [time = "", action, container = ""] = line.split(" ");
    if (action === "start") alive.add(container);
    else alive.delete(container);
    if (alive.size > 1) found.push(time);
  }
  return found;
}

const arm = async (): Promise<string> => onVps("prod", onlyReady(id(await serving())));
const disarm = (): Promise<string> => onVps("prod", readyAgain);

test("a value that the canary lets pass and that does not serve: the old one serves, and a mended up works", async () => {
  const before = await serving();
  await record();
  await arm();
  await configure(maxOutputTokens(4096));
  const text = await failingUp();
  expect(text).toContain(
    "gateway-swap: the new container of openclaw does not serve: it is not ready after 90 s",
  );
  expect(text).toMatch(/The previous container \(clawkeep\/openclaw:[0-9a-f]{12}\) serves, since \d{4}-/);
  expect(text).toContain("correct what you have changed in the stack's configuration, then: pulumi up");
  expect(id(await serving())).toBe(id(before));
  expect(await chatTurn("Say: still the one of before")).toContain("still the one of before");

  // The same again is refused at once, and the one that serves is not even restarted; a refresh in between changes nothing.
  const after = await serving();
  await pulumi("refresh", ["--stack", "prod", "--yes", "--skip-preview"]);
  expect(await failingUp()).toMatch(/was tried at \S+ and does not serve/);
  expect(await serving()).toBe(after);

  await disarm();
  await configure(maxOutputTokens(4097));
  await pulumiUp("prod");
  expect(id(await serving())).not.toBe(id(before));
  expect(await chatTurn("Say: mended")).toContain("mended");
  expect(
    (await onVps("prod", "docker ps -aq --filter label=clawkeep.instance-of=openclaw | wc -l")).trim(),
  ).toBe("1");
  expect(await together(id(before))).toEqual([]);
  await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
});

test("a change that the canary refuses: nothing of the gateway is touched", async () => {
  const before = await serving();
  // The canary starts on a copy of the state, and OpenClaw does not start on a database of a newer release than itself.
  const schema = (version: number): Promise<string> =>
    nodeIn(
      "prod",
      "openclaw",
      `import { DatabaseSync } from "node:sqlite";
const database = new DatabaseSync("/home/node/.openclaw/state/openclaw.sqlite");
console.log(database.prepare("PRAGMA user_version").get().user_version);
database.exec("PRAGMA user_version = ${version}");`,
    );
  const known = Number(await schema(9999));
  await configure(maxOutputTokens(4098));
  try {
    const text = await failingUp();
    expect(text).toMatch(/gateway-canary: openclaw does not get ready .*nothing of it was touched/);
    expect(text).toMatch(/newer schema/);
    expect(await serving()).toBe(before);
  } finally {
    await schema(known);
  }
  // The usual configuration again, which is a change by now; the tests below begin and end with it.
  await configure({});
  await pulumiUp("prod");
  expect(id(await serving())).not.toBe(id(before));
});

/** Redis under a name that the rules for pins let pass. */
const notAGateway = "ghcr.io/openclaw/openclaw:2026.9.99";
beforeAll(async () => {
  await onVps("prod", `docker tag "$(docker inspect --format '{{.Image}}' openclaw-redis)" ${notAGateway}`);
});
afterAll(() => onVps("prod", `docker rmi ${notAGateway} >/dev/null 2>&1 || true`));

test.each([
  ["an image that no registry has", "ghcr.io/openclaw/openclaw:2026.9.6-nowhere", /2026\.9\.6-nowhere/],
  ["an image that is no gateway", notAGateway, /gateway-canary|copy-state|node/],
])("%s: nothing of the gateway is touched, and taking it back works", async (_, openclaw, message) => {
  const before = await serving();
  await configure({ "clawkeep:images": { ...deployedImages(), openclaw } });
  expect(await failingUp()).toMatch(message);
  expect(await serving()).toBe(before);
  expect(await chatTurn("Say: untouched")).toContain("untouched");
  await configure({});
  await pulumiUp("prod");
  expect(await serving()).toBe(before);
});

test("Telegram has seen one poller throughout", async () => {
  expect((await telegramBots()).map(({ conflicts }) => conflicts)).toEqual([0]);
});
