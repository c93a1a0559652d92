import { calls } from "./attack";
import { foreign, own } from "./targets";

export const system = calls("system", [
  ["information", "GET", "/v1.41/info"],
  ["version", "GET", "/v1.41/version"],
  ["version without a version", "GET", "/version"],
  ["events", "GET", "/v1.41/events?since=1&until=2"],
  ["disk usage", "GET", "/v1.41/system/df"],
  [
    "log in to a registry",
    "POST",
    "/v1.41/auth",
    { username: "a", password: "b", serveraddress: "127.0.0.1:1" },
    { engineRefuses: true },
  ],
  [
    "prune of containers",
    "POST",
    `/v1.41/containers/prune?filters=${encodeURIComponent('{"label":["nothing"]}')}`,
  ],
  ["metrics and profiles", "GET", "/debug/pprof/cmdline"],
  ["variables of the engine", "GET", "/debug/vars"],
  ["a goroutine dump", "GET", "/debug/pprof/goroutine?debug=1"],
  ["options of a path", "OPTIONS", "/v1.41/containers/json"],
]);

const h2c = { headers: { Connection: "Upgrade", Upgrade: "h2c" } };

export const upgrades = [
  ...calls("upgrades", [
    [
      "session of the builder",
      "POST",
      "/v1.41/session",
      undefined,
      {
        rules: ["route", "head"],
        http: {
          headers: {
            ...h2c.headers,
            "X-Docker-Expose-Session-Uuid": "x",
            "X-Docker-Expose-Session-Name": "x",
          },
        },
      },
    ],
    ["grpc of the builder", "POST", "/v1.41/grpc", undefined, { rules: ["route", "head"], http: h2c }],
    ["grpc without a version", "POST", "/grpc", undefined, { rules: ["route", "head"], http: h2c }],
    [
      "attach to another container",
      "POST",
      (_, t) => `/v1.41/containers/${t.id}/attach?stream=1&stdout=1`,
      undefined,
      { ...foreign, http: { headers: { Connection: "Upgrade", Upgrade: "tcp" } } },
    ],
    [
      "attach to an own sandbox",
      "POST",
      (_, t) => `/v1.41/containers/${t.id}/attach?stream=1&stdin=1`,
      undefined,
      { ...own, http: { headers: { Connection: "Upgrade", Upgrade: "tcp" } } },
    ],
    [
      "start of an exec as HTTP/2",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      { Detach: false, Tty: false },
      { ...own, rules: ["head"], http: h2c },
    ],
    [
      "start of an exec as a web socket",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      { Detach: false, Tty: false },
      { ...own, rules: ["head"], http: { headers: { Connection: "Upgrade", Upgrade: "websocket" } } },
    ],
    [
      "start of an exec with two words of connection",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      { Detach: false, Tty: false },
      { ...own, rules: ["head"], http: { headers: { Connection: "keep-alive, Upgrade", Upgrade: "tcp" } } },
    ],
    [
      "start of an exec with two protocols",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      { Detach: false, Tty: false },
      { ...own, rules: ["head"], http: { headers: { Connection: "Upgrade", Upgrade: "tcp, h2c" } } },
    ],
    [
      "upgrade of a ping",
      "GET",
      "/_ping",
      undefined,
      { rules: ["upgrade"], http: { headers: { Connection: "Upgrade", Upgrade: "tcp" } } },
    ],
    [
      "upgrade of an inspection",
      "GET",
      (p) => `/v1.41/containers/${p.gateway}/json`,
      undefined,
      { rules: ["upgrade"], http: { headers: { Connection: "Upgrade", Upgrade: "tcp" } } },
    ],
    [
      "upgrade without the connection's word",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      { Detach: false, Tty: false },
      { ...own, rules: ["head"], http: { headers: { Connection: "close", Upgrade: "tcp" } } },
    ],
  ]),
];
