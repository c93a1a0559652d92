import { calls } from "./attack";
import { foreign, on, own, owner } from "./targets";

export const lifecycle = [
  ...calls("other containers", [
    on("start", "POST", "/start", owner),
    on("remove", "DELETE", "?force=1", owner),
    on("remove with its volumes", "DELETE", "?force=1&v=1"),
    on("stop", "POST", "/stop?t=0"),
    on("kill", "POST", "/kill"),
    on("kill by a signal", "POST", "/kill?signal=SIGHUP"),
    on("restart", "POST", "/restart?t=0"),
    on("pause", "POST", "/pause"),
    on("rename", "POST", "/rename?name=renamed-away"),
    on("update its limits", "POST", "/update", foreign, { PidsLimit: 1000 }),
    on("update its restart policy", "POST", "/update", foreign, { RestartPolicy: { Name: "always" } }),
    on("attach", "POST", "/attach?stream=1&stdout=1"),
    on("logs", "GET", "/logs?stdout=1&tail=1"),
    on("processes", "GET", "/top"),
    on("processes by the options of ps", "GET", "/top?ps_args=aux"),
    on("statistics", "GET", "/stats?stream=false"),
    on("changed files", "GET", "/changes"),
    on("commit to an image", "POST", "/commit", { target: "foreign", engineRefuses: true }),
    on("inspect with its size", "GET", "/json?size=1"),
    on("wait", "POST", "/wait?condition=not-running", {
      ...foreign,
      works: (a) => a.status === 200 || a.status === 0,
    }),
    ["commit", "POST", (_, t) => `/v1.41/commit?container=${t.id}&repo=stolen`, undefined, foreign],
    ["list of all containers", "GET", "/v1.41/containers/json?all=1"],
    ["list of running containers", "GET", "/v1.41/containers/json"],
    [
      "list with another label",
      "GET",
      `/v1.41/containers/json?all=1&filters=${encodeURIComponent('{"label":{"clawkeep.test=1":true}}')}`,
    ],
    [
      "list with the allowed filter in another order",
      "GET",
      `/v1.41/containers/json?filters=${encodeURIComponent('{"label":{"openclaw.sandboxBrowser=1":true}}')}&all=1`,
    ],
    [
      "list with sizes",
      "GET",
      `/v1.41/containers/json?all=1&size=1&filters=${encodeURIComponent('{"label":{"openclaw.sandboxBrowser=1":true}}')}`,
    ],
  ]),
  ...calls("own sandboxes beyond their life", [
    on("stop", "POST", "/stop?t=0", own),
    on("kill", "POST", "/kill", own),
    on("restart", "POST", "/restart?t=0", own),
    on("pause", "POST", "/pause", own),
    on("rename", "POST", "/rename?name=openclaw-renamed", own),
    on("update: more processes", "POST", "/update", own, { PidsLimit: 100000 }),
    on("update: more memory", "POST", "/update", own, { Memory: 2 ** 33, MemorySwap: 2 ** 34 }),
    on("attach", "POST", "/attach?stream=1&stdout=1", own),
    on("logs", "GET", "/logs?stdout=1", own),
    on("processes of the host's view", "GET", "/top", own),
    on("statistics", "GET", "/stats?stream=false", own),
    on("changed files", "GET", "/changes", own),
    on("remove without force", "DELETE", "?force=0", { ...own, engineRefuses: true }),
    on("remove with its volumes", "DELETE", "?force=1&v=1", own),
    on("remove by another word of truth", "DELETE", "?force=true", own),
    on(
      "start with a configuration of the host",
      "POST",
      "/start",
      { ...own, rules: ["start-body"], engineRefuses: true },
      { Privileged: true },
    ),
    on("start with keys to detach", "POST", "/start?detachKeys=ctrl-a", own),
    ["commit", "POST", (_, t) => `/v1.41/commit?container=${t.id}&repo=mine`, undefined, own],
    [
      "remove with a body",
      "DELETE",
      (_, t) => `/v1.41/containers/${t.id}?force=1`,
      {},
      { ...own, rules: ["head"] },
    ],
  ]),
  ...calls("gateway's own container", [
    ["start", "POST", (p) => `/v1.41/containers/${p.gateway}/start`, undefined, { rules: ["owner"] }],
    [
      "update: more memory",
      "POST",
      (p) => `/v1.41/containers/${p.gateway}/update`,
      { Memory: 2 ** 33, MemorySwap: 2 ** 34 },
    ],
    ["read a file as root", "GET", (p) => `/v1.41/containers/${p.gateway}/archive?path=/etc`],
    ["logs", "GET", (p) => `/v1.41/containers/${p.gateway}/logs?stdout=1`],
    ["export", "GET", (p) => `/v1.41/containers/${p.gatewayId}/export`],
    ["processes", "GET", (p) => `/v1.41/containers/${p.gateway}/top`],
    ["statistics", "GET", (p) => `/v1.41/containers/${p.gateway}/stats?stream=false`],
    [
      "rename to the name of a sandbox and back",
      "POST",
      (p) => `/v1.41/containers/${p.gateway}/rename?name=openclaw-sbx-x`,
      undefined,
      {
        after: (world, side) =>
          side === "engine"
            ? world
                .raw("POST", `/containers/openclaw-sbx-x/rename?name=${world.gateway}`)
                .then(() => undefined)
            : undefined,
      },
    ],
    ["resize", "POST", (p) => `/v1.41/containers/${p.gateway}/resize?h=1&w=1`],
    ["attach", "POST", (p) => `/v1.41/containers/${p.gateway}/attach?logs=1&stdout=1&stream=1`],
  ]),
];
