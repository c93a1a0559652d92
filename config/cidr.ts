/** IPv4 and IPv6 CIDR arithmetic on Node's own address parser, for subnets, ACLs and firewall rules. */
import { isIP, isIPv4 } from "node:net";

/** Parses `a.b.c.d/n`; undefined when it is not a network address in canonical form (host bits must be zero). */
export function parseIPv4Cidr(text: string): { base: number; prefix: number } | undefined {
  const [address, prefixText, ...rest] = text.split("/");
  if (address === undefined || prefixText === undefined || rest.length > 0) return undefined;
  if (!isIPv4(address) || !/^(0|[1-9]\d?)$/.test(prefixText)) return undefined;
  const prefix = Number(prefixText);
  if (prefix > 32) return undefined;
  const base = toNumber(address);
  const size = 2 ** (32 - prefix);
  return base % size === 0 ? { base, prefix } : undefined;
}

/** True for an IPv4 or IPv6 network or single address in CIDR form, its host bits zero: providers refuse others. */
export function isCidr(text: string): boolean {
  const [address, prefixText, ...rest] = text.split("/");
  if (address === undefined || prefixText === undefined || rest.length > 0) return false;
  if (isIP(address) === 4) return parseIPv4Cidr(text) !== undefined;
  // A zone (fe80::1%eth0) means nothing to a firewall, and nobody writes a network with an IPv4 tail.
  if (isIP(address) !== 6 || /[%.]/.test(address) || !/^(0|[1-9]\d{0,2})$/.test(prefixText)) return false;
  const prefix = Number(prefixText);
  return prefix <= 128 && ipv6Bits(address) % 2n ** BigInt(128 - prefix) === 0n;
}

function ipv6Bits(address: string): bigint {
  const [head, tail] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const groups = [...(head ?? [])];
  if (tail !== undefined) groups.push(...Array<string>(8 - groups.length - tail.length).fill("0"), ...tail);
  return groups.reduce((bits, group) => bits * 65536n + BigInt(`0x${group}`), 0n);
}

/** True when the two networks share an address. Both must be canonical IPv4 CIDRs. */
export function overlap(a: string, b: string): boolean {
  const left = parseIPv4Cidr(a);
  const right = parseIPv4Cidr(b);
  if (left === undefined || right === undefined) throw new Error(`not an IPv4 network: ${a} or ${b}`);
  const leftEnd = left.base + 2 ** (32 - left.prefix);
  const rightEnd = right.base + 2 ** (32 - right.prefix);
  return left.base < rightEnd && right.base < leftEnd;
}

/** The address `offset` places after the network's own. */
export function addressAt(cidr: string, offset: number): string {
  const network = parseIPv4Cidr(cidr);
  if (network === undefined) throw new Error(`not an IPv4 network: ${cidr}`);
  if (offset < 1 || offset >= 2 ** (32 - network.prefix) - 1) {
    throw new Error(`address number ${offset} does not fit into ${cidr}`);
  }
  return toText(network.base + offset);
}

/** RFC 1918: what a bridge may have. */
const privateNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/** Further ranges that nobody on the Internet reaches: this host, carrier NAT, loopback, link-local, multicast and reserved. */
const unreachable = [
  ...privateNetworks,
  ...["0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"],
];

/** True when the whole IPv4 network is in a private range. */
export function isPrivateNetwork(cidr: string): boolean {
  const prefix = parseIPv4Cidr(cidr)?.prefix ?? 0;
  return privateNetworks.some(
    (range) => prefix >= (parseIPv4Cidr(range)?.prefix ?? 33) && overlap(cidr, range),
  );
}

/** True for an IPv4 address that a client on the Internet could not reach. */
export const isUnreachable = (address: string): boolean =>
  unreachable.some((range) => overlap(`${address}/32`, range));

function toNumber(address: string): number {
  return address.split(".").reduce((value, octet) => value * 256 + Number(octet), 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
