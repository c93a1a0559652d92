import { corpus } from "../corpus";
import { runAttack, withTarget, type Outcome } from "./run-attack";
import type { World } from "./world";

/** How an engine answers otherwise than the corpus says; attacks as `FAMILY: NAME`. */
export interface Differences {
  /** Attacks that this engine refuses by itself. */
  readonly refuses?: readonly string[];
  /** Attacks that this engine carries out, though the corpus says that an engine refuses them. */
  readonly carriesOut?: readonly string[];
  /** Families of which it carries out fewer than ten, and how many. There are no ten kinds of being slow. */
  readonly small?: readonly (readonly [family: string, size: number])[];
}

/** Tests that each attack is refused by the filter, and carried out by the engine behind it. */
export function corpusOn(world: World, differences: Differences = {}): void {
  const { refuses = [], carriesOut = [], small = [["slow", 5]] } = differences;
  const counted = { refused: new Map<string, number>(), byTheEngine: 0 };
  beforeAll(() => world.start({ headersTimeoutMs: 1_500, requestTimeoutMs: 2_500 }));
  afterAll(() => world.stop());

  describe.each([...new Set(corpus.map(({ family }) => family))])("%s", (family) => {
    const attacks = corpus.filter((attack) => attack.family === family);
    test.each(attacks.map((attack) => [attack.name, attack] as const))("%s", async (_, attack) => {
      const name = `${family}: ${attack.name}`;
      const byItself = attack.engineRefuses === true ? !carriesOut.includes(name) : refuses.includes(name);
      await withTarget(world, attack, async (target) => {
        expectRefused(await runAttack(world, attack, "filter", target), attack.rules);
        let proof = await runAttack(world, attack, "engine", target);
        // runc gives a container some milliseconds to freeze (cgroup v1), which a machine that is busy may not have.
        for (let tries = 1; tries < 4 && proof.answer.body.includes("unable to freeze"); tries++)
          proof = await runAttack(world, attack, "engine", target);
        expect(proof.succeeded ? "carried out" : JSON.stringify(proof.answer)).toMatch(
          byItself ? /^{/ : /^carried out$/,
        );
      });
      if (byItself) counted.byTheEngine++;
      else counted.refused.set(family, (counted.refused.get(family) ?? 0) + 1);
    });
  });

  test("at least 250 attacks that the engine carries out were refused, ten or more a family", () => {
    const total = [...counted.refused.values()].reduce((sum, each) => sum + each, 0);
    console.info(
      `${total} attacks refused, ${counted.byTheEngine} more that the engine refuses itself`,
      counted.refused,
    );
    expect(total).toBeGreaterThanOrEqual(250);
    expect([...counted.refused].filter(([, size]) => size < 10)).toEqual(small);
  });

  test("every attack that is said to be answered otherwise is in the corpus", () => {
    const names = corpus.map(({ family, name }) => `${family}: ${name}`);
    expect([...refuses, ...carriesOut].filter((name) => !names.includes(name))).toEqual([]);
  });
}

function expectRefused({ answer, decisions, upstream }: Outcome, rules: readonly string[]): void {
  expect(answer.status === 0 || answer.status >= 400 ? "refused" : answer).toBe("refused");
  const denials = decisions.filter(({ decision }) => decision === "deny");
  expect(denials.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(/./));
  expect(rules).toContain(denials.at(-1)?.rule);
  // The filter may have looked something up; it has changed nothing.
  expect(upstream.filter((line) => !line.startsWith("GET "))).toEqual([]);
}
