/** What the other side is told: who may delete what, judged as S3 judges a policy. */
import {
  authorizedKeysLine,
  bucketPolicy,
  lifecycle,
  lockedDays,
  objectLock,
  restServerFlags,
} from "../../../config-files/backups/storage";

const policy = bucketPolicy({ bucket: "b", folder: "prod" }, ["host"], "prune");
const covers = (pattern: string, text: string): boolean =>
  pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : pattern === text;

/** Deny goes before allow, and what nobody allows is denied. */
function may(who: string, action: string, key: string): boolean {
  const resource = key === "" ? "arn:aws:s3:::b" : `arn:aws:s3:::b/${key}`;
  const effects = policy.Statement.filter(
    ({ Principal, Action, Resource }) =>
      Principal.AWS.includes(who) &&
      Action.includes(`s3:${action}`) &&
      Resource.some((pattern) => covers(pattern, resource)),
  ).map(({ Effect }) => Effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}

test.each<[string, string, boolean]>([
  ["ListBucket", "", true],
  ["GetObject", "prod/data/00/x", true],
  ["PutObject", "prod/snapshots/x", true],
  ["DeleteObject", "prod/locks/x", true],
  ["DeleteObject", "prod/snapshots/x", false],
  ["DeleteObject", "prod/data/00/x", false],
  ["DeleteObject", "prod/config", false],
  ["DeleteObject", "locks/x", false],
  ["PutObject", "other/data/x", false],
  ["GetObject", "other/data/x", false],
  ["DeleteObjectVersion", "prod/locks/x", false],
  ["PutObjectRetention", "prod/data/x", false],
  ["BypassGovernanceRetention", "prod/data/x", false],
  ["PutBucketVersioning", "", false],
  ["PutLifecycleConfiguration", "", false],
  ["PutBucketPolicy", "", false],
  ["ListBucketVersions", "", false],
])("a host's key, %s of %j: %s", (action, key, allowed) => {
  expect(may("host", action, key)).toBe(allowed);
});

test.each<[string, string, boolean]>([
  ["DeleteObject", "prod/snapshots/x", true],
  ["DeleteObject", "other/snapshots/x", false],
  ["DeleteObjectVersion", "prod/snapshots/x", false],
  ["PutBucketPolicy", "", false],
  ["ListBucketVersions", "", true],
  ["GetObjectVersion", "prod/data/x", true],
])("the key that prunes, %s of %j: %s", (action, key, allowed) => {
  expect(may("prune", action, key)).toBe(allowed);
});

test("somebody else may nothing", () => {
  expect(may("other", "GetObject", "prod/config")).toBe(false);
});

test("a version is locked as long as it is kept after it has been overwritten", () => {
  expect(objectLock.Rule.DefaultRetention).toEqual({ Mode: "COMPLIANCE", Days: lockedDays });
  expect(lifecycle.Rules[0].NoncurrentVersionExpiration.NoncurrentDays).toBe(lockedDays);
});

test("restic's server only ever takes more, from each user into a place of his own", () => {
  expect(restServerFlags("/srv/restic")).toEqual([
    "--path",
    "/srv/restic",
    "--append-only",
    "--private-repos",
  ]);
});

describe("a key by SSH", () => {
  const key = "ssh-ed25519 AAAAC3Nz clawkeep prod";

  test("starts one command", () => {
    expect(authorizedKeysLine(key, "./prod")).toBe(
      `command="rclone serve restic --stdio --append-only ./prod",restrict ${key}\n`,
    );
  });

  test.each([
    ['x" rm', key],
    ["a b", key],
    ["$(id)", key],
    ["--log-file", key],
    ["", key],
    ["./prod", `${key}\nssh-ed25519 AAAA other`],
    ["./prod", `command="sh" ${key}`],
    ["./prod", "not a key"],
  ])("directory %j with key %j is refused", (directory, publicKey) => {
    expect(() => authorizedKeysLine(publicKey, directory)).toThrow(/is no /);
  });
});
