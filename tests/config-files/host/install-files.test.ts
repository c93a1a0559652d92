/** install-files run for real. Where no mount namespace can be had these tests are skipped. */
import { onAHost, otherId, possible } from "./on-a-host";

const run = "/opt/openclaw/bin/install-files";
const secret = "never-to-be-printed-3f9a";
interface Entry {
  readonly path: string;
  readonly mode: string;
  readonly content: string;
}
const entry = (changes: Partial<Entry> = {}): Entry => ({
  path: "secrets.json",
  mode: "0400",
  content: secret,
  ...changes,
});
const order = (changes: Record<string, unknown> = {}): string =>
  JSON.stringify({
    root: "/opt/openclaw/secrets/litellm",
    revision: "0123456789ab",
    directoryMode: "0500",
    uid: otherId,
    gid: otherId,
    files: [entry()],
    ...changes,
  });
/** Bash that installs each order in turn, a second apart in the eyes of the file system. */
const install = (...orders: string[]): string =>
  orders.map((text) => `${run} <<'ORDER'\n${text}\nORDER`).join("\nsleep 0.02\n");
const directory = "/opt/openclaw/secrets/litellm/0123456789ab";

(possible ? describe : describe.skip)("install-files", () => {
  it("writes a revision, owned by who reads it and readable for nobody else", () => {
    const show = `stat -c '%a %u %g %n' ${directory} ${directory}/*; cat ${directory}/secrets.json`;
    const { status, stdout, stderr } = onAHost(`${install(order())}\n${show}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n")).toEqual([
      `${directory}: 1 files`,
      `500 ${otherId} ${otherId} ${directory}`,
      `400 ${otherId} ${otherId} ${directory}/secrets.json`,
      secret,
    ]);
  });

  it("writes any bytes that JSON can carry", () => {
    const content = "ü€\n\t\"\\ '$(reboot)' `x`\r\n";
    const { stdout } = onAHost(`${run} >/dev/null; base64 -w0 ${directory}/secrets.json`, {
      input: order({ files: [entry({ content })] }),
    });
    expect(Buffer.from(stdout, "base64").toString()).toBe(content);
  });

  it("does it again without a difference, and puts right what somebody changed", () => {
    const spoil = `echo other >${directory}/new; chmod 0777 ${directory}; rm -f ${directory}/secrets.json; echo x >${directory}/secrets.json`;
    const show = `ls -A ${directory}; stat -c %a ${directory} ${directory}/secrets.json; cat ${directory}/secrets.json`;
    const { status, stdout } = onAHost(
      `${install(order(), order())}\n${spoil}\n${install(order())}\n${show}`,
    );
    expect(status).toBe(0);
    expect(stdout.split("\n").slice(-5)).toEqual([
      `${directory}: 1 files`,
      "secrets.json",
      "500",
      "400",
      secret,
    ]);
  });

  it("keeps the newest three revisions: a container that still runs may have an older one mounted", () => {
    const revisions = ["000000000001", "000000000002", "000000000003", "000000000004"];
    const orders = [...revisions, revisions[1] ?? ""].map((revision) => order({ revision }));
    const { stdout } = onAHost(`${install(...orders)}\nls /opt/openclaw/secrets/litellm | tr '\\n' ' '`);
    // The second was gone by then and is the newest now; the third and the fourth came before it.
    expect(stdout.split("\n").at(-1)).toBe("000000000002 000000000003 000000000004 ");
  });

  it("keeps the revision that is in force, however old, and the link that says so", () => {
    const revisions = ["000000000001", "000000000002", "000000000003", "000000000004", "000000000005"];
    const [first = "", ...later] = revisions.map((revision) => order({ revision }));
    const link = "ln -s 000000000001 /opt/openclaw/secrets/litellm/current";
    const { stdout } = onAHost(
      `${install(first)}\n${link}\n${install(...later)}\nls /opt/openclaw/secrets/litellm | tr '\\n' ' '`,
    );
    expect(stdout.split("\n").at(-1)).toBe("000000000001 000000000003 000000000004 000000000005 current ");
  });

  it("follows no link that lies where it writes", () => {
    const plant = `mkdir -p ${directory} /opt/elsewhere; ln -s /opt/elsewhere/target ${directory}/secrets.json.clawkeep-new`;
    const { status, stdout } = onAHost(
      `${plant}\n${run} <<'ORDER' || true\n${order()}\nORDER\nls /opt/elsewhere`,
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });

  it("replaces a link that lies where a file has to be", () => {
    const plant = `mkdir -p ${directory} /opt/elsewhere; echo untouched >/opt/elsewhere/target; ln -s /opt/elsewhere/target ${directory}/secrets.json`;
    const { stdout } = onAHost(
      `${plant}\n${install(order())}\ncat /opt/elsewhere/target; stat -c %F ${directory}/secrets.json`,
    );
    expect(stdout).toBe(`${directory}: 1 files\nuntouched\nregular file\n`);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["a root elsewhere", { root: "/etc" }, /refusing to write to \/etc\//],
    ["a root that only begins alike", { root: "/opt/openclaw-other/x" }, /refusing to write/],
    ["a root with a step up", { root: "/opt/openclaw/config/../../../etc" }, /refusing to write/],
    ["a revision with a step up", { revision: "../../../etc" }, /refusing to write/],
    ["a revision that is none", { revision: "latest" }, /refusing to write/],
    ["a file name with a folder", { files: [entry({ path: "a/b" })] }, /a\/b is not a plain file name/],
    ["a file name with a step up", { files: [entry({ path: "../x" })] }, /is not a plain file name/],
    ["an absolute file name", { files: [entry({ path: "/etc/passwd" })] }, /is not a plain file name/],
    ["a hidden file", { files: [entry({ path: ".x" })] }, /is not a plain file name/],
    ["an empty file name", { files: [entry({ path: "" })] }, /is not a plain file name/],
    ["a mode that is none", { files: [entry({ mode: "rw" })] }, /invalid literal/],
    ["an order that lacks something", { uid: undefined }, /uid/],
  ])("refuses %s, and prints nothing of the content", (_, changes, message) => {
    const { status, stdout, stderr } = onAHost(`${run}; exit $?`, { input: order(changes) });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(stdout + stderr).not.toContain(secret);
  });

  it("prints nothing of an order that is no JSON", () => {
    const { status, stdout, stderr } = onAHost(`${run}; exit $?`, { input: `{"content": "${secret}",` });
    expect(status).toBe(1);
    expect(stdout + stderr).not.toContain(secret);
  });
});
