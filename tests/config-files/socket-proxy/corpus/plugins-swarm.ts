import { asTar, tar } from "./archives";
import { calls } from "./attack";

const plugin = tar({
  "config.json": JSON.stringify({
    description: "planted",
    interface: { types: ["docker.volumedriver/1.0"], socket: "p.sock" },
    entrypoint: ["/p"],
    network: { type: "host" },
    linux: { capabilities: ["CAP_SYS_ADMIN"], allowAllDevices: true },
  }),
  "rootfs/p": "x",
});

const created = (world: {
  raw(method: string, path: string, body?: object): Promise<unknown>;
}): Promise<void> => world.raw("GET", "/plugins").then(() => undefined);

export const plugins = calls("plugins", [
  ["list", "GET", "/v1.41/plugins"],
  ["list without a version", "GET", "/plugins"],
  ["privileges", "GET", "/v1.41/plugins/privileges?remote=x/y"],
  ["pull", "POST", "/v1.41/plugins/pull?remote=x/y", [], { engineRefuses: true }],
  ["create", "POST", "/v1.41/plugins/create?name=planted", plugin, { ...asTar, after: created }],
  ["look at one", "GET", "/v1.41/plugins/planted:latest/json"],
  ["look at one without a version", "GET", "/plugins/planted:latest/json"],
  ["settings", "POST", "/v1.41/plugins/planted:latest/set", []],
  ["enable", "POST", "/v1.41/plugins/planted:latest/enable?timeout=1", undefined, { engineRefuses: true }],
  ["disable", "POST", "/v1.41/plugins/planted:latest/disable", undefined, { engineRefuses: true }],
  ["push", "POST", "/v1.41/plugins/planted:latest/push", undefined, { works: (a) => a.status === 200 }],
  ["upgrade", "POST", "/v1.41/plugins/planted:latest/upgrade?remote=x/y", [], { engineRefuses: true }],
  ["remove", "DELETE", "/v1.41/plugins/planted:latest?force=1"],
  ["list with a filter", "GET", `/v1.41/plugins?filters=${encodeURIComponent('{"enabled":["true"]}')}`],
]);

const service = {
  Name: "planted",
  TaskTemplate: { ContainerSpec: { Image: "x" } },
  Mode: { Replicated: { Replicas: 0 } },
};

// In this order on the engine: the swarm is there from the first to the last.
export const swarm = calls("swarm", [
  [
    "init",
    "POST",
    "/v1.41/swarm/init",
    { ListenAddr: "127.0.0.1:2377", AdvertiseAddr: "127.0.0.1:2377", Spec: {} },
  ],
  [
    "join",
    "POST",
    "/v1.41/swarm/join",
    { ListenAddr: "127.0.0.1:2378", RemoteAddrs: ["127.0.0.1:2377"], JoinToken: "x" },
    { engineRefuses: true },
  ],
  ["look", "GET", "/v1.41/swarm"],
  ["unlock key", "GET", "/v1.41/swarm/unlockkey"],
  [
    "update: new tokens",
    "POST",
    "/v1.41/swarm/update?version=0&rotateWorkerToken=true",
    {},
    { engineRefuses: true },
  ],
  ["a service", "POST", "/v1.41/services/create", service],
  [
    "a service that mounts the host's root",
    "POST",
    "/v1.41/services/create",
    {
      ...service,
      Name: "evil",
      TaskTemplate: {
        ContainerSpec: {
          Image: "x",
          Mounts: [{ Type: "bind", Source: "/", Target: "/mnt" }],
          CapabilityAdd: ["ALL"],
        },
      },
    },
  ],
  ["list of services", "GET", "/v1.41/services"],
  ["look at a service", "GET", "/v1.41/services/planted"],
  ["logs of a service", "GET", "/v1.41/services/planted/logs?stdout=1"],
  ["remove a service", "DELETE", "/v1.41/services/planted"],
  ["list of tasks", "GET", "/v1.41/tasks"],
  ["list of nodes", "GET", "/v1.41/nodes"],
  ["a secret", "POST", "/v1.41/secrets/create", { Name: "planted", Data: "eA==" }],
  ["list of secrets", "GET", "/v1.41/secrets"],
  ["look at a secret", "GET", "/v1.41/secrets/planted"],
  ["remove a secret", "DELETE", "/v1.41/secrets/planted"],
  ["a configuration", "POST", "/v1.41/configs/create", { Name: "planted", Data: "eA==" }],
  ["list of configurations", "GET", "/v1.41/configs"],
  ["look at a configuration", "GET", "/v1.41/configs/planted"],
  ["remove a configuration", "DELETE", "/v1.41/configs/planted"],
  ["leave", "POST", "/v1.41/swarm/leave?force=1"],
]);
