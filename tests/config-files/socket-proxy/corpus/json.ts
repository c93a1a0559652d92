import { host, texts } from "./attack";
import type { Body } from "../support/legal";

const privileged = (c: Body): boolean => host(c)["Privileged"] === true;
const insert = (legal: string, before: string, text: string): string =>
  legal.replace(before, `${text}${before}`);
const behind = (legal: string, after: string, text: string): string =>
  legal.replace(after, `${after}${text}`);
const legalPrivileged = '"Privileged":false';

export const jsonTricks = [
  ...texts("JSON", [
    ["a key twice, the last one counts", (l) => behind(l, legalPrivileged, ',"Privileged":true'), privileged],
    ["a key twice with another between", (l) => behind(l, '"Init":true', ',"Privileged":true'), privileged],
    [
      "HostConfig twice: the second is merged over the first",
      (l) => insert(l, '"NetworkingConfig"', '"HostConfig":{"Privileged":true},'),
      privileged,
    ],
    [
      "a key in another case behind the right one",
      (l) => behind(l, legalPrivileged, ',"privileged":true'),
      privileged,
      { rules: ["create-body"] },
    ],
    [
      "a key in capitals",
      (l) => l.replace(legalPrivileged, '"PRIVILEGED":true'),
      privileged,
      { rules: ["create-body"] },
    ],
    [
      "HostConfig in another case",
      (l) => insert(l, '"NetworkingConfig"', '"hostconfig":{"Privileged":true},'),
      privileged,
      { rules: ["create-body"] },
    ],
    ["a key by an escape", (l) => behind(l, legalPrivileged, ',"\\u0050rivileged":true'), privileged],
    ["a key by an escape alone", (l) => l.replace(legalPrivileged, '"P\\u0072ivileged":true'), privileged],
    [
      "a letter that folds to another: long s",
      (l) => insert(l, '"NetworkingConfig"', '"HoſtConfig":{"Privileged":true},'),
      privileged,
      { rules: ["create-body"] },
    ],
    [
      "a letter that folds to another: Kelvin",
      (l) => behind(l, legalPrivileged, ',"NetworKMode":"host"'),
      (c) => host(c)["NetworkMode"] === "host",
      { rules: ["create-body"] },
    ],
    [
      "a field that the engine does not know",
      (l) => insert(l, '"NetworkingConfig"', '"Unknown":1,'),
      undefined,
      { rules: ["create-body"] },
    ],
    [
      "a field that the engine does not know in HostConfig",
      (l) => behind(l, legalPrivileged, ',"Unknown":{"a":[]}'),
      undefined,
      { rules: ["create-body"] },
    ],
    ["an empty key", (l) => insert(l, '"NetworkingConfig"', '"":0,'), undefined, { rules: ["create-body"] }],
    [
      "the key __proto__",
      (l) => insert(l, '"NetworkingConfig"', '"__proto__":{"HostConfig":{}},'),
      undefined,
      { rules: ["create-body"] },
    ],
    [
      "the key constructor in Labels",
      (l) => l.replace('"Labels":{', '"Labels":{"constructor":"x",'),
      undefined,
      { rules: ["create-body"] },
    ],
    ["a second value behind the first", (l) => `${l}{"HostConfig":{"Privileged":true}}`],
    ["text behind the value", (l) => `${l} and more`],
    ["a NUL behind the value", (l) => `${l}\u0000`],
    ["a comma behind the value", (l) => `${l},`],
    ["a lone surrogate", (l) => l.replace("agent:main", "agent\\ud800main")],
    ["a surrogate pair in the wrong order", (l) => l.replace("agent:main", "agent\\udc00\\ud800main")],
    ["bytes that are not UTF-8", (l) => Buffer.from(l.replace("agent:main", "agent\u00ffmain"), "latin1")],
    [
      "a longer encoding of an ASCII letter",
      (l) => Buffer.from(l.replace("agent:main", "agent\u00c1\u0081main"), "latin1"),
    ],
    [
      "a surrogate encoded as UTF-8",
      (l) => Buffer.from(l.replace("agent:main", "agent\u00ed\u00a0\u0080main"), "latin1"),
    ],
    [
      "an unfinished UTF-8 sequence",
      (l) => Buffer.from(l.replace("agent:main", "agent\u00e2\u0082main"), "latin1"),
    ],
    ["a key twice in Labels", (l) => l.replace('"Labels":{', '"Labels":{"openclaw.sandbox":"0",')],
    ["a key twice in Tmpfs", (l) => l.replace('"Tmpfs":{', '"Tmpfs":{"/tmp":"exec",')],
    ["a key twice with the same value", (l) => behind(l, legalPrivileged, `,${legalPrivileged}`)],
    [
      "nested very deep in an unknown field",
      (l) => insert(l, '"NetworkingConfig"', `"Deep":${"[".repeat(500)}${"]".repeat(500)},`),
    ],
    [
      "HostConfig null",
      (l) => l.replace(/"HostConfig":\{.*\},"NetworkingConfig"/s, '"HostConfig":null,"NetworkingConfig"'),
      (c) => host(c)["NetworkMode"] !== "none",
      { rules: ["create-body"] },
    ],
    ["a byte order mark", (l) => `\ufeff${l}`, undefined, { engineRefuses: true }],
    ["a comment", (l) => `/* x */${l}`, undefined, { engineRefuses: true }],
    ["a trailing comma", (l) => l.replace(/\}$/, ",}"), undefined, { engineRefuses: true }],
    ["single quotes", (l) => l.replaceAll('"', "'"), undefined, { engineRefuses: true }],
    [
      "a number for a truth value",
      (l) => l.replace(legalPrivileged, '"Privileged":1'),
      undefined,
      { engineRefuses: true, rules: ["create-body"] },
    ],
    [
      "a string for a truth value",
      (l) => l.replace(legalPrivileged, '"Privileged":"true"'),
      undefined,
      { engineRefuses: true, rules: ["create-body"] },
    ],
    [
      "a number with a fraction",
      (l) => l.replace('"PidsLimit":128', '"PidsLimit":128.0'),
      undefined,
      { engineRefuses: true },
    ],
    [
      "a number with an exponent",
      (l) => l.replace('"PidsLimit":128', '"PidsLimit":1e9'),
      undefined,
      { engineRefuses: true },
    ],
    [
      "a number beyond 64 bits",
      (l) => l.replace('"PidsLimit":128', '"PidsLimit":99999999999999999999'),
      undefined,
      { engineRefuses: true },
    ],
    [
      "a number beyond 53 bits",
      (l) => l.replace('"PidsLimit":128', '"PidsLimit":9007199254740993'),
      (c) => host(c)["PidsLimit"] > 128,
    ],
    ["a negative zero", (l) => l.replace('"OomScoreAdj":0', '"OomScoreAdj":-0'), undefined],
    [
      "a list instead of an object",
      (l) => `[${l}]`,
      undefined,
      { engineRefuses: true, rules: ["create-body"] },
    ],
    ["UTF-16", (l) => Buffer.from(l, "utf16le"), undefined, { engineRefuses: true }],
    ["an empty body", () => "", undefined, { engineRefuses: true, rules: ["json", "head"] }],
    ["null", () => "null", undefined, { engineRefuses: true, rules: ["create-body"] }],
  ]),
];
