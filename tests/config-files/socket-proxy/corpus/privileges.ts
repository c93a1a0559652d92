import type { Body } from "../support/legal";
import { creates, host, omit, set, setTop } from "./attack";

const has = (option: string) => (container: Body) => host(container)["SecurityOpt"]?.includes(option);

export const privileges = [
  ...creates("privileges", [
    ["Privileged", set("Privileged", true), (c) => host(c)["Privileged"] === true],
    [
      "no SecurityOpt: new privileges can be gained",
      set("SecurityOpt", null),
      (c) => host(c)["SecurityOpt"] === null,
    ],
    ["SecurityOpt left out", omit("SecurityOpt"), (c) => host(c)["SecurityOpt"] === null],
    [
      "no-new-privileges=false",
      set("SecurityOpt", ["no-new-privileges=false"]),
      has("no-new-privileges=false"),
    ],
    [
      "seccomp off beside no-new-privileges",
      set("SecurityOpt", ["no-new-privileges", "seccomp=unconfined"]),
      has("seccomp=unconfined"),
    ],
    [
      "a seccomp profile of the caller's",
      set("SecurityOpt", ["no-new-privileges", 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']),
      (c) => host(c)["SecurityOpt"].length === 2,
    ],
    [
      "two options in the older spelling with a colon",
      set("SecurityOpt", ["no-new-privileges", "apparmor:unconfined"]),
      has("apparmor:unconfined"),
    ],
    [
      "labels of SELinux off",
      set("SecurityOpt", ["no-new-privileges", "label=level:s0"]),
      has("label=level:s0"),
    ],
    ["nothing of /proc masked", set("MaskedPaths", []), (c) => host(c)["MaskedPaths"].length === 0],
    ["nothing of /proc read-only", set("ReadonlyPaths", []), (c) => host(c)["ReadonlyPaths"].length === 0],
    [
      "a mask of the caller's choice",
      set("MaskedPaths", ["/nothing"]),
      (c) => host(c)["MaskedPaths"].length === 1,
    ],
    ["a writable root", set("ReadonlyRootfs", false), (c) => host(c)["ReadonlyRootfs"] === false],
    ["ReadonlyRootfs left out", omit("ReadonlyRootfs"), (c) => host(c)["ReadonlyRootfs"] === false],
    ["user root", setTop("User", "0:0"), (c) => c["Config"].User === "0:0"],
    ["user left out: the image's root", (b) => delete b["User"], (c) => c["Config"].User === ""],
    ["user by number alone", setTop("User", "0"), (c) => c["Config"].User === "0"],
    ["user with a group of privilege", setTop("User", "1000:0"), (c) => c["Config"].User === "1000:0"],
    ["user by name", setTop("User", "root"), (c) => c["Config"].User === "root"],
    ["further groups", set("GroupAdd", ["docker"]), (c) => host(c)["GroupAdd"].length === 1],
  ]),
  ...creates("capabilities", [
    ["CapAdd of one", set("CapAdd", ["SYS_ADMIN"]), (c) => host(c)["CapAdd"].length === 1],
    [
      "CapAdd of two",
      set("CapAdd", ["CAP_NET_RAW", "CAP_SYS_PTRACE"]),
      (c) => host(c)["CapAdd"].length === 2,
    ],
    ["CapAdd of all against CapDrop of all", set("CapAdd", ["ALL"]), (c) => host(c)["CapAdd"][0] === "ALL"],
    ["CapDrop null", set("CapDrop", null), (c) => host(c)["CapDrop"] === null],
    ["CapDrop empty", set("CapDrop", []), (c) => host(c)["CapDrop"].length === 0],
    ["CapDrop left out", omit("CapDrop"), (c) => host(c)["CapDrop"] === null],
    ["CapDrop of one only", set("CapDrop", ["CAP_NET_RAW"]), (c) => host(c)["CapDrop"].length === 1],
    [
      "CapDrop in lower case beside CapAdd",
      (b) => Object.assign(b["HostConfig"], { CapDrop: ["all"], CapAdd: ["chown"] }),
      (c) => host(c)["CapAdd"].length === 1,
    ],
    [
      "Privileged beside CapDrop of all",
      (b) => Object.assign(b["HostConfig"], { Privileged: true, CapAdd: ["ALL"] }),
      (c) => host(c)["Privileged"] === true,
    ],
    ["CapDrop as a string", set("CapDrop", "ALL"), undefined],
    ["the retired field Capabilities", set("Capabilities", ["CAP_SYS_ADMIN"])],
  ]),
];
