import { corpus } from "./corpus";
import { runAttack, withTarget, type Outcome } from "./support/run-attack";
import { World } from "./support/world";

jest.setTimeout(120_000);
const world = new World();
const counted = { refused: new Map<string, number>(), byTheEngine: 0 };
beforeAll(() => world.start({ headersTimeoutMs: 1_500, requestTimeoutMs: 2_500 }));
afterAll(() => world.stop());

describe.each([...new Set(corpus.map(({ family }) => family))])("%s", (family) => {
  const attacks = corpus.filter((attack) => attack.family === family);
  test.each(attacks.map((attack) => [attack.name, attack] as const))("%s", async (_, attack) => {
    await withTarget(world, attack, async (target) => {
      expectRefused(await runAttack(world, attack, "filter", target), attack.rules);
      const proof = await runAttack(world, attack, "engine", target);
      expect(proof.succeeded ? "carried out" : JSON.stringify(proof.answer)).toMatch(
        attack.engineRefuses === true ? /^{/ : /^carried out$/,
      );
    });
    if (attack.engineRefuses === true) counted.byTheEngine++;
    else counted.refused.set(family, (counted.refused.get(family) ?? 0) + 1);
  });
});

function expectRefused({ answer, decisions, upstream }: Outcome, rules: readonly string[]): void {
  expect(answer.status === 0 || answer.status >= 400 ? "refused" : answer).toBe("refused");
  const denials = decisions.filter(({ decision }) => decision === "deny");
  expect(denials.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(/./));
  expect(rules).toContain(denials.at(-1)?.rule);
  // The filter may have looked something up; it has changed nothing.
  expect(upstream.filter((line) => !line.startsWith("GET "))).toEqual([]);
}

test("at least 250 attacks that the engine carries out were refused, ten or more a family", () => {
  const total = [...counted.refused.values()].reduce((sum, each) => sum + each, 0);
  console.info(
    `${total} attacks refused, ${counted.byTheEngine} more that the engine refuses itself`,
    counted.refused,
  );
  expect(total).toBeGreaterThanOrEqual(250);
  // There are no ten kinds of being slow.
  expect([...counted.refused].filter(([, size]) => size < 10)).toEqual([["slow", 5]]);
});
