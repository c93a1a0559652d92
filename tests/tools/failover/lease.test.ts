/** Whether a takeover may lean on a lease: its file, what was deployed, and what the host itself has said last, all three. */
import { leaseMarginSeconds } from "../../../config/lease";
import { deployedLease, leaseOf, told, type Asked } from "../../../tools/failover/lease";
import type { Exported } from "../../../tools/recover/deployment";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const order = (words: string) => ({
  urn: "urn:pulumi:prod::clawkeep::x::host-active-record",
  type: "command:remote:Command",
  inputs: { create: `/opt/openclaw/bin/active-record ${words}` },
});
const state = (words: string): Exported => ({ deployment: { resources: [order(words)] } });
const lying = { snapshot: "a".repeat(64), stack: "prod", epoch: 3, lease: 60 };
const asked = (changes: Partial<Asked> = {}): Asked => ({
  ...{ from: "prod", to: "standby", wanted: 60, state: state("put lease 60") },
  told: { roles: ["standby"], seconds: 90, gateways: { openclaw: lying } },
  record: { epoch: 3, stack: "prod" },
  ...changes,
});
const saying = (changes: object): Asked["told"] => ({ ...asked().told, ...changes });

it("holds where all three say so, and still does once the epoch is taken", () => {
  expect(leaseOf(asked())).toEqual({ seconds: 60 });
  expect(leaseOf(asked({ record: { epoch: 4, stack: "standby" } }))).toEqual({ seconds: 60 });
});

it.each<[string, Partial<Asked>, RegExp]>([
  ["its file has none", { wanted: undefined }, /leaseSeconds of prod is not set/],
  ["the file alone has it", { state: state("put") }, /last up of prod has put no lease/],
  ["another was deployed", { state: state("put lease 300") }, /one of 300 s on its host, not 60 s/],
  ["nothing was deployed", { state: { deployment: {} } }, /put no lease/],
  [
    "an up was cut off at it",
    { state: { deployment: { pending_operations: [{ type: "updating", resource: order("put") }] } } },
    /cut off while it set the lease/,
  ],
  ["no snapshot lies there", { told: saying({ seconds: null }) }, /no snapshot of prod/],
  ["of a day ago", { told: saying({ seconds: 24 * 3600 + 1 }) }, /older than 24 h/],
  [
    "the snapshot is of an earlier epoch",
    { told: saying({ gateways: { a: lying, b: { ...lying, epoch: 2 } } }) },
    /for b is no snapshot of prod in epoch 3/,
  ],
  [
    "the snapshot is another stack's",
    { told: saying({ gateways: { a: { ...lying, stack: "x" } } }) },
    /for a is no snapshot of prod/,
  ],
  [
    "its host did not hold it",
    { told: saying({ gateways: { a: { ...lying, lease: undefined } } }) },
    /snapshot aaaaaaaa no lease of 60 s held/,
  ],
  [
    "its host held another",
    { told: saying({ gateways: { a: { ...lying, lease: 300 } } }) },
    /no lease of 60 s held/,
  ],
  [
    "the one that takes over would start by itself at once",
    { told: saying({ roles: ["active"] }) },
    /has the role active: there, .*host-failover fence/,
  ],
])("is not leant on where %s", (_, changes, why) => {
  expect(leaseOf(asked(changes))).toEqual({ why: expect.stringMatching(why) });
});

it("once the other serves, nobody waits; where only one of its gateways has the role, nobody has waited yet", () => {
  const record = { epoch: 4, stack: "standby" };
  expect(
    leaseOf(asked({ record, told: saying({ roles: ["active"], gateways: { openclaw: null } }) })),
  ).toEqual({
    served: true,
  });
  expect(leaseOf(asked({ record, told: saying({ roles: ["active", "standby"] }) }))).not.toHaveProperty(
    "served",
  );
});

it("reads what a host says, and what a state has", () => {
  expect(told('standby \n{"seconds":7,"gateways":{},"last":null}\n')).toMatchObject({
    ...{ roles: ["standby"], seconds: 7 },
  });
  expect(deployedLease(state("put lease 600"))).toBe(600);
});

it("the margin holds all that a host may take to stop, by its own numbers", () => {
  const host = join(__dirname, "..", "..", "..", "config-files", "host");
  const guard = readFileSync(join(host, "bin", "gateway-lease"), "utf8");
  const unit = readFileSync(join(host, "systemd", "clawkeep-lease.service"), "utf8");
  const number = (text: string, name: string): number =>
    Number(new RegExp(`^${name} ?= ?([0-9.]+)$`, "m").exec(text)?.[1]);
  const stop = number(guard, "ORDERLY_SECONDS") + number(guard, "KILL_SECONDS");
  const hang = number(unit, "WatchdogSec") + number(unit, "RestartSec") + number(guard, "ROUND_SECONDS");
  expect(stop + hang).toBeGreaterThan(40);
  // And a tenth of a minute at least for clocks and for Cloudflare.
  expect(stop + hang + 6).toBeLessThanOrEqual(leaseMarginSeconds);
  // A question and its kill fit between two signs of life.
  expect(number(guard, "ANSWER_SECONDS") + 5).toBeLessThan(number(unit, "WatchdogSec"));
});
