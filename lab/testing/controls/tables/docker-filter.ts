/** The filter of the Docker API: what its pure parts refuse, and each of its controls against a real engine. */
import { controlsOf, type Control } from "../control";
import { proofControls } from "./proof";

const shape = "A sandbox has no network, no capability";
const folder = "config-files/socket-proxy";
const tests = "tests/config-files/socket-proxy";

const sandbox = controlsOf(
  { threat: shape, file: `${folder}/create-body.ts`, test: `${tests}/create-body.test.ts` },
  [
    ["sandbox-network", '    NetworkMode: "none",', '    NetworkMode: "bridge",'],
    ["sandbox-capabilities", '    CapDrop: ["ALL"],', "    CapDrop: [],"],
    ["sandbox-no-new-privileges", '    SecurityOpt: ["no-new-privileges"],', "    SecurityOpt: [],"],
    ["sandbox-read-only-root", "    ReadonlyRootfs: true,", "    ReadonlyRootfs: false,"],
    ["sandbox-entry-point", '    Entrypoint: ["sleep"],', "    Entrypoint: [],"],
    ["sandbox-unattached", "    AttachStdout: false,", "    AttachStdout: true,"],
    ["sandbox-unlogged", '    LogConfig: { Type: "none" },', '    LogConfig: { Type: "json-file" },'],
    ["sandbox-image-by-id", "    Image: sandbox.imageId,", "    Image: request.Image,"],
  ].map(([name = "", from = "", to = ""]) => ({
    name,
    from,
    to,
    failing: "bodies are accepted, and hardened",
  })),
);

const limits = controlsOf(
  { threat: shape, file: `${folder}/create-body.ts`, test: `${tests}/create-body.test.ts` },
  [
    {
      name: "sandbox-limits",
      from: "  if (value > limit) throw denied(",
      to: "  if (false) throw denied(",
      failing: "more than the filter's limit is refused",
    },
    {
      name: "sandbox-swap-asked",
      from: "request.MemorySwap !== memory",
      to: "false",
      failing: "more than the filter's limit is refused: swap",
    },
    {
      name: "sandbox-swap",
      from: "    MemorySwap: memory,\n",
      to: "    MemorySwap: -1,\n",
      failing: "bodies are accepted, and hardened",
    },
    {
      name: "sandbox-cgroup",
      from: "CgroupParent: sandbox.cgroupParent }",
      to: 'CgroupParent: "" }',
      failing: "bodies are accepted, and hardened",
    },
    {
      name: "sandbox-tmpfs-flags",
      file: `${folder}/tmpfs.ts`,
      from: "`rw,nosuid,nodev,noexec,size=",
      to: "`rw,size=",
      failing: "bodies are accepted, and hardened",
    },
    {
      name: "sandbox-exec-user",
      file: `${folder}/exec-body.ts`,
      from: "    User: user,\n",
      to: "    User: request.User,\n",
      failing: "never privileged, never another user",
    },
    {
      name: "sandbox-names-own",
      threat: "A gateway's sandboxes have names",
      file: "config/sandbox-names.ts",
      from: "container.startsWith(sandboxPrefix(gateway)) &&",
      to: "container.length > 0 &&",
      test: `${tests}/names.test.ts`,
      failing: "is refused, and the engine is not asked",
    },
    {
      name: "sandbox-names-apart",
      threat: "A gateway's sandboxes have names",
      file: "config/sandbox-names.ts",
      from: "=> `${gateway}.`;",
      to: "=> `${gateway}`;",
      test: `${tests}/names.test.ts`,
      failing: "begin with nothing that another's begin with",
    },
    {
      name: "sandbox-names-listed",
      threat: "A gateway's sandboxes have names",
      file: `${folder}/filter.ts`,
      from: "list.filter(own).map(listAnswer)",
      to: "list.map(listAnswer)",
      test: `${tests}/names.test.ts`,
      failing: "is in no list",
    },
    {
      name: "create-schema",
      threat: "JSON is parsed strictly",
      file: `${folder}/create-body.ts`,
      from: 'if (problem !== undefined) throw new Refusal(403, "create-body", problem);',
      to: 'if (problem === "") throw new Refusal(403, "create-body", problem);',
      test: `${tests}/fuzz.test.ts`,
      failing: "what is let through is what Go reads",
    },
    {
      name: "filter-closed",
      threat: "What runs on a gateway's behalf ends with it",
      file: `${folder}/controls.ts`,
      from: "{ throwIfNoEntry: false }) !== undefined;",
      to: "{ throwIfNoEntry: false }) === null;",
      test: `${tests}/closed.test.ts`,
      failing: "nothing is created, started or run while it is closed",
    },
    {
      name: "filter-closed-meanwhile",
      threat: "What runs on a gateway's behalf ends with it",
      file: `${folder}/filter.ts`,
      from: "      await this.takeBackWhenClosed(id);\n      return { status: 201",
      to: "      return { status: 201",
      test: `${tests}/closed.test.ts`,
      failing: "what was on its way to the engine when it was closed is removed again",
    },
    {
      name: "sandboxes-end-looks",
      threat: "What runs on a gateway's behalf ends with it",
      file: "config-files/host/bin/sandboxes-end",
      from: "LOOKS = 2",
      to: "LOOKS = 1",
      test: "tests/config-files/host/sandboxes-end.test.ts",
      failing: "finds one that was on its way when it was closed",
    },
    {
      name: "sandboxes-end-at-stop",
      threat: "What runs on a gateway's behalf ends with it",
      file: "config-files/host/bin/gateway-stop",
      from: "        gateway.end_sandboxes()\n",
      to: "        pass\n",
      test: "tests/config-files/host/gateway-stop.test.ts",
      failing: "ends a gateway once it has finished",
    },
    {
      name: "sandbox-workspace-mount",
      threat: "Its image is pinned by id",
      file: `${folder}/mount-table.ts`,
      from: '"nosuid", "nodev", "nosymfollow"',
      to: '"nosuid", "nodev"',
      test: `${tests}/mount-table.test.ts`,
      failing: "without nosymfollow",
    },
    {
      name: "sandbox-mounts-below",
      threat: "Binds lie below",
      file: `${folder}/mount-table.ts`,
      from: "if (below !== undefined) throw",
      to: "if (false) throw",
      test: `${tests}/mount-table.test.ts`,
      failing: "has a mount below it",
    },
    {
      name: "json-strict",
      threat: "JSON is parsed strictly",
      file: "config-files/http-service/strict-json.ts",
      from: "if (key in result) throw bad(",
      to: "if (false) throw bad(",
      test: "tests/config-files/http-service/strict-json.test.ts",
      failing: "refuses any key that is there twice",
    },
  ],
);

/** With a real engine: an attack of the corpus that gets through when its control is off. */
const attacks = controlsOf(
  {
    threat: "The filter knows its own sandboxes by a label",
    file: `${folder}/controls.ts`,
    test: `${tests}/corpus.docker.test.ts`,
  },
  [
    {
      name: "filter-own-sandboxes",
      from: "    details.Config?.Labels?.[gatewayLabel] === configuration.gateway.name &&\n",
      to: "    details.Name !== undefined ||\n",
      failing: "^exec into others by id$",
    },
    {
      name: "filter-own-execs",
      from: "  ownExecsOnly: true,",
      to: "  ownExecsOnly: false,",
      failing: "^exec into others start of another's exec$",
    },
    {
      name: "filter-create-body",
      threat: "The Docker API it has is a filter",
      from: "  rebuildCreateBody,\n",
      to: "  rebuildCreateBody: (body: object) => body,\n",
      failing: "^privileges Privileged$",
    },
    {
      name: "filter-exec-body",
      threat: "The Docker API it has is a filter",
      from: "  rebuildExecBody,\n",
      to: "  rebuildExecBody: (body: object) => body,\n",
      failing: "^exec options as root$",
    },
    {
      name: "filter-unresponsive-sandboxes",
      threat: "A sandbox in which nothing runs any more is removed",
      file: `${folder}/commands.ts`,
      from: "      void this.unresponsive.check(exec.container);\n",
      to: "",
      test: `${tests}/life.docker.test.ts`,
      failing: "is removed by itself when a command takes long",
    },
    {
      name: "filter-binds",
      threat: "Binds lie below",
      from: "  rebuildBinds,\n",
      to: "  rebuildBinds: () => [],\n",
      failing: "^binds a directory of the host$",
    },
  ],
);

/** Amounts, before an engine that is played. */
const amounts = controlsOf(
  {
    threat: "What one gateway asks of the engine has limits",
    file: `${folder}/controls.ts`,
    test: `${tests}/amounts.test.ts`,
  },
  [
    {
      name: "filter-one-request-at-a-time",
      from: "  oneAtATime: true,",
      to: "  oneAtATime: false,",
      failing: "^requests of one connection (2000|2) at once end it",
    },
    {
      name: "filter-calls-at-once",
      from: "  limitCalls: true,",
      to: "  limitCalls: false,",
      failing: "^calls of the engine are so many at a time",
    },
    {
      name: "filter-execs-created",
      from: "  limitExecs: true,",
      to: "  limitExecs: false,",
      failing: "^commands that are created and never started are so many, refused and not forgotten",
    },
    {
      name: "filter-places-follow-the-engine",
      file: `${folder}/exec-watch.ts`,
      from: '    if (exec === undefined || exec.state === "ended" || details["Running"] !== false) return;\n',
      to: '    if (exec === undefined || exec.state === "ended") return;\n    details = { ExitCode: 0 };\n',
      failing: "^commands that run keep their places when the client leaves",
    },
    {
      name: "filter-starts-at-once",
      from: "  limitStarts: true,",
      to: "  limitStarts: false,",
      failing: "^starts are so many at a time",
    },
    {
      name: "filter-rates",
      from: "  limitRates: true,",
      to: "  limitRates: false,",
      failing: "^rates of commands, of sandboxes and of their starts",
    },
    {
      name: "filter-exec-bytes",
      file: `${folder}/exec-body.ts`,
      from: '  atMost("Cmd[0]", request.Cmd.slice(0, 1), execBytes.program);\n',
      to: "",
      failing: "^a command is refused when it is too long: a program's name$",
    },
    {
      name: "filter-refused-start-ends",
      from: "  refusedLingerMs: 1_000,",
      to: "  refusedLingerMs: 600_000,",
      failing: "^a refused start whose client keeps its end open is destroyed",
    },
    {
      name: "filter-one-answer",
      threat: "The filter knows its own sandboxes by a label",
      from: "  mayBeAskedFor,\n",
      to: "  mayBeAskedFor: () => true,\n",
      failing: "^what is told of containers of others is the same",
    },
    {
      name: "filter-no-foreign-id",
      threat: "The filter knows its own sandboxes by a label",
      file: `${folder}/filter.ts`,
      from: "      if (answer.status === 409)\n",
      to: "      if (answer.status === 0)\n",
      failing: "^what is told of containers of others is no id",
    },
    {
      name: "filter-unused-given-up",
      file: `${folder}/commands.ts`,
      from: "const full = this.execs.containerOfUnused(this.containers.isSandbox);",
      to: "const full = undefined;",
      failing: "^commands that are created and never started end with their sandbox",
    },
    {
      name: "filter-failed-commands",
      file: `${folder}/exec-watch.ts`,
      from: "if (code !== 0) this.onFailed",
      to: "if (code === undefined) this.onFailed",
      failing: "^commands that run have their sandbox asked when they fail",
    },
    {
      name: "filter-gone-clients",
      file: `${folder}/hijack.ts`,
      from: "client.writable && client.write(Buffer.alloc(0))",
      to: "client.writable",
      failing: "^commands that run that nobody waits for, and that fill a sandbox, end with it$",
    },
    {
      name: "filter-refused-start-connection",
      file: `${folder}/daemon.ts`,
      from: "      socket.destroy();\n    });\n  });",
      to: "    });\n  });",
      failing: "^a start that the engine refuses leaves no connection",
    },
    {
      name: "filter-log-lines",
      file: "config-files/http-service/bounded-log.ts",
      from: "    if (written < linesPerMinute) {",
      to: "    if (written >= 0) {",
      failing: "^the log has so many refusals a minute",
    },
  ],
);

export const filterControls: readonly Control[] = [
  ...sandbox,
  ...limits,
  ...attacks,
  ...amounts,
  ...proofControls,
];
