/**
 * Turns whose model is silent for long, by the public name: nothing on the way cuts one off before Cloudflare does, whose edge
 * waits 100 s for an answer to begin. The lab's edge waits as long (lab/internet/edge), so this takes two minutes.
 */
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { ask, type Answer } from "../../lab/rehearsal/public";
import { labSecrets } from "../../lab/rehearsal/stacks";
import { script } from "../../lab/rehearsal/world";
import type { Reply } from "../../lab/internet/world/script";

jest.setTimeout(300_000);
beforeAll(enterLabEnvironment);
afterAll(() => script("anthropic", []));

const run = Date.now();
interface Turn {
  readonly mark: string;
  readonly seconds: number;
  readonly stream: boolean;
}
const turns = {
  patient: { mark: `patient-${run}`, seconds: 90, stream: false },
  late: { mark: `late-${run}`, seconds: 110, stream: false },
  streamed: { mark: `streamed-${run}`, seconds: 110, stream: true },
} as const satisfies Readonly<Record<string, Turn>>;

const slow = ({ mark, seconds }: Turn): Reply => ({
  ...{ match: mark, text: `${mark} is answered`, delayMs: seconds * 1000 },
});

/** @returns the answer, and after how many seconds it was whole */
async function turn({ mark, stream }: Turn, token: string): Promise<Answer & { seconds: number }> {
  const begun = Date.now();
  // A conversation of its own, so that none waits for another.
  const request = {
    ...{ model: "openclaw/default", user: mark, stream },
    messages: [{ role: "user", content: `please ${mark}` }],
  };
  const answer = await ask("/v1/chat/completions", request, token);
  return { ...answer, seconds: (Date.now() - begun) / 1000 };
}

/** What a streamed answer says when its pieces are put together. */
const streamedText = (body: string): string =>
  [...body.matchAll(/^data: (\{.*\})$/gm)]
    .map(([, piece = ""]) => JSON.parse(piece) as { choices?: { delta?: { content?: string } }[] })
    .map(({ choices }) => choices?.[0]?.delta?.content ?? "")
    .join("");

test("90 s of silence are answered; 110 s end with the edge's 524, unless the answer is streamed", async () => {
  const token = (await labSecrets())["clawkeep:gatewayToken-openclaw"] ?? "";
  await script("anthropic", Object.values(turns).map(slow));
  const [patient, late, streamed] = await Promise.all(
    [turns.patient, turns.late, turns.streamed].map((each) => turn(each, token)),
  );
  expect([patient?.status, patient?.body]).toEqual([
    200,
    expect.stringContaining(`${turns.patient.mark} is answered`),
  ]);
  // The model was as slow as it was told to be: nothing else has answered.
  expect(patient?.seconds).toBeGreaterThanOrEqual(turns.patient.seconds);
  expect([late?.status, late?.body]).toEqual([524, expect.stringContaining("error code: 524")]);
  expect(late?.seconds).toBeGreaterThanOrEqual(100);
  expect(late?.seconds).toBeLessThan(turns.late.seconds);
  expect([streamed?.status, streamedText(streamed?.body ?? "")]).toEqual([
    200,
    expect.stringContaining(`${turns.streamed.mark} is answered`),
  ]);
  expect(streamed?.seconds).toBeGreaterThanOrEqual(turns.streamed.seconds);
});
