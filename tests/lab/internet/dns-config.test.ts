import { addresses, providers6 } from "../../../lab/internet/addresses";
import { dnsmasqConfig } from "../../../lab/internet/dns/config";
import type { PublishedRecord } from "../../../lab/cloudflare/zone-data";

function linesFor(...records: PublishedRecord[]): string[] {
  return dnsmasqConfig({ zones: [{ name: "example.org", records }] }, "/logs/dns.log").split("\n");
}

it("answers the lab's names, lies about who nobody is, and knows no other name", () => {
  const lines = linesFor();
  expect(lines).toContain(`host-record=api.anthropic.com,${addresses.anthropic},300`);
  expect(lines).toContain("ptr-record=85.204.22.103.in-addr.arpa,api.anthropic.com");
  expect(lines).toContain(`host-record=storage.example,${addresses.storage},300`);
  expect(lines).toContain("address=/#/");
});

it("gives providers' names the IPv6 addresses that they have published beside those of the lab, none of them special", () => {
  const lines = linesFor();
  expect(Object.keys(providers6)).toEqual(["api.anthropic.com", "api.telegram.org"]);
  for (const [name, address] of Object.entries(providers6)) {
    expect(lines.filter((line) => line.startsWith(`host-record=${name},`))).toHaveLength(2);
    expect(lines).toContain(`host-record=${name},${address},300`);
    // The documentation's range would be refused by the egress proxy for what it is.
    expect(address).toMatch(/^2(?!001:db8:)/);
  }
});

it("answers a proxied record with the edge's address, another one with its content", () => {
  const claw = { name: "claw.example.org", type: "A" as const, content: "103.22.205.10", ttl: 1 };
  expect(linesFor({ ...claw, proxied: true })).toContain(
    `host-record=claw.example.org,${addresses.edge},300`,
  );
  expect(linesFor({ ...claw, proxied: false, ttl: 60 })).toContain(
    "host-record=claw.example.org,103.22.205.10,60",
  );
});

it("writes a TXT record without its quotes, in strings of at most 255 characters", () => {
  const txt = { name: "t.example.org", type: "TXT" as const, ttl: 60, proxied: false };
  expect(linesFor({ ...txt, content: '"active=prod epoch=1, ok"' })).toContain(
    'txt-record=t.example.org,"active=prod epoch=1, ok"',
  );
  expect(linesFor({ ...txt, content: "x".repeat(300) })).toContain(
    `txt-record=t.example.org,"${"x".repeat(255)}","${"x".repeat(45)}"`,
  );
});
