/** The stand-in for the `command` provider, driven by the true engine against a true sshd. */
import * as fs from "node:fs";
import * as path from "node:path";
import { ensureToolchain, isSecret, Project, toolchainTimeout } from "./project";
import { Sshd } from "./sshd";

jest.setTimeout(120_000);

const sshd = new Sshd();
let project: Project;
let journal: string;

/** What the commands wrote down, in order. */
const written = (): string[] =>
  fs.existsSync(journal)
    ? fs
        .readFileSync(journal, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : [];

/** Runs `step` and returns the lines that it added to the journal. */
async function journalOf(step: () => Promise<unknown>): Promise<string[]> {
  const before = written().length;
  await step();
  return written().slice(before);
}

interface Knobs {
  perDialTimeout: number;
  trigger: string;
  environment: string;
  deleteText: string;
}

const first: Knobs = { perDialTimeout: 15, trigger: "one", environment: "old", deleteText: "deleted" };

function programOf(knobs: Knobs): string {
  return `
    const k = ${JSON.stringify(knobs)};
    const note = (text) => "echo " + text + " >> ${journal}";
    // Neither key nor agent socket: the agent of SSH_AUTH_SOCK must serve.
    const connection = { host: "127.0.0.1", port: ${sshd.port}, user: "root",
      hostKey: ${JSON.stringify(sshd.hostKey())}, perDialTimeout: k.perDialTimeout };
    const plain = new command.remote.Command("plain", {
      connection, create: "echo made; cat; " + note("plain-create:$PULUMI_COMMAND_STDOUT"), stdin: "from stdin",
    });
    new command.remote.Command("updated", {
      connection, create: "echo first", update: "echo second; " + note("updated-update:$PULUMI_COMMAND_STDOUT"),
    });
    new command.remote.Command("forgetful", {
      connection, create: "echo x; " + note("forgetful-create:$PULUMI_COMMAND_STDOUT"), addPreviousOutputInEnv: false,
    });
    new command.remote.Command("triggered", {
      connection, triggers: [k.trigger], environment: { LAB_WORD: k.environment },
      create: note("triggered-create:$LAB_WORD"), delete: note("triggered-delete:$LAB_WORD"),
    });
    new command.remote.Command("deletes", {
      connection, create: note("deletes-create"), delete: note("deletes-" + k.deleteText),
    });
    const secret = pulumi.secret("hunter2");
    new command.remote.Command("secretive", {
      connection, create: pulumi.interpolate\`cat; echo \${secret}\`, stdin: secret, logging: "none",
    });
    new command.local.Command("local", {
      create: "printf '%s' \\"$WORD\\"; cat", environment: { WORD: plain.stdout }, stdin: " and stdin",
    });
    new command.remote.CopyToRemote("copied", {
      connection, source: new pulumi.asset.StringAsset("content"), remotePath: "${project.dir}/far/deep/file",
    });
    exports.plain = plain.stdout;`;
}

beforeAll(async () => {
  ensureToolchain();
  await sshd.start();
  project = new Project({ SSH_AUTH_SOCK: sshd.agentSocket });
  journal = path.join(project.dir, "journal");
  await project.init();
}, toolchainTimeout);

afterAll(() => {
  sshd.stop();
  project.remove();
});

test("create runs over the agent's key, with stdin, and its output becomes stdout", async () => {
  project.program(programOf(first));
  const { text } = await project.up();
  expect((await project.outputs())["plain"]).toBe("made\nfrom stdin");
  expect((await project.state("local"))?.outputs?.["stdout"]).toBe("made\nfrom stdin and stdin");
  expect(text).toContain("from stdin"); // Both streams are logged unless told otherwise,
  expect(text).not.toContain("hunter2"); // and nothing is with `logging: none`.
});

test("the connection is stored encrypted as a whole, a command's output is not", async () => {
  const plain = await project.state("plain");
  expect(isSecret(plain?.inputs?.["connection"])).toBe(true);
  expect(isSecret(plain?.outputs?.["connection"])).toBe(true);
  const secretive = await project.state("secretive");
  for (const property of ["create", "stdin"]) {
    expect(isSecret(secretive?.inputs?.[property])).toBe(true);
    expect(isSecret(secretive?.outputs?.[property])).toBe(true);
  }
  expect(secretive?.outputs?.["stdout"]).toBe("hunter2hunter2");
});

test("CopyToRemote makes the folders and leaves the mode to the far umask", () => {
  const file = path.join(project.dir, "far/deep/file");
  expect(fs.readFileSync(file, "utf8")).toBe("content");
  expect((fs.statSync(file).mode & 0o777).toString(8)).toBe("644");
});

test("nothing is planned when nothing changed, also after a refresh", async () => {
  await project.expect("preview", "--refresh", "--expect-no-changes");
});

test("a changed connection updates every command; what it prints is unknown until then", async () => {
  project.program(programOf({ ...first, perDialTimeout: 14, deleteText: "undone" }));
  const { stdout } = await project.expect("preview", "--json");
  const { steps } = JSON.parse(stdout) as {
    steps: { op: string; urn: string; newState?: { inputs: { environment?: { WORD: string } } } }[];
  };
  const local = steps.find((step) => step.urn.endsWith("::local"));
  expect(local?.op).toBe("update");
  // The engine's mark for a value that is not known yet.
  expect(local?.newState?.inputs.environment?.WORD).toBe("04da6b54-80e4-46f7-96ec-b56ff0331ba9");
  for (const name of ["plain", "updated", "forgetful", "triggered", "deletes", "secretive", "copied"]) {
    expect([name, steps.find((step) => step.urn.endsWith(`::${name}`))?.op]).toEqual([name, "update"]);
  }
  const lines = await journalOf(() => project.up());
  expect(lines.sort()).toEqual([
    "deletes-create", // A new text for `delete` runs `create` too.
    "forgetful-create:", // addPreviousOutputInEnv: false
    "plain-create:made from stdin", // No `update`: `create` again, with the last output at hand.
    "triggered-create:old",
    "updated-update:first",
  ]);
  expect((await project.state("updated"))?.outputs?.["stdout"]).toBe("second");
});

test("a changed trigger creates the new before it deletes the old with the old inputs", async () => {
  project.program(
    programOf({ ...first, perDialTimeout: 14, deleteText: "undone", trigger: "two", environment: "new" }),
  );
  expect(await journalOf(() => project.up())).toEqual(["triggered-create:new", "triggered-delete:old"]);
});

test("destroy runs the delete texts last applied", async () => {
  const lines = await journalOf(() => project.expect("destroy", "--yes", "--skip-preview"));
  expect(lines.sort()).toEqual(["deletes-undone", "triggered-delete:new"]);
});

describe("failures", () => {
  const connect = (extra: string): string =>
    `{ host: "127.0.0.1", port: ${sshd.port}, user: "root", ${extra} }`;

  test("a failing command shows its text and output, is not recorded, and its delete never runs", async () => {
    project.program(`new command.remote.Command("fails", { connection: ${connect("")}, logging: "none",
      create: "echo told; echo grumbled >&2; exit 3", delete: "echo never >> ${journal}" });`);
    const lines = await journalOf(async () => {
      const { code, text } = await project.pulumi("up", "--yes", "--skip-preview");
      expect(code).not.toBe(0);
      expect(text).toContain("Process exited with status 3");
      expect(text).toContain('"echo told; echo grumbled >&2; exit 3"');
      expect(text).toContain("told\n");
      expect(text).toContain("grumbled\n");
      expect(await project.state("fails")).toBeUndefined();
      await project.expect("destroy", "--yes", "--skip-preview");
    });
    expect(lines).toEqual([]);
  });

  test("a wrong host key is tried again, then refused, and nothing runs", async () => {
    project.program(
      `new command.remote.Command("pinned", { connection: ${connect(
        `dialErrorLimit: 2, hostKey: ${JSON.stringify(sshd.strangeKey())}`,
      )}, create: "echo reached >> ${journal}" });`,
    );
    const before = sshd.connections();
    const lines = await journalOf(async () => {
      const { code, text } = await project.pulumi("up", "--yes", "--skip-preview");
      expect(code).not.toBe(0);
      expect(text).toContain("ssh: host key mismatch");
    });
    expect(lines).toEqual([]);
    expect(sshd.connections() - before).toBe(3);
  });

  test("a pinned key is asked for by its kind, on a server that has a key of a preferred kind too", async () => {
    const both = new Sshd(["ed25519", "ecdsa"]);
    try {
      await both.start();
      project.program(`new command.remote.Command("pinned", { connection: { host: "127.0.0.1", port: ${both.port},
        dialErrorLimit: 0, privateKey: ${JSON.stringify(both.privateKey())},
        hostKey: ${JSON.stringify(both.hostKey())} }, create: "true" });`);
      await project.up();
    } finally {
      both.stop();
    }
  });

  test("environment that sshd does not accept is an error", async () => {
    project.program(`new command.remote.Command("refused", { connection: ${connect("")},
      create: "echo reached >> ${journal}", environment: { OTHER: "x" } });`);
    const { code, text } = await project.pulumi("up", "--yes", "--skip-preview");
    expect(code).not.toBe(0);
    expect(text).toContain("sshd refused the environment variable OTHER");
  });

  test("a private key serves without the agent, and connections stay open, as by the true plugin", async () => {
    const alone = new Project({ SSH_AUTH_SOCK: "" });
    try {
      await alone.init();
      const count = "ss -Htn state established '( sport = :" + String(sshd.port) + " )' | wc -l";
      alone.program(`
        const connection = ${connect(`privateKey: ${JSON.stringify(sshd.privateKey())}`)};
        let before = [];
        for (let i = 0; i < 4; i++) {
          before = [new command.remote.Command("c" + i, { connection, create: "${count}" }, { dependsOn: before })];
        }
        exports.last = before[0].stdout;`);
      await alone.up();
      expect(Number((await alone.outputs())["last"])).toBe(4);
    } finally {
      alone.remove();
    }
  });

  test("refuses what the npm types do not declare, all of it at once", async () => {
    project.program(`new pulumi.CustomResource("command:remote:Command", "wrong", { sudo: true, logging: "some",
      connection: { identity: "x", port: "22" } }, { version: "1.2.1" });`);
    const { code, text } = await project.pulumi("preview");
    expect(code).not.toBe(0);
    expect(text).toContain('has no property "sudo"');
    expect(text).toContain('has no property "connection.identity"');
    expect(text).toContain('needs the property "connection.host"');
    expect(text).toContain("connection.port must be of kind number");
    expect(text).toContain('"some" is none of the values of logging');
  });

  test.each([
    ["property", `new command.local.Command("wrong", { archivePaths: ["*"] });`, "has no archivePaths"],
    [
      "resource type",
      `new command.remote.CopyFile("wrong", { connection: { host: "h" }, localPath: "a", remotePath: "b" });`,
      "does not serve command:remote:CopyFile",
    ],
  ])("refuses a %s that the stand-in does not have", async (_, program, message) => {
    project.program(program);
    const { code, text } = await project.pulumi("preview");
    expect(code).not.toBe(0);
    expect(text).toContain(message);
  });
});
