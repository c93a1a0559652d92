/** What the report may not hold, in whatever writing it comes; pure, so that each trick is a test. */
import { BlockList, isIPv6 } from "node:net";

/** What of a stack may not leave this machine. */
export interface Forbidden {
  /** Secret configuration values and outputs, each as it is. */
  readonly secrets: readonly string[];
  /** Domain names and other names that say whose stack it is. */
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

/** Shorter ones would be found in every second word: those may not be the whole of a field. */
const shortest = 6;
/** `a.de` */
const shortestName = 4;
const distinct = <T>(items: readonly T[]): T[] => [...new Set(items)];

/** All text in a JSON value, however deep. */
export function leavesOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(leavesOf);
}

/** Of an address with a key in it, the key: webhooks have theirs in the path. */
function partsOfUrl(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { pathname, searchParams } = new URL(text);
  return [...pathname.split("/"), ...searchParams.values()].filter((part) => part.length >= 16);
}

/** A value, and the parts of it that tell as much: lines of a PEM file, halves of a bot's token, fields of JSON. */
function piecesOf(secret: string): string[] {
  let fields: string[] = [];
  try {
    fields = leavesOf(JSON.parse(secret));
  } catch {
    // Most are no JSON.
  }
  return distinct(
    [
      secret.trim(),
      ...secret.split(/[\s:]+/).filter((part) => part.length >= 8),
      ...partsOfUrl(secret),
      ...fields,
    ].filter((piece) => piece.length > 0),
  );
}

/**
 * The base64 of a text wherever it begins in what was encoded: at one of three places. The letters at both ends, which
 * depend on its neighbours, are left away.
 */
function base64Of(text: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    const own = Buffer.from(bytes).toString("base64").replace(/=+$/, "");
    const cut = own.slice([0, 2, 3][before], Math.floor((bytes.length * 8) / 6));
    return [cut, cut.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** Ways in which tools write an address without its dots or colons. */
function addressForms(address: string): string[] {
  const parts = address.split(".");
  if (parts.length !== 4) {
    // What stands before the last four groups is one customer's, whatever follows.
    const groups = expanded(address);
    return groups === undefined ? [address] : [address, groups.slice(0, 4).join(":"), groups.join("")];
  }
  const number = parts.reduce((sum, part) => sum * 256 + Number(part), 0);
  const dashed = parts.join("-");
  return [
    address,
    dashed,
    [...parts].reverse().join("-"),
    String(number),
    number.toString(16).padStart(8, "0"),
  ];
}

/** The eight groups of an IPv6 address, without leading zeros. */
function expanded(address: string): string[] | undefined {
  if (!isIPv6(address) || address.includes(".")) return undefined;
  const [head = "", tail] = address.toLowerCase().split("::");
  const [front, back] = [head, tail ?? ""].map((side) => side.split(":").filter((group) => group !== ""));
  const missing = Array<string>(8 - (front?.length ?? 0) - (back?.length ?? 0)).fill("0");
  return [...(front ?? []), ...missing, ...(back ?? [])].map((group) => group.replace(/^0+(?=.)/, ""));
}

const unescapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };

const unescaped = (text: string): string =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, letter: string | undefined) =>
    code !== undefined ? String.fromCharCode(parseInt(code, 16)) : (unescapes[letter ?? ""] ?? letter ?? ""),
  );

const unquoted = (text: string): string =>
  text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
  );

/** The text as it is, and as it reads once its escapes, of JSON in JSON too, are undone. */
function viewsOf(text: string): string[] {
  let views = [text, text.normalize("NFKC")];
  for (let round = 0; round < 3; round++)
    views = distinct(views.flatMap((view) => [view, unescaped(view), unquoted(view)]));
  return views;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const ipv4 = /(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)/g;
/** Also where a letter stands before it, as behind the `\n` of escaped JSON. */
const ipv6 = /[0-9a-f]*:[0-9a-f]*:[0-9a-f:]*(?:\d+(?:\.\d+){3})?/gi;

function isAddress(text: string): boolean {
  if (!text.includes(":")) {
    const parts = text.split(".").map(Number);
    return parts.every((part) => part <= 255) && !loopback.check(parts.join("."), "ipv4");
  }
  if (isIPv6(text)) return !loopback.check(text, "ipv6");
  // `::1:8080` or a group too many: whoever wrote it may have meant one.
  return /[0-9a-f]::|::[0-9a-f]/i.test(text) || (text.match(/:/g) ?? []).length >= 7;
}

const units = "service|socket|mount|timer|target|path|slice|scope|swap|device|automount";
const email = new RegExp(`[\\w.+-]+@(?:[\\w-]+\\.)+(?!(?:${units})\\b)[a-z]{2,}`, "gi");
const home = /\/(?:home|Users)\/[^/\s"':]+/g;

/** Tokens, keys, digests, ids, fingerprints: what a random text looks like, written without spaces. */
const longStrings = [
  /[0-9a-f]{16,}/gi,
  /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi,
  /(?:[0-9a-f]{2}:){5,}[0-9a-f]{2}/gi,
  /[A-Za-z0-9]{16,}/g,
  /[A-Za-z0-9+/_-]{24,}={0,2}/g,
];
/** A word, a number, or both as in names of versions and units. */
const ordinary = /^(?:[a-z]+|[A-Z]+|[A-Z]?[a-z]+|\d{1,4}|v?\d{1,4}[a-z]?|[a-z]+\d{1,3}|)$/;

function isLong(text: string): boolean {
  const [digit, upper, lower] = [/\d/, /[A-Z]/, /[a-z]/].map((kind) => kind.test(text));
  if (/^[A-Za-z0-9]+$/.test(text)) {
    if (text.length >= 24) return true;
    return (
      digit === true && (text.length >= 20 || (upper === true && lower === true) || /^[0-9a-f]+$/i.test(text))
    );
  }
  if (/^[0-9a-f:-]+$/i.test(text)) return true;
  return text.split(/[+/_=-]/).some((part) => !ordinary.test(part)) && digit === true;
}

const escapeForRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

interface Pattern {
  readonly what: string;
  readonly in: RegExp;
  readonly counts?: (match: string) => boolean;
}

/** In the order in which they are looked for and replaced: a whole address before the digits in it. */
function patternsFor({ secrets, names, addresses }: Forbidden): Pattern[] {
  const anyOf = (what: string, words: readonly string[], least = shortest): Pattern[] => {
    const usable = distinct(words)
      .filter((word) => word.length >= least)
      .sort((one, other) => other.length - one.length);
    return usable.length === 0 ? [] : [{ what, in: new RegExp(usable.map(escapeForRegExp).join("|"), "gi") }];
  };
  const encoded = (words: readonly string[]): string[] =>
    words
      .filter((word) => word.length >= shortest)
      .flatMap((word) => [...base64Of(word), Buffer.from(word).toString("hex")]);
  const pieces = secrets.flatMap(piecesOf);
  const known = [...names, ...addresses.flatMap(addressForms)];
  return [
    ...anyOf("a secret of the stack", [...pieces, ...encoded(pieces)]),
    { what: "an e-mail address", in: email },
    ...anyOf(
      "a name or an address of the stack",
      [...known, ...encoded([...names, ...addresses])],
      shortestName,
    ),
    { what: "an IPv4 or IPv6 address", in: ipv6, counts: isAddress },
    { what: "an IPv4 or IPv6 address", in: ipv4, counts: isAddress },
    { what: "somebody's home directory", in: home },
    ...longStrings.map((each): Pattern => ({ what: "a long string", in: each, counts: isLong })),
  ];
}

const made = new WeakMap<Forbidden, Pattern[]>();

function patternsOf(forbidden: Forbidden): Pattern[] {
  const patterns = made.get(forbidden) ?? patternsFor(forbidden);
  made.set(forbidden, patterns);
  return patterns;
}

/** What of it this text holds, in words that do not quote it; undefined where it holds nothing. */
export function holds(text: string, forbidden: Forbidden): string | undefined {
  const patterns = patternsOf(forbidden);
  const short = distinct(forbidden.secrets.flatMap(piecesOf)).filter((piece) => piece.length < shortest);
  for (const view of viewsOf(text)) {
    if (short.includes(view.trim())) return "a secret of the stack";
    // A long value is broken over lines by some tools.
    for (const each of [view, view.replace(/\s+/g, "")])
      for (const { what, in: pattern, counts = () => true } of patterns)
        if ((each === view || what.includes("stack")) && (each.match(pattern) ?? []).some(counts))
          return what;
  }
  return undefined;
}

/** The text with all of that replaced by what it was; where something is hidden too well for that, nothing of the text. */
export function redacted(text: string, forbidden: Forbidden): string {
  let rest = text;
  for (const { what, in: pattern, counts = () => true } of patternsOf(forbidden))
    rest = rest.replace(pattern, (match) => (counts(match) ? `[${what}]` : match));
  const left = holds(rest, forbidden);
  return left === undefined ? rest : `[left out: it held ${left}]`;
}

/** Every text of a document, by where it stands. A key is at the place of what it is the key of. */
function* textsOf(
  value: unknown,
  path: string,
  mayBeSaid: (key: string) => boolean,
): Generator<readonly [string, string]> {
  if (typeof value === "string" || typeof value === "number") yield [path, String(value)];
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) yield [path === "" ? "the document" : path, key];
    // A key that is not ours may be what must not be said.
    const shown = mayBeSaid(key) ? key : "*";
    yield* textsOf(inner, path === "" ? shown : `${path}.${shown}`, mayBeSaid);
  }
}

/**
 * The last look before the document is written: at each field, and at all of it as it will be written.
 * @returns a line for each field, naming it and never its value
 */
export function forbiddenFields(document: object, forbidden: Forbidden): string[] {
  const fields = [...textsOf(document, "", (key) => holds(key, forbidden) === undefined)].flatMap(
    ([path, text]) => {
      const what = holds(text, forbidden);
      return what === undefined ? [] : [`${path} holds ${what}`];
    },
  );
  if (fields.length > 0) return distinct(fields);
  // What is put together only by the writing.
  const { secrets } = forbidden;
  const what = holds(JSON.stringify(document, null, 1), {
    ...forbidden,
    secrets: secrets.filter((one) => one.length >= shortest),
  });
  return what === undefined ? [] : [`the document as a whole holds ${what}`];
}
