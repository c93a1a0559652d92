import type { Body } from "../support/legal";
import { execBody, execStartBody, selfExecBody } from "../support/legal";
import { nodePath } from "../support/configuration";
import { calls, upgrade, type CallRow, type Options, type Place, type Target } from "./attack";

/** An exec body with one change. */
function changed(change: (body: Body) => void, base: Body = execBody("id")): Body {
  const body = structuredClone(base);
  change(body);
  return body;
}

const inSandbox = (name: string, change: (body: Body) => void, options: Options = {}): CallRow => [
  name,
  "POST",
  (_: Place, target: Target) => `/v1.41/containers/${target.id}/exec`,
  changed(change),
  { rules: ["exec-body"], target: "sandbox", ...options },
];

const inGateway = (name: string, change: (body: Body) => void, options: Options = {}): CallRow => [
  name,
  "POST",
  (place: Place) => `/v1.41/containers/${place.gateway}/exec`,
  changed(change, selfExecBody(nodePath)),
  { rules: ["exec-self", "exec-body"], ...options },
];

const foreign: Options = { target: "foreign", rules: ["owner"] };
const foreignExec: Options = { target: "foreign", rules: ["exec-owner"] };

export const execs = [
  ...calls("exec into others", [
    ["by name", "POST", (_, t) => `/v1.41/containers/${t.name}/exec`, execBody("id"), foreign],
    ["by id", "POST", (_, t) => `/v1.41/containers/${t.id}/exec`, execBody("id"), foreign],
    [
      "by a short id",
      "POST",
      (_, t) => `/v1.41/containers/${t.id.slice(0, 12)}/exec`,
      execBody("id"),
      foreign,
    ],
    [
      "by three digits of its id",
      "POST",
      (_, t) => `/v1.41/containers/${t.id.slice(0, 6)}/exec`,
      execBody("id"),
      foreign,
    ],
    ["without a version", "POST", (_, t) => `/containers/${t.name}/exec`, execBody("id"), foreign],
    [
      "with the gateway's own command",
      "POST",
      (_, t) => `/v1.41/containers/${t.name}/exec`,
      selfExecBody(nodePath),
      foreign,
    ],
    [
      "privileged",
      "POST",
      (_, t) => `/v1.41/containers/${t.name}/exec`,
      changed((b) => (b["Privileged"] = true)),
      foreign,
    ],
    [
      "start of another's exec",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      execStartBody,
      { ...foreignExec, http: upgrade },
    ],
    [
      "start of another's exec without an upgrade",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      execStartBody,
      { ...foreignExec, rules: ["exec-start", "exec-owner"] },
    ],
    [
      "detached start of another's exec",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      { Detach: true, Tty: false },
      { ...foreignExec, rules: ["exec-start", "exec-start-body", "exec-owner"] },
    ],
    ["a look at another's exec", "GET", (_, t) => `/v1.41/exec/${t.execId}/json`, undefined, foreignExec],
    [
      "a resize of another's exec",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/resize?h=1&w=1`,
      undefined,
      { target: "foreign", engineRefuses: true },
    ],
    ["a look at another container", "GET", (_, t) => `/v1.41/containers/${t.name}/json`, undefined, foreign],
    [
      "a look at another container by id",
      "GET",
      (_, t) => `/v1.41/containers/${t.id}/json`,
      undefined,
      foreign,
    ],
    [
      "a look at another container by a short id",
      "GET",
      (_, t) => `/containers/${t.id.slice(0, 12)}/json`,
      undefined,
      foreign,
    ],
  ]),
  ...calls("exec options", [
    inSandbox("privileged", (b) => (b["Privileged"] = true)),
    inSandbox("as root", (b) => (b["User"] = "0:0")),
    inSandbox("as root by number alone", (b) => (b["User"] = "0")),
    inSandbox("as a user by name", (b) => (b["User"] = "root")),
    inSandbox("as another group", (b) => (b["User"] = "1000:0")),
    inSandbox("with a terminal", (b) => (b["Tty"] = true)),
    inSandbox("with keys to detach", (b) => (b["DetachKeys"] = "ctrl-a")),
    inSandbox("with a variable for the loader", (b) => b["Env"].push("LD_PRELOAD=/workspace/x.so")),
    inSandbox("with a variable without a value", (b) => (b["Env"] = ["HOME"])),
    inSandbox("with a line break in a variable", (b) => (b["Env"] = ["HOME=a\nX=b"])),
    inSandbox("in a directory outside the workspace", (b) => (b["WorkingDir"] = "/etc")),
    inSandbox("in a directory by dot-dot", (b) => (b["WorkingDir"] = "/workspace/../root")),
    inSandbox(
      "in a directory that only begins like the workspace",
      (b) => (b["WorkingDir"] = "/workspacex/y"),
    ),
    inSandbox("in a directory with a double slash", (b) => (b["WorkingDir"] = "/workspace//skills")),
    inSandbox("detached", (b) => (b["Detach"] = true)),
    inSandbox("without output", (b) => (b["AttachStdout"] = false)),
    inSandbox("with an unknown field", (b) => (b["Cgroup"] = "x")),
    inSandbox("with a re-cased field beside the right one", (b) => (b["privileged"] = true)),
    inSandbox("with no command", (b) => (b["Cmd"] = []), { engineRefuses: true }),
    inSandbox("with a command as a string", (b) => (b["Cmd"] = "id"), { engineRefuses: true }),
    inSandbox("with a NUL in the command", (b) => (b["Cmd"] = ["sh", "-c", "a\u0000b"])),
    inSandbox("with very many arguments", (b) => (b["Cmd"] = Array.from({ length: 500 }, () => "x"))),
  ]),
  ...calls("exec in the gateway", [
    inGateway("a shell", (b) => (b["Cmd"] = ["/bin/sh", "-c", "id"])),
    inGateway("the same program with other text", (b) => (b["Cmd"][2] += "x")),
    inGateway("one more argument", (b) => b["Cmd"].push("x")),
    inGateway("one argument less", (b) => b["Cmd"].pop()),
    inGateway("another program with the same text", (b) => (b["Cmd"][0] = "/state/node")),
    inGateway("the program by dot-dot", (b) => (b["Cmd"][0] = `/usr/../usr/local/bin/node`)),
    inGateway("the program without its path", (b) => (b["Cmd"][0] = "node")),
    inGateway("with options for Node", (b) => (b["Env"] = ["NODE_OPTIONS=--require=/state/x.js"])),
    inGateway("with an allowed variable", (b) => (b["Env"] = ["HOME=/state"])),
    inGateway("in another directory", (b) => (b["WorkingDir"] = "/workspace")),
    inGateway("as root", (b) => (b["User"] = "0:0")),
    inGateway("as its own user, named", (b) => (b["User"] = "1000:1000")),
    inGateway("privileged", (b) => (b["Privileged"] = true)),
    inGateway("with an input", (b) => (b["AttachStdin"] = true)),
    inGateway("with a terminal", (b) => (b["Tty"] = true)),
    inGateway("a command of a sandbox", (b) => Object.assign(b, execBody("id"))),
  ]),
  ...calls("exec ids", [
    [
      "an exec of the gateway's own that the filter did not create",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      execStartBody,
      { target: "sandbox", rules: ["exec-owner"], http: upgrade },
    ],
    [
      "a look at an exec that the filter did not create",
      "GET",
      (_, t) => `/exec/${t.execId}/json`,
      undefined,
      { target: "sandbox", rules: ["exec-owner"] },
    ],
    [
      "a start with a terminal",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      { Detach: false, Tty: true },
      { target: "sandbox", rules: ["exec-start-body"], http: upgrade },
    ],
    [
      "a start with a terminal's size",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      { Detach: false, Tty: false, ConsoleSize: [1, 1] },
      { target: "sandbox", rules: ["exec-start-body"], http: upgrade },
    ],
    [
      "a detached start",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      { Detach: true, Tty: false },
      { target: "sandbox", rules: ["exec-start-body"], http: upgrade },
    ],
    [
      "a start with an unknown field",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      { Detach: false, Tty: false, Privileged: true },
      { target: "sandbox", rules: ["exec-start-body"], http: upgrade },
    ],
    [
      "a start with an empty object",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      {},
      { target: "sandbox", rules: ["exec-start-body"], http: upgrade },
    ],
    [
      "a start with a query",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start?a=b`,
      execStartBody,
      { target: "sandbox", http: upgrade },
    ],
    [
      "a start without an upgrade",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      execStartBody,
      { target: "sandbox", rules: ["exec-start"] },
    ],
    [
      "a start with trailing data: input before the answer",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/start`,
      '{"Detach":false,"Tty":false} {}',
      { target: "sandbox", rules: ["json"], http: upgrade },
    ],
    [
      "a resize",
      "POST",
      (_, t) => `/v1.41/exec/${t.execId}/resize?h=1&w=1`,
      undefined,
      { target: "sandbox", engineRefuses: true },
    ],
  ]),
];
