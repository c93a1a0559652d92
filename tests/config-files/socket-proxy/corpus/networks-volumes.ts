import { calls } from "./attack";

export const networksAndVolumes = [
  ...calls("networks", [
    ["list", "GET", "/v1.41/networks"],
    ["look at the default bridge", "GET", "/v1.41/networks/bridge"],
    ["create", "POST", "/v1.41/networks/create", { Name: "planted" }],
    [
      "create one that is internal, with a subnet",
      "POST",
      "/v1.41/networks/create",
      { Name: "planted2", Internal: true, IPAM: { Config: [{ Subnet: "10.99.0.0/24" }] } },
    ],
    [
      "create one with the host's interface of the caller's choice",
      "POST",
      "/v1.41/networks/create",
      { Name: "planted3", Options: { "com.docker.network.bridge.name": "planted0" } },
    ],
    [
      "connect another container",
      "POST",
      "/v1.41/networks/planted/connect",
      { Container: "clawkeep-test-foreign" },
      { engineRefuses: true },
    ],
    [
      "connect an own sandbox",
      "POST",
      "/v1.41/networks/planted/connect",
      { Container: "x", EndpointConfig: { Aliases: ["litellm"] } },
      { engineRefuses: true },
    ],
    [
      "disconnect",
      "POST",
      "/v1.41/networks/none/disconnect",
      { Container: "clawkeep-test-victim", Force: true },
    ],
    ["remove", "DELETE", "/v1.41/networks/planted2"],
    ["prune", "POST", "/v1.41/networks/prune"],
    ["look at a network in detail", "GET", "/v1.41/networks/none?verbose=true"],
    ["look at a network by scope", "GET", "/v1.41/networks/host?scope=local"],
  ]),
  ...calls("volumes", [
    ["list", "GET", "/v1.41/volumes"],
    ["create", "POST", "/v1.41/volumes/create", { Name: "planted" }],
    [
      "create one that is a bind of the host's root",
      "POST",
      "/v1.41/volumes/create",
      { Name: "evil", Driver: "local", DriverOpts: { type: "none", o: "bind", device: "/" } },
    ],
    [
      "create one on another host",
      "POST",
      "/v1.41/volumes/create",
      { Name: "nfs", DriverOpts: { type: "nfs", o: "addr=127.0.0.1", device: ":/" } },
    ],
    ["create one with a label", "POST", "/v1.41/volumes/create", { Name: "labelled", Labels: { a: "b" } }],
    ["look at one", "GET", "/v1.41/volumes/planted"],
    ["remove", "DELETE", "/v1.41/volumes/planted"],
    ["remove by force", "DELETE", "/v1.41/volumes/evil?force=1"],
    ["prune", "POST", "/v1.41/volumes/prune"],
    ["list with a filter", "GET", `/v1.41/volumes?filters=${encodeURIComponent('{"dangling":["true"]}')}`],
  ]),
];
