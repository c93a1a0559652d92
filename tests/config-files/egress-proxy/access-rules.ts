/** Reads the access rules out of a squid.conf and decides as Squid does: first line that matches, all its words true. */
import { BlockList, isIP } from "node:net";

export interface ProxyRequest {
  readonly client: string;
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** What the host's name resolves to. */
  readonly resolved: string;
}

export interface AccessRule {
  readonly action: string;
  readonly words: readonly string[];
}

interface AccessList {
  readonly type: string;
  readonly values: string[];
}

export function readRules(conf: string): { rules: AccessRule[]; lists: Map<string, AccessList> } {
  const lines = conf.split("\n").map((line) => line.trim().split(/\s+/));
  const lists = new Map<string, AccessList>();
  for (const [directive, name, type, ...values] of lines) {
    if (directive !== "acl" || name === undefined || type === undefined) continue;
    const list = lists.get(name) ?? { type, values: [] };
    if (list.type !== type) throw new Error(`access list ${name} is both ${list.type} and ${type}`);
    list.values.push(...values.filter((value) => value !== "-n" && value !== "-i"));
    lists.set(name, list);
  }
  const rules = lines
    .filter(([directive]) => directive === "http_access")
    .map(([, action = "", ...words]) => ({ action, words }));
  return { rules, lists };
}

/** `allow` or `deny`. @throws when no rule matches: what Squid then does depends on the last line */
export function decide(conf: string, request: ProxyRequest): string {
  const { rules, lists } = readRules(conf);
  const holds = (word: string): boolean => {
    const name = word.replace(/^!/, "");
    const list = lists.get(name);
    const found = name === "all" || (list !== undefined && matches(list, request));
    if (name !== "all" && list === undefined) throw new Error(`there is no access list ${name}`);
    return word.startsWith("!") ? !found : found;
  };
  const rule = rules.find(({ words }) => words.every(holds));
  if (rule === undefined) throw new Error("no rule matches");
  return rule.action;
}

function matches({ type, values }: AccessList, request: ProxyRequest): boolean {
  switch (type) {
    case "port":
      return values.includes(String(request.port));
    case "method":
      return values.includes(request.method);
    case "src":
      return inRanges(values, request.client);
    case "dst":
      return inRanges(values, request.resolved);
    case "dstdomain":
      return values.some((value) =>
        value.startsWith(".") ? `.${request.host}`.endsWith(value) : request.host.toLowerCase() === value,
      );
    case "url_regex":
      return values.some((value) => new RegExp(value, "i").test(`${request.host}:${request.port}`));
  }
  throw new Error(`this reader does not know access lists of type ${type}`);
}

/**
 * As Squid does it: an IPv4 address is ::ffff:a.b.c.d to it, so that an IPv6 range round that is every IPv4 address.
 * A range is `a/bits`, `a-b` or an address.
 */
export function inRanges(ranges: readonly string[], address: string): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [, first = "", last, bits] = /^([^-/]+)(?:-([^/]+))?(?:\/(\d+))?$/.exec(range) ?? [];
    const v4 = isIP(first) === 4;
    if (last !== undefined) list.addRange(mapped(first), mapped(last), "ipv6");
    else list.addSubnet(mapped(first), Number(bits ?? (v4 ? 32 : 128)) + (v4 ? 96 : 0), "ipv6");
  }
  return list.check(mapped(address), "ipv6");
}

const mapped = (address: string): string => (isIP(address) === 4 ? `::ffff:${address}` : address);
