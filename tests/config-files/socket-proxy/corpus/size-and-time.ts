import { create, set, type Attack, type Place } from "./attack";
import { http, type Piece } from "../support/raw-http";

const large = 65 * 1024;

function sized(
  name: string,
  build: (place: Place) => readonly Piece[],
  options: Partial<Attack> = {},
): Attack {
  return { family: "oversized", name, rules: ["body-size"], ...options, request: build };
}

function padded(place: Place, pad: (body: ReturnType<Place["createBody"]>) => void): string {
  const body = place.createBody();
  set("Privileged", true)(body, place, { id: "", name: "", execId: "" });
  pad(body);
  return JSON.stringify(body);
}

export const oversized: Attack[] = [
  sized("spaces before the body", (p) => [create(p, " ".repeat(large) + JSON.stringify(p.createBody()))]),
  sized("spaces within the body", (p) => [
    create(p, padded(p, () => undefined).replace("{", `{${"\n".repeat(large)}`)),
  ]),
  sized("a long label", (p) => [
    create(
      p,
      padded(p, (b) => (b["Labels"]["openclaw.sessionKey"] = "a".repeat(large))),
    ),
  ]),
  sized("a long unknown key", (p) => [
    create(
      p,
      padded(p, (b) => (b["k".repeat(large)] = 1)),
    ),
  ]),
  sized("very many keys", (p) => [
    create(
      p,
      padded(p, (b) => Array.from({ length: 9000 }, (_, n) => (b[`x${n}`] = n))),
    ),
  ]),
  sized("very many variables", (p) => [
    create(
      p,
      padded(p, (b) => (b["Env"] = Array.from({ length: 9000 }, (_, n) => `A${n}=b`))),
    ),
  ]),
  sized("very many binds", (p) => [
    create(
      p,
      padded(
        p,
        (b) => (b["HostConfig"].Binds = Array.from({ length: 3000 }, (_, n) => `/tmp:/mnt/${n}/long`)),
      ),
    ),
  ]),
  sized("a megabyte and more, as passed by plug-ins of the engine", (p) => [
    create(p, padded(p, () => undefined) + " ".repeat(1_100_000)),
  ]),
  sized("eight megabytes", (p) => [
    create(
      p,
      padded(p, (b) => (b["Unknown"] = "x".repeat(8 * 1024 * 1024))),
    ),
  ]),
  sized(
    "chunks without an announced size",
    (p) => {
      const body = padded(p, () => undefined) + " ".repeat(large);
      const head = http("POST", `/v1.41/containers/create?name=${p.freshName()}`, "x", {
        headers: { "Transfer-Encoding": "chunked" },
        without: ["Content-Length"],
      });
      return [head.subarray(0, -1), `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`];
    },
    { rules: ["head"] },
  ),
  sized(
    "a long header",
    (p) => [
      create(
        p,
        padded(p, () => undefined),
        { headers: { "User-Agent": "a".repeat(20_000) } },
      ),
    ],
    { rules: ["http"] },
  ),
  sized("a long path", (p) => [http("GET", `/v1.41/containers/${p.victim}/json?a=${"b".repeat(20_000)}`)], {
    rules: ["http"],
  }),
  sized(
    "a long name of a header",
    (p) => [
      create(
        p,
        padded(p, () => undefined),
        { headers: { ["A".repeat(20_000)]: "b" } },
      ),
    ],
    { rules: ["http"] },
  ),
];

const pauses = (text: string, size: number, pauseMs: number): Piece[] =>
  (text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? []).flatMap((part) => [part, { pauseMs }]);

/** The engine waits for as long as the client likes; here each would take longer than the filter allows. */
export const slow: Attack[] = (
  [
    [
      "the head byte by byte",
      (p: Place) =>
        pauses(create(p, p.createBody()).toString().slice(0, 240), 16, 300).concat(
          create(p, p.createBody()).toString().slice(240),
        ),
    ],
    [
      "a pause within the request line",
      (p: Place) => ["POST /v1.41/conta", { pauseMs: 4_500 }, create(p, p.createBody()).toString().slice(17)],
    ],
    [
      "a pause between head and body",
      (p: Place) => {
        const bytes = create(p, p.createBody()).toString();
        const at = bytes.indexOf("\r\n\r\n") + 4;
        return [bytes.slice(0, at), { pauseMs: 4_500 }, bytes.slice(at)];
      },
    ],
    [
      "a pause before the last byte",
      (p: Place) => {
        const bytes = create(p, p.createBody()).toString();
        return [bytes.slice(0, -1), { pauseMs: 4_500 }, bytes.slice(-1)];
      },
    ],
    [
      "the body piece by piece",
      (p: Place) => {
        const bytes = create(p, p.createBody()).toString();
        const at = bytes.indexOf("\r\n\r\n") + 4;
        return [bytes.slice(0, at), ...pauses(bytes.slice(at), 100, 200)];
      },
    ],
  ] as const
).map(([name, build]) => ({
  family: "slow",
  name,
  rules: ["http"],
  request: (place: Place) => build(place),
}));
