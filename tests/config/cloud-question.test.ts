/** A question to a cloud ends, whatever the cloud does, and with a sentence that names it. */
import { askCloud, CloudRefuses } from "../../config/cloud-question";
import { recordsOfName } from "../../config/dns-records";
import { stockOf } from "../../config/hetzner-project";
import { CloudflareEmulator } from "../../lab/cloudflare/emulator";
import { zone } from "../../lab/internet/addresses";
import { Harness, tokens } from "../lab/hetzner/harness";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// A loaded machine takes its time over a dozen calls.
jest.setTimeout(30_000);
const hetzner = new Harness();
const labDir = mkdtempSync(join(tmpdir(), "clawkeep-question-"));
const token = "c".repeat(40);
const cloudflare = new CloudflareEmulator({ labDir, tokens: { write: token, read: "d".repeat(40) } });
let origin = "";

beforeAll(async () => {
  await hetzner.start();
  origin = `http://127.0.0.1:${await cloudflare.start(0)}`;
});
afterAll(async () => {
  await hetzner.stop();
  await cloudflare.stop();
  rmSync(labDir, { recursive: true, force: true });
});

const clouds = {
  Hetzner: {
    fault: (body: object): Promise<unknown> => hetzner.call("POST", "/lab/faults", body),
    ask: (waitMs: number): Promise<unknown> =>
      stockOf({ token: tokens.write, endpoint: `${hetzner.origin}/v1`, waitMs }),
  },
  Cloudflare: {
    fault: async (body: object): Promise<unknown> =>
      fetch(`${origin}/lab/faults`, {
        ...{ method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } },
      }),
    ask: (waitMs: number): Promise<unknown> =>
      recordsOfName({ token, baseUrl: `${origin}/client/v4`, waitMs }, zone.id, "x.example.org"),
  },
} as const;

/** What a question ends with; a refusal would be no reason to let by. */
const endOf = (question: Promise<unknown>): Promise<string> =>
  question.then(
    () => "answered",
    (error: unknown) => (error instanceof CloudRefuses ? "refused" : (error as Error).message),
  );

describe.each(["Hetzner", "Cloudflare"] as const)("%s", (name) => {
  const { fault, ask } = clouds[name];

  it("may be silent: the question ends in its time, says so, and the next one is answered", async () => {
    await fault({ status: "hang" });
    const asked = Date.now();
    expect(await endOf(ask(700))).toBe(`${name} has not answered within 0.7 s`);
    expect(Date.now() - asked).toBeLessThan(10_000);
    expect(await endOf(ask(20_000))).toBe("answered");
  });

  it("may ask to be left alone: nobody waits for that, because the provider does", async () => {
    await fault({ status: 429, retryAfter: 3600 });
    expect(await endOf(ask(20_000))).toBe(`${name} answers 429`);
  });

  it("may be cut off after it has begun to listen", async () => {
    await fault({ status: "drop" });
    expect(await endOf(ask(20_000))).toMatch(/fetch failed|terminated|socket/);
  });
});

it("waits for 20 s where nothing else is said", async () => {
  const signal = jest.spyOn(AbortSignal, "timeout");
  try {
    await endOf(askCloud({ cloud: "Hetzner", url: "http://127.0.0.1:9", token: "t" }));
    expect(signal).toHaveBeenCalledWith(20_000);
  } finally {
    signal.mockRestore();
  }
});
