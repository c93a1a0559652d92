/** `make secrets`, with a stand-in for pulumi that keeps what it is given. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";

jest.setTimeout(60_000);
const root = join(__dirname, "..", "..");
const webhook = "clawkeep:alertWebhookUrl";
const made = ["clawkeep:litellmMasterKey", "clawkeep:gatewayToken-openclaw", "clawkeep:litellmKey-openclaw"];
let place = "";
beforeEach(() => (place = mkdtempSync(join(tmpdir(), "clawkeep-secrets-"))));
afterEach(() => rmSync(place, { recursive: true, force: true }));

/** Runs it over two stack files that hold these secrets. @returns what is set then, and what was said */
function makeSecrets(prod: Record<string, string>, standby: Record<string, string>) {
  for (const [stack, secrets] of Object.entries({ prod, standby })) {
    const config = Object.fromEntries(Object.keys(secrets).map((key) => [key, { secure: "v1:made-up" }]));
    writeFileSync(join(place, `Pulumi.${stack}.yaml`), stringify({ config }));
    for (const [key, value] of Object.entries(secrets)) writeFileSync(join(place, `${stack} ${key}`), value);
  }
  // `config get|set --stack STACK [--secret] KEY`, the value of a set on standard input.
  const script = [
    "#!/bin/sh",
    "for key; do :; done",
    'file="$4 $key"',
    'if [ "$2" = get ]; then cat "$file"; else cat > "$file"; fi',
  ];
  writeFileSync(join(place, "pulumi"), script.join("\n"), { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync(
    join(root, "node_modules", ".bin", "tsx"),
    [join(root, "tools", "generate-secrets.ts")],
    { cwd: place, encoding: "utf8", env: { ...process.env, PATH: `${place}:${process.env["PATH"]}` } },
  );
  expect([status, stderr]).toEqual([0, ""]);
  const value = (stack: string, key: string): string | undefined =>
    existsSync(join(place, `${stack} ${key}`))
      ? readFileSync(join(place, `${stack} ${key}`), "utf8")
      : undefined;
  return { value, said: stdout };
}

it("makes up what can be made up, the same for both stacks, and nothing that comes from somebody else", () => {
  const { value } = makeSecrets({}, {});
  for (const key of made) {
    expect(value("prod", key)).toMatch(/^(sk-)?[0-9a-f]{64}$/);
    expect(value("standby", key)).toBe(value("prod", key));
  }
  for (const stack of ["prod", "standby"]) expect(value(stack, webhook)).toBeUndefined();
});

it("copies what one stack has to the other, the webhook too, and prints no value", () => {
  const [url, token] = ["https://hooks.example.net/services/T0/secret-part", "ab".repeat(32)];
  const { value, said } = makeSecrets({ [webhook]: url }, { "clawkeep:gatewayToken-openclaw": token });
  expect(value("standby", webhook)).toBe(url);
  expect(value("prod", "clawkeep:gatewayToken-openclaw")).toBe(token);
  expect(said).toContain(`${webhook}: copied from prod, set in standby`);
  expect(said).not.toMatch(/secret-part|(ab){32}/);
});

it("leaves alone what both have", () => {
  const { value } = makeSecrets(
    { [webhook]: "https://one.example.net" },
    { [webhook]: "https://two.example.net" },
  );
  expect([value("prod", webhook), value("standby", webhook)]).toEqual([
    "https://one.example.net",
    "https://two.example.net",
  ]);
});
