/** What a takeover is told, and what the two states say of the public record. */
import { adoption, forgetting, theRecord } from "../../../tools/failover/public-record";
import { checkedWords } from "../../../tools/failover/words";
import { pairProblems, type Side } from "../../../tools/failover/pair";
import type { Exported } from "../../../tools/recover/deployment";

const now = Date.parse("2026-11-20T12:00:00Z");

test("a takeover is of the stack that is named, and there is no default", () => {
  expect(checkedWords(["standby", "--planned"], now)).toEqual({
    ...{ stack: "standby", planned: true, since: undefined, cutOff: undefined },
  });
  expect(checkedWords(["standby", "--since", "2026-11-20T11:59:00Z"], now).since).toBe(now - 60_000);
  expect(() => checkedWords(["--planned", "--cut-off", "prod", "--since", "tomorrow"], now)).toThrow(
    /STACK=standby says.*SINCE=tomorrow is no time.*take one of them/s,
  );
  expect(() => checkedWords(["standby", "--since", "2026-11-20T12:01:00Z"], now)).toThrow(/SINCE=/);
});

const urn = (name: string, type: string): string => `urn:pulumi:standby::clawkeep::x$${type}::${name}`;
const parent = "urn:pulumi:standby::clawkeep::x::reverse-proxy";
const provider = {
  urn: urn("reverse-proxy-cloudflare", "pulumi:providers:cloudflare"),
  type: "pulumi:providers:cloudflare",
  parent,
};
const record = {
  urn: urn("reverse-proxy-public-record", "cloudflare:index/dnsRecord:DnsRecord"),
  type: "cloudflare:index/dnsRecord:DnsRecord",
};
const state = (...resources: NonNullable<Exported["deployment"]["resources"]>[number][]): Exported => ({
  deployment: { resources },
});
const found = { id: "r".repeat(32), type: "A", content: "203.0.113.10", proxied: true };

test("the record is adopted by its id, below the provider that a standby has; once; and forgotten by the other, protected as it is", () => {
  expect(adoption("standby", state(provider), "zone", found)).toEqual([
    ...["import", "--stack", "standby", "--generate-code=false", "--parent", `reverse-proxy=${parent}`],
    ...["--provider", `reverse-proxy-cloudflare=${provider.urn}`, record.type, "reverse-proxy-public-record"],
    ...[`zone/${found.id}`, "--yes"],
  ]);
  expect(adoption("standby", state(provider, record), "zone", found)).toBeUndefined();
  expect(() => adoption("standby", state(), "zone", found)).toThrow(/pulumi up --stack standby/);
  expect(forgetting("prod", state(provider, record))).toEqual([
    ...["state", "delete", "--stack", "prod", "--force", "--yes", record.urn],
  ]);
  expect(forgetting("prod", state(provider))).toBeUndefined();
});

test("two records of the name, or one of another type, stop it: one of them would go on pointing at the old host", () => {
  expect(theRecord("a.example", [])).toBeUndefined();
  expect(theRecord("a.example", [found])).toBe(found);
  for (const records of [[found, found], [{ ...found, type: "CNAME" }]])
    expect(() => theRecord("a.example", records)).toThrow(/delete the others/);
});

test("what is no pair is said, all of it, also a lease of one alone", () => {
  const side = (stack: string, settings: object): Side => ({ stack, settings }) as unknown as Side;
  const zone = { id: "z", name: "example" };
  const backups = { repository: "x" };
  const gateways = [{ name: "openclaw" }];
  const alike = { hostname: "a", zone, backups, leaseSeconds: 60, gateways };
  const prod = side("prod", { pairedStack: "standby", ...alike });
  expect(pairProblems(prod, side("standby", { pairedStack: "prod", ...alike }))).toEqual([]);
  expect(
    pairProblems(
      side("prod", { pairedStack: "third", ...alike }),
      side("standby", { hostname: "b", zone, gateways: [] }),
    ),
  ).toEqual([
    "clawkeep:pairedStack of prod is third, not standby",
    "clawkeep:hostname is not the same in prod and standby",
    "clawkeep:backups is not the same in prod and standby",
    "clawkeep:leaseSeconds is not the same in prod and standby",
    expect.stringMatching(/^clawkeep:gateways has openclaw in prod and none in standby: give both the same/),
    expect.stringMatching(/standby has nothing to serve/),
  ]);
});
