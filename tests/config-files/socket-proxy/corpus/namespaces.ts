import { creates, host, omit, set, setTop } from "./attack";

export const namespaces = [
  ...creates("namespaces", [
    ["PidMode of the host", set("PidMode", "host"), (c) => host(c)["PidMode"] === "host"],
    [
      "PidMode of another container",
      (b, p) => set("PidMode", `container:${p.victim}`)(b, p, { id: "", name: "", execId: "" }),
      (c) => host(c)["PidMode"].startsWith("container:"),
    ],
    ["IpcMode of the host", set("IpcMode", "host"), (c) => host(c)["IpcMode"] === "host"],
    [
      "IpcMode of another container",
      (b, _, t) => (b["HostConfig"].IpcMode = `container:${t.name}`),
      (c) => host(c)["IpcMode"].startsWith("container:"),
      { target: "foreign" },
    ],
    ["UTSMode of the host", set("UTSMode", "host"), (c) => host(c)["UTSMode"] === "host"],
    ["UsernsMode of the host", set("UsernsMode", "host"), (c) => host(c)["UsernsMode"] === "host"],
    ["CgroupnsMode of the host", set("CgroupnsMode", "host"), (c) => host(c)["CgroupnsMode"] === "host"],
    [
      "a cgroup of the caller's",
      set("CgroupParent", "/somewhere"),
      (c) => host(c)["CgroupParent"] === "/somewhere",
    ],
    [
      "Cgroup of another container",
      (b, p) => (b["HostConfig"].Cgroup = `container:${p.victim}`),
      (c) => host(c)["Cgroup"].startsWith("container:"),
    ],
    [
      "host pid and network at once",
      (b) => Object.assign(b["HostConfig"], { PidMode: "host", NetworkMode: "host" }),
      (c) => host(c)["PidMode"] === "host",
    ],
    [
      "a runtime by name",
      set("Runtime", "io.containerd.runc.v2"),
      (c) => host(c)["Runtime"] === "io.containerd.runc.v2",
    ],
    [
      "kernel parameters",
      set("Sysctls", { "kernel.shm_rmid_forced": "1" }),
      (c) => Object.keys(host(c)["Sysctls"]).length === 1,
    ],
    ["an isolation technology", set("Isolation", "default"), (c) => host(c)["Isolation"] === "default"],
    ["annotations for the runtime", set("Annotations", { "org.example": "1" })],
  ]),
  ...creates("network", [
    ["NetworkMode of the host", set("NetworkMode", "host"), (c) => host(c)["NetworkMode"] === "host"],
    [
      "NetworkMode of another container",
      (b, p) => (b["HostConfig"].NetworkMode = `container:${p.victim}`),
      (c) => host(c)["NetworkMode"].startsWith("container:"),
    ],
    [
      "NetworkMode null: the default bridge",
      set("NetworkMode", null),
      (c) => host(c)["NetworkMode"] !== "none",
    ],
    ["NetworkMode empty", set("NetworkMode", ""), (c) => host(c)["NetworkMode"] !== "none"],
    ["NetworkMode left out", omit("NetworkMode"), (c) => host(c)["NetworkMode"] !== "none"],
    [
      "an endpoint beside NetworkMode none",
      setTop("NetworkingConfig", { EndpointsConfig: { bridge: {} } }),
      (c) => Object.keys(c["NetworkSettings"].Networks).includes("bridge"),
    ],
    [
      "an endpoint with an address",
      setTop("NetworkingConfig", {
        EndpointsConfig: { bridge: { IPAMConfig: { IPv4Address: "172.30.1.9" } } },
      }),
    ],
    [
      "an endpoint with the name of another container",
      (b, p) => (b["NetworkingConfig"] = { EndpointsConfig: { bridge: { Aliases: [p.victim] } } }),
    ],
    [
      "published ports",
      (b) => Object.assign(b["HostConfig"], { PortBindings: { "80/tcp": [{ HostPort: "80" }] } }),
      (c) => Object.keys(host(c)["PortBindings"]).length === 1,
    ],
    [
      "all ports published",
      (b) => {
        b["ExposedPorts"] = { "80/tcp": {} };
        b["HostConfig"].PublishAllPorts = true;
      },
      (c) => host(c)["PublishAllPorts"] === true,
    ],
    [
      "exposed ports",
      setTop("ExposedPorts", { "80/tcp": {} }),
      (c) => Object.keys(c["Config"].ExposedPorts).length === 1,
    ],
    ["resolvers", set("Dns", ["1.2.3.4"]), (c) => host(c)["Dns"].length === 1],
    ["resolver options", set("DnsOptions", ["debug"]), (c) => host(c)["DnsOptions"].length === 1],
    ["search domains", set("DnsSearch", ["example.org"]), (c) => host(c)["DnsSearch"].length === 1],
    ["hosts entries", set("ExtraHosts", ["api.example:10.0.0.1"]), (c) => host(c)["ExtraHosts"].length === 1],
    [
      "links to another container",
      (b, p) => (b["HostConfig"].Links = [`${p.victim}:alias`]),
      (c) => host(c)["Links"].length === 1,
    ],
    ["a MAC address", setTop("MacAddress", "02:42:ac:11:00:02"), (c) => c["Config"].MacAddress !== undefined],
    ["NetworkDisabled false", setTop("NetworkDisabled", false)],
    ["a host name", setTop("Hostname", "gateway"), (c) => c["Config"].Hostname === "gateway"],
    ["a domain name", setTop("Domainname", "example.org"), (c) => c["Config"].Domainname === "example.org"],
  ]),
];
