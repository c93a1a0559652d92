import { creates, host, set, setTop } from "./attack";

export const processes = creates("process", [
  ["another command", setTop("Cmd", ["/bin/sh", "-c", "id"]), (c) => c["Config"].Cmd.length === 3],
  ["one more argument", setTop("Cmd", ["sleep", "infinity", "1"]), (c) => c["Config"].Cmd.length === 3],
  ["the command as a string", setTop("Cmd", "sleep infinity"), (c) => c["Config"].Cmd.length === 1],
  ["no command", setTop("Cmd", []), undefined, { engineRefuses: true }],
  ["an entry point", setTop("Entrypoint", ["/bin/sh", "-c"]), (c) => c["Config"].Entrypoint.length === 2],
  ["an entry point as a string", setTop("Entrypoint", "/bin/sh"), (c) => c["Config"].Entrypoint !== null],
  ["an empty entry point", setTop("Entrypoint", []), (c) => c["Config"].Cmd.length === 2],
  [
    "a health check: a command that the engine runs",
    setTop("Healthcheck", { Test: ["CMD-SHELL", "id"], Interval: 1_000_000_000 }),
    (c) => c["Config"].Healthcheck.Test.length === 2,
  ],
  ["a terminal", setTop("Tty", true), (c) => c["Config"].Tty === true],
  ["an open input", setTop("OpenStdin", true), (c) => c["Config"].OpenStdin === true],
  ["an attached input", setTop("AttachStdin", true), (c) => c["Config"].AttachStdin === true],
  ["an input that is closed once", setTop("StdinOnce", true), (c) => c["Config"].StdinOnce === true],
  ["another working directory", setTop("WorkingDir", "/root"), (c) => c["Config"].WorkingDir === "/root"],
  [
    "a working directory by dot-dot",
    setTop("WorkingDir", "/workspace/../etc"),
    (c) => c["Config"].WorkingDir !== "/workspace",
  ],
  ["a signal to stop", setTop("StopSignal", "SIGKILL"), (c) => c["Config"].StopSignal === "SIGKILL"],
  ["a time to stop", setTop("StopTimeout", 86_400), (c) => c["Config"].StopTimeout === 86_400],
  ["a shell", setTop("Shell", ["/bin/sh"]), (c) => c["Config"].Shell.length === 1],
  ["triggers of a build", setTop("OnBuild", ["RUN id"])],
  ["no init", set("Init", false), (c) => host(c)["Init"] === false],
  [
    "a variable that is not on the list",
    setTop("Env", ["LANG=C.UTF-8", "LD_PRELOAD=/workspace/x.so"]),
    (c) => c["Config"].Env.some((e: string) => e.startsWith("LD_PRELOAD")),
  ],
  [
    "a variable without a value: the engine removes it from the image's",
    setTop("Env", ["IMAGE_SECRET"]),
    (c) => !c["Config"].Env.includes("IMAGE_SECRET=in-the-image"),
  ],
  [
    "a variable with a line break",
    setTop("Env", ["LANG=a\nLD_PRELOAD=b"]),
    (c) => c["Config"].Env[0].includes("\n"),
  ],
  [
    "a variable whose name has a space",
    setTop("Env", ["LANG =a"]),
    (c) => c["Config"].Env[0].startsWith("LANG ="),
  ],
  ["a terminal size", set("ConsoleSize", [1, 1]), (c) => host(c) !== undefined],
]);

export const identity = [
  ...creates("labels and image", [
    [
      "the label of another gateway",
      (b) => (b["Labels"]["clawkeep.gateway"] = "other"),
      (c) => c["Config"].Labels["clawkeep.gateway"] === "other",
    ],
    [
      "a label of another tool",
      (b) => (b["Labels"]["com.docker.compose.project"] = "clawkeep"),
      (c) => c["Config"].Labels["com.docker.compose.project"] !== undefined,
    ],
    [
      "a label of OpenClaw that is not the sandbox's",
      (b) => (b["Labels"]["openclaw.sandboxBrowser"] = "1"),
      (c) => c["Config"].Labels["openclaw.sandboxBrowser"] === "1",
    ],
    [
      "no label of a sandbox",
      (b) => delete b["Labels"]["openclaw.sandbox"],
      (c) => c["Config"].Labels["openclaw.sandbox"] === undefined,
    ],
    ["Labels null", setTop("Labels", null), (c) => c["Config"].Labels["openclaw.sandbox"] === undefined],
    [
      "Labels left out",
      (b) => delete b["Labels"],
      (c) => c["Config"].Labels["openclaw.sandbox"] === undefined,
    ],
    [
      "a label with a control character",
      (b) => (b["Labels"]["openclaw.sessionKey"] = "a\u001b[2J"),
      (c) => c["Config"].Labels["openclaw.sessionKey"].length > 1,
    ],
    [
      "a label of great length",
      (b) => (b["Labels"]["openclaw.sessionKey"] = "a:".repeat(2000)),
      (c) => c["Config"].Labels["openclaw.sessionKey"].length === 4000,
    ],
    ["an empty label", (b) => (b["Labels"][""] = ""), (c) => c["Config"].Labels[""] === ""],
    ["another image", (b, p) => (b["Image"] = p.otherImage), (c) => c["Config"].Image !== ""],
    ["the image by id", (b, p) => (b["Image"] = p.imageId), (c) => c["Config"].Image.startsWith("sha256:")],
    [
      "the image by a short id",
      (b, p) => (b["Image"] = p.imageId.slice(7, 19)),
      (c) => c["Config"].Image.length === 12,
    ],
    [
      "the image with its registry",
      (b, p) => (b["Image"] = `docker.io/library/${p.image}`),
      (c) => c["Config"].Image.startsWith("docker.io"),
    ],
    ["no image", (b) => delete b["Image"], undefined],
  ]),
];
