/** The deployed host against the Docker benchmark: what does not pass is what docs/docker-bench.md says, and nothing else. */
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { onVps } from "../../lab/rehearsal/vps";
import { nameOf } from "../docker-bench/check";
import { judge } from "../docker-bench/checks";
import { collectFacts } from "../docker-bench/collect";
import type { Facts } from "../docker-bench/facts";
import { failing, notApplicable } from "../docker-bench/page";
import { eventually, services } from "./support";

jest.setTimeout(180_000);
let facts: Facts;

beforeAll(async () => {
  await enterLabEnvironment();
  // Asked again when a container ends just then, as sandboxes may.
  await eventually("the host's facts", 60, async () => {
    facts = await collectFacts((program) => onVps("prod", "python3 -", program));
  });
});

test("all of the deployment is judged, by what runs", () => {
  expect(facts.containers.map(nameOf)).toEqual(expect.arrayContaining([...services]));
  for (const { Id, Name, Image } of facts.containers) {
    expect([Name, facts.processes[Id]?.length]).toEqual([Name, expect.any(Number)]);
    expect(facts.processes[Id]?.length).toBeGreaterThan(0);
    expect([Name, facts.images[Image]?.history.length]).not.toEqual([Name, 0]);
  }
});

test("what does not pass is what the page says, each with its container or setting", () => {
  const sandboxRuns = facts.containers.some((container) => nameOf(container) === "sandbox");
  const expected = failing
    .filter(({ where }) => where !== "server")
    .map(({ ids, what }) => ({ ids, what: what.filter((word) => sandboxRuns || word !== "sandbox") }))
    .filter(({ what }) => what.length > 0)
    .flatMap(({ ids, what }) => ids.map((id) => `${id}: ${what.join(", ")}`));
  const found = [...judge(facts)].flatMap(([id, result]) =>
    result.outcome === "fail" ? [`${id}: ${result.what.join(", ")}`] : [],
  );
  expect(found.sort()).toEqual(expected.sort());
});

test("what is not applicable is what the page says", () => {
  const found = [...judge(facts)].flatMap(([id, { outcome }]) => (outcome === "not applicable" ? [id] : []));
  expect(found.sort()).toEqual([...notApplicable].sort());
});
