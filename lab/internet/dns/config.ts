import type { PublishedRecord, ZoneData } from "../../cloudflare/zone-data";
import { addresses, names, names6, reverseNames } from "../addresses";

/** What Cloudflare's DNS says for an "automatic" TTL, in seconds. */
const automaticTtl = 300;
const maxTextLength = 255;

/**
 * dnsmasq's configuration: the lab's fixed names and the records of the emulated zones. Any other name does not exist;
 * a proxied record is answered with the edge's address.
 */
export function dnsmasqConfig(data: ZoneData, logFile: string): string {
  const lines = [
    ...["no-resolv", "no-hosts", "no-poll", "user=root", "log-queries=extra", `log-facility=${logFile}`],
    "address=/#/",
    ...Object.entries(names).map(([name, ip]) => `host-record=${name},${ip},${automaticTtl}`),
    ...Object.entries(names6).map(([name, ip]) => `host-record=${name},${ip},${automaticTtl}`),
    ...Object.entries(reverseNames).map(([ip, name]) => `ptr-record=${reverseOf(ip)},${name}`),
    ...data.zones.flatMap((zone) => zone.records.flatMap(recordLines)),
  ];
  return `${lines.join("\n")}\n`;
}

function recordLines(record: PublishedRecord): string[] {
  const { name, type, content } = record;
  const ttl = record.ttl === 1 ? automaticTtl : record.ttl;
  if (record.proxied) return [`host-record=${name},${addresses.edge},${ttl}`];
  switch (type) {
    case "A":
    case "AAAA":
      return [`host-record=${name},${content},${ttl}`];
    case "CNAME":
      return [`cname=${name},${content},${ttl}`];
    case "MX":
      return [`mx-host=${name},${content},${record.priority ?? 0}`];
    case "TXT":
      return [`txt-record=${name},${textStrings(content).join(",")}`];
  }
}

/** One TXT record is a list of strings of limited length. Quotes around the content are notation, not content. */
function textStrings(content: string): string[] {
  const plain = /^"([\s\S]*)"$/.exec(content)?.[1] ?? content;
  const strings = plain.match(new RegExp(`[\\s\\S]{1,${maxTextLength}}`, "g")) ?? [""];
  return strings.map((text) => `"${text.replaceAll('"', "")}"`);
}

function reverseOf(ipv4: string): string {
  return `${ipv4.split(".").reverse().join(".")}.in-addr.arpa`;
}
