/** The command as a whole, with programs in place of pulumi, ssh and curl that say what they should not. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prod, rawConfiguration } from "../../fixtures/stack-configuration";
import { runsTypeScript } from "../../typescript";

jest.setTimeout(180_000);
const root = join(__dirname, "..", "..", "..");
let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "clawkeep-report-"))));
afterEach(() => rmSync(directory, { recursive: true }));

const { values, secretKeys } = rawConfiguration(prod, { "hcloud:endpoint": "http://127.0.0.1:9/v1" });
const config = Object.fromEntries(
  Object.entries(values).map(([key, value]) => [key, { value, secret: secretKeys.has(key) }]),
);
const token = prod.secrets["clawkeep:gatewayToken-openclaw"] ?? "";
const outputs = {
  gatewayUrl: "https://assistant.example.org/",
  ipv4: "203.0.113.10",
  ipv6: "2001:db8::10",
  sshCommand: "ssh -p 9922 root@203.0.113.10",
  sshHostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExa",
  gatewayToken: token,
};
const history = [
  {
    kind: "update",
    result: "succeeded",
    startTime: "2026-12-01T10:00:00.000Z",
    endTime: "2026-12-01T10:20:00.000Z",
    resourceChanges: { create: 82 },
    config,
  },
];

/** @param said by what of its arguments -> what it prints */
function program(name: string, said: Readonly<Record<string, string>>, otherwise: string): void {
  const cases = Object.entries(said).map(([words, text], index) => {
    writeFileSync(join(directory, `${name}-${index}.txt`), text);
    return `*'${words}'*) cat '${directory}/${name}-${index}.txt' ;;`;
  });
  mkdirSync(join(directory, "bin"), { recursive: true });
  const path = join(directory, "bin", name);
  writeFileSync(path, `#!/bin/sh\ncase "$*" in\n${cases.join("\n")}\n*) ${otherwise} ;;\nesac\n`);
  chmodSync(path, 0o755);
}

function pulumi(changes: Readonly<Record<string, string>> = {}): void {
  const said = {
    whoami: '{"user": "me", "url": "file:///home/me/state"}',
    "stack output": JSON.stringify(outputs),
    "stack history": JSON.stringify(history),
    about: JSON.stringify({ cliAbout: { version: "v3.230.0" }, backend: { url: "file:///home/me/state" } }),
    "plugin ls": "[]",
    config: JSON.stringify(config),
    ...changes,
  };
  program("pulumi", said, "exit 1");
}

const run = (...args: string[]) =>
  spawnSync(
    process.execPath,
    [...runsTypeScript, join(root, "tools", "first-deployment-report.ts"), "prod", ...args],
    {
      encoding: "utf8",
      cwd: directory,
      env: { ...process.env, PATH: `${directory}/bin:${process.env["PATH"] ?? ""}` },
    },
  );
const file = (): string => join(directory, "first-deployment-prod.json");
const leak = new RegExp(`${token}|example\\.org|203\\.0\\.113|2001:db8|/home/me|marias`, "i");

test("a host whose every answer is a secret: all rows fail, and none of it is in the file or said", () => {
  pulumi();
  const complaint = `echo "no ${token} at assistant.example.org, 203.0.113.10" >&2; exit 1`;
  program(
    "ssh",
    {
      "os-release": `failedUnits\tbackup-of-marias-server.service\nkernel\t6.12.43+deb13-cloud-amd64\nos\tdebian ${token}\n`,
      "hostname --fqdn": "marias-server\nmarias-server.example.com\n",
    },
    complaint,
  );
  program("curl", {}, complaint);
  const { status, stdout, stderr } = run();
  expect([status, stdout]).toEqual([0, expect.stringContaining("docs/first-real-deployment.md")]);
  const text = readFileSync(file(), "utf8");
  expect(text).not.toMatch(leak);
  expect(stderr).not.toContain(token);
  const document = JSON.parse(text);
  expect(document).toMatchObject({
    versions: { pulumi: "v3.230.0", backend: "file" },
    host: { kernel: { words: ["6.12.43+deb13-cloud-amd64"] }, os: { words: ["debian"], leftOut: 1 } },
    updates: [{ kind: "update", seconds: 1200, changes: { create: 82 } }],
  });
  expect(document.verify.of).toBeGreaterThan(30);
  // That nothing is off the host is known without asking anybody.
  expect(document.verify.hold).toBe(1);
  expect(document.verify.rows[0].detail).toContain("[a secret of the stack]");
});

test("a host that does not answer, and an up that ended half way, are reports too", () => {
  pulumi({ "stack output": "{}" });
  const { status } = run();
  expect(status).toBe(0);
  expect(JSON.parse(readFileSync(file(), "utf8"))).toMatchObject({
    host: { problem: expect.stringContaining("has no outputs sshCommand and sshHostKey") },
    verify: { problem: expect.stringContaining("is it deployed?") },
  });
});

test("a report that would hold a secret is not written; the error names the field and what to type", () => {
  pulumi({ "stack output": JSON.stringify({ gatewayToken: "v3.230.0" }) });
  const { status, stderr } = run();
  expect(status).toBe(1);
  expect(stderr).toContain("versions.pulumi holds a secret of the stack");
  expect(stderr).toContain("WITHOUT=versions.pulumi");
  expect(stderr).not.toContain("v3.230.0");
  expect(existsSync(file())).toBe(false);
  expect(run("--without", "versions.pulumi").status).toBe(0);
  expect(readFileSync(file(), "utf8")).not.toContain("v3.230.0");
});
