/** What keeps a gateway from being in the way of its own change. */
import { controlsOf, type Control } from "../control";

export const proofControls: readonly Control[] = controlsOf(
  {
    threat: "It has no veto over its own change",
    file: "config-files/host/bin/prove-sandbox.mjs",
    test: "tests/config-files/gateway/prove-sandbox.test.ts",
  },
  [
    {
      name: "proof-own-socket",
      file: "config-files/socket-proxy/main.ts",
      from: "await proof.listen(configuration.sandbox.gid);",
      to: "await proof.listen();",
      test: "tests/config-files/socket-proxy/proof.test.ts",
      failing: "the process exports both, the one for the sandboxes' group alone",
    },
    {
      name: "proof-own-room",
      file: "config-files/socket-proxy/proof.ts",
      from: "sandboxes: limits.sandboxes + 1",
      to: "sandboxes: limits.sandboxes",
      test: "tests/config-files/socket-proxy/proof.test.ts",
      failing: "leaves room for one more there",
    },
    {
      name: "proof-own-counters",
      file: "config-files/host/bin/gateway-prove-sandbox",
      from: '"DOCKER_HOST=unix:///run/openclaw/proof.sock"',
      to: '"DOCKER_HOST=unix:///run/openclaw/docker.sock"',
      test: "tests/config-files/host/gateway-prove-sandbox.test.ts",
      failing: "its container has the gateway's user and image",
    },
    {
      name: "proof-full-workspaces",
      from: "() => ofItsMaking.includes(error.code)",
      to: "() => false",
      failing: "workspaces that take no directory: ENOSPC",
    },
    {
      name: "proof-changed-workspace",
      from: "now?.ino !== made.ino || now.ctimeNs !== made.ctimeNs",
      to: "now === made",
      failing: "a workspace that .* while it runs proves nothing",
    },
    {
      name: "proof-kept-waiting",
      from: "() => own || (late && answers())",
      to: "() => own",
      failing: "a call that takes too long, where the filter answers",
    },
    {
      name: "proof-not-proven",
      file: "config-files/host/bin/gateway-prove-sandbox",
      from: "if result.returncode != NOT_PROVEN:",
      to: "if True:",
      test: "tests/config-files/host/gateway-prove-sandbox.test.ts",
      failing: "a gateway that is in the way",
    },
  ],
);
