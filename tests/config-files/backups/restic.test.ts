/** How restic reaches each kind of repository, with no secret in an argument or a variable. */
import {
  knownHostsLine,
  resticConnection,
  secretFiles,
  snapshotTags,
} from "../../../config-files/backups/restic";
import { parseRepository, type Repository } from "../../../config/repository";

const at = (text: string): Repository => {
  const repository = parseRepository(text);
  if (typeof repository === "string") throw new Error(repository);
  return repository;
};

test("S3 by path, so that exactly the host that is named is called", () => {
  const place = at("s3:https://s3.eu-central-003.backblazeb2.com/example-backups/prod");
  expect(resticConnection(place, "/secrets", "eu-central-003")).toEqual({
    arguments: [
      ...["--password-file", "/secrets/repository-password"],
      ...["--repo", "s3:https://s3.eu-central-003.backblazeb2.com/example-backups/prod"],
      ...["--option", "s3.bucket-lookup=path"],
    ],
    fromFiles: { AWS_ACCESS_KEY_ID: "access-key-id", AWS_SECRET_ACCESS_KEY: "secret-access-key" },
    environment: { AWS_DEFAULT_REGION: "eu-central-003" },
  });
  expect(resticConnection(at("s3:https://s3.fr-par.scw.cloud/bucket"), "/secrets")).toMatchObject({
    arguments: expect.arrayContaining(["s3:https://s3.fr-par.scw.cloud/bucket"]) as string[],
    environment: {},
  });
});

test.each([
  ["rest:https://prod@backups.example.net/prod", "rest:https://backups.example.net/prod/"],
  ["rest:https://prod@backups.example.net", "rest:https://backups.example.net/"],
])("restic's server, %s: the user's name is no part of the address", (text, repository) => {
  expect(resticConnection(at(text), "/secrets")).toEqual({
    arguments: ["--password-file", "/secrets/repository-password", "--repo", repository],
    fromFiles: { RESTIC_REST_PASSWORD: "server-password" },
    environment: { RESTIC_REST_USERNAME: "prod" },
  });
});

test("SSH: one key, one host key, nobody asked, and it ends when the other side is gone", () => {
  const place = at("ssh://u123456@u123456.your-storagebox.de");
  const { arguments: words, fromFiles } = resticConnection(place, "/secrets");
  expect(fromFiles).toEqual({});
  expect(words.slice(2, 4)).toEqual(["--repo", "rclone:"]);
  const program = words.at(-1) ?? "";
  expect(program).toMatch(/^rclone\.program=ssh -F \/dev\/null -T -p 23 -i \/secrets\/ssh-key /);
  for (const option of [
    "StrictHostKeyChecking=yes",
    "UserKnownHostsFile=/secrets/known-hosts",
    "GlobalKnownHostsFile=/dev/null",
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    "ServerAliveInterval=20",
  ])
    expect(program).toContain(` -o ${option} `);
  expect(program).toMatch(/ u123456@u123456\.your-storagebox\.de$/);
  expect(program).toContain(" -o 'ProxyCommand=sh /scripts/backup-tunnel openclaw-egress 3128 %h %p' ");
  // restic takes the text apart at spaces and single quotation marks; its flag does at commas and others.
  expect(program.replace(/'ProxyCommand=[^']*'/, "")).not.toMatch(/["'\\,]/);
});

test.each([
  ["ssh://u1@box.example.net", "[box.example.net]:23 ssh-ed25519 AAAA\n"],
  ["ssh://u1@box.example.net:22", "box.example.net ssh-ed25519 AAAA\n"],
])("%s in known_hosts", (text, line) => {
  const place = at(text);
  if (place.kind !== "ssh") throw new Error("not by SSH");
  expect(knownHostsLine(place, "ssh-ed25519 AAAA")).toBe(line);
});

test("every file of a secret has a name of its own", () => {
  const names = Object.values(secretFiles);
  expect(new Set(names).size).toBe(names.length);
});

test("a snapshot's tags name stack and gateways", () => {
  expect(snapshotTags({ stack: "prod", gateways: ["openclaw", "second"] })).toEqual([
    "stack=prod",
    "gateway=openclaw",
    "gateway=second",
  ]);
});
