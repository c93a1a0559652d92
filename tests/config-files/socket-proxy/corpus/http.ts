import { create, type Attack, type Place } from "./attack";
import { http, type Piece } from "../support/raw-http";

type Build = (place: Place, legal: string) => readonly Piece[];
type Row = readonly [name: string, build: Build, options?: Partial<Attack>];

function raws(family: string, rows: readonly Row[]): Attack[] {
  return rows.map(([name, build, options = {}]) => ({
    family,
    name,
    rules: ["head"],
    ...options,
    request: (place) => build(place, JSON.stringify(place.createBody())),
  }));
}

/** A create request, its head written by hand. */
function handmade(place: Place, headers: readonly string[], body: string, line = ""): string {
  const first = line === "" ? `POST /v1.41/containers/create?name=${place.freshName()} HTTP/1.1` : line;
  return `${[first, "Host: docker", "Content-Type: application/json", "Connection: close", ...headers].join("\r\n")}\r\n\r\n${body}`;
}

const chunked = (body: string, extension = ""): string =>
  `${body.length.toString(16)}${extension}\r\n${body}\r\n0\r\n\r\n`;
const evil = (place: Place): string => {
  const body = place.createBody();
  body["HostConfig"].Privileged = true;
  return JSON.stringify(body);
};
const http1 = ["http", "head"];

export const httpTricks = raws("HTTP", [
  ["a body in chunks", (p, l) => [handmade(p, ["Transfer-Encoding: chunked"], chunked(l))]],
  ["chunks with an extension", (p, l) => [handmade(p, ["Transfer-Encoding: chunked"], chunked(l, ";a=b"))]],
  [
    "chunks with a trailer",
    (p, l) => [
      handmade(
        p,
        ["Transfer-Encoding: chunked", "Trailer: X-A"],
        `${l.length.toString(16)}\r\n${l}\r\n0\r\nX-A: b\r\n\r\n`,
      ),
    ],
  ],
  [
    "chunks and a length",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "Transfer-Encoding: chunked"], chunked(l))],
    { rules: http1 },
  ],
  [
    "chunks in another spelling and a length",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "Transfer-Encoding: Chunked"], chunked(l))],
    { rules: http1 },
  ],
  [
    "an unknown transfer encoding",
    (p, l) => [handmade(p, ["Transfer-Encoding: gzip"], l)],
    { rules: http1, engineRefuses: true },
  ],
  [
    "two equal lengths",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, `Content-Length: ${l.length}`], l)],
    { rules: http1 },
  ],
  [
    "two equal lengths in one header",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}, ${l.length}`], l)],
    { rules: http1, engineRefuses: true },
  ],
  [
    "two different lengths",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "Content-Length: 5"], l)],
    { rules: http1, engineRefuses: true },
  ],
  [
    "a length with a sign",
    (p, l) => [handmade(p, [`Content-Length: +${l.length}`], l)],
    { rules: http1, engineRefuses: true },
  ],
  [
    "a length with a leading zero",
    (p, l) => [handmade(p, [`Content-Length: 0${l.length}`], l)],
    { rules: http1 },
  ],
  [
    "lines that end in LF alone",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`], "").replaceAll("\r\n", "\n") + l],
    { rules: http1 },
  ],
  [
    "a header over two lines",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "Accept: a,\r\n b"], l)],
    { rules: http1 },
  ],
  [
    "a header over two lines by a tab",
    (p, l) => [handmade(p, ["User-Agent: a\r\n\tb", `Content-Length: ${l.length}`], l)],
    { rules: http1 },
  ],
  [
    "a space before the colon",
    (p, l) => [handmade(p, [`Content-Length : ${l.length}`], l)],
    { rules: http1, engineRefuses: true },
  ],
  [
    "a header that is not known",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "X-Registry-Auth: e30="], l)],
  ],
  [
    "a header for another method",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "X-HTTP-Method-Override: DELETE"], l)],
  ],
  [
    "a header for another path",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "X-Original-URL: /v1.41/info"], l)],
  ],
  [
    "a header twice",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "User-Agent: a", "User-Agent: b"], l)],
  ],
  [
    "a content type twice",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "content-type: text/plain"], l)],
  ],
  [
    "two hosts",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "Host: other"], l)],
    { rules: http1, engineRefuses: true },
  ],
  [
    "no host",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`], l).replace("Host: docker\r\n", "")],
    { rules: http1, engineRefuses: true },
  ],
  [
    "a content type with a parameter",
    (p, l) => [
      http("POST", `/v1.41/containers/create?name=${p.freshName()}`, l, {
        headers: { "Content-Type": "application/json; charset=utf-8" },
      }),
    ],
  ],
  [
    "a content type in capitals",
    (p, l) => [
      http("POST", `/v1.41/containers/create?name=${p.freshName()}`, l, {
        headers: { "Content-Type": "APPLICATION/JSON" },
      }),
    ],
  ],
  [
    "another content type",
    (p, l) => [
      http("POST", `/v1.41/containers/create?name=${p.freshName()}`, l, {
        headers: { "Content-Type": "text/json" },
      }),
    ],
    { engineRefuses: true },
  ],
  ["HTTP/1.0", (p, l) => [handmade(p, [`Content-Length: ${l.length}`], l).replace("HTTP/1.1", "HTTP/1.0")]],
  [
    "HTTP/2 without an upgrade",
    () => ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    { rules: http1, engineRefuses: true },
  ],
  [
    "the whole address in the request line",
    (p, l) => [
      handmade(
        p,
        [`Content-Length: ${l.length}`],
        l,
        `POST http://docker/v1.41/containers/create?name=${p.freshName()} HTTP/1.1`,
      ),
    ],
    { rules: ["route"] },
  ],
  [
    "a tab in the request line",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`], l).replace("POST ", "POST\t")],
    { rules: http1, engineRefuses: true },
  ],
  [
    "empty lines before the request",
    (p, l) => [
      `\r\n\r\n${handmade(p, [`Content-Length: ${l.length}`], l)}`.replace(
        '"Privileged":false',
        '"Privileged":true ',
      ),
    ],
    { rules: ["create-body", "http"], engineRefuses: true },
  ],
  [
    "a method in small letters",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`], l).replace("POST", "post")],
    { rules: [...http1, "route"], engineRefuses: true },
  ],
  [
    "an unknown method",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`], l).replace("POST", "PATCH")],
    { rules: ["route"], engineRefuses: true },
  ],
  [
    "a tunnel",
    () => ["CONNECT docker:80 HTTP/1.1\r\nHost: docker\r\n\r\n"],
    { rules: ["route"], engineRefuses: true },
  ],
  [
    "waits for a go-ahead",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "Expect: 100-continue"], l)],
  ],
  [
    "a method that has no body with one",
    (p, l) => [
      handmade(p, [`Content-Length: ${l.length}`], l, `GET /v1.41/containers/${p.gateway}/json HTTP/1.1`),
    ],
  ],
  [
    "a request within the body of another",
    (p) => {
      const inner = create(p, evil(p)).toString();
      return [
        handmade(p, [`Content-Length: ${inner.length}`], inner, "GET /_ping HTTP/1.1").replace(
          "Connection: close",
          "Connection: keep-alive",
        ),
      ];
    },
  ],
  [
    "a second request behind an allowed one",
    (p) => [http("GET", "/_ping", undefined, { headers: { Connection: "keep-alive" } }), create(p, evil(p))],
    { rules: ["pipelining"], answers: 2 },
  ],
  [
    "a second request behind a refused one",
    (p) => [
      http("GET", "/v1.41/info", undefined, { headers: { Connection: "keep-alive" } }),
      create(p, evil(p)),
    ],
    { rules: ["pipelining"], answers: 2 },
  ],
  [
    "a second request behind the start of an exec that is not there",
    (p) => [
      http(
        "POST",
        `/v1.41/exec/${"0".repeat(64)}/start`,
        { Detach: false, Tty: false },
        { headers: { Connection: "Upgrade", Upgrade: "tcp" } },
      ),
      create(p, evil(p)),
    ],
    { rules: ["exec-owner"], answers: 2 },
  ],
  [
    "very many headers",
    (p, l) => [
      handmade(p, [`Content-Length: ${l.length}`, ...Array.from({ length: 300 }, (_, n) => `X-${n}: a`)], l),
    ],
  ],
  [
    "a control character in a header",
    (p, l) => [handmade(p, [`Content-Length: ${l.length}`, "User-Agent: a\u0001b"], l)],
    { rules: http1, engineRefuses: true },
  ],
]);
