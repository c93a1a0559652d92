/** Where backups may go, what is said of a place where they may not, the secrets that go with it, and the room they need. */
import { backupRoom } from "../../config/backup-room";
import { parseConfiguration } from "../../config/parse";
import type { Problem, RawConfiguration } from "../../config/problems";
import { parseRepository, repositoryForms, type RepositoryKind } from "../../config/repository";
import { planSecrets } from "../../tools/secrets/plan";
import {
  backedUp,
  backupPlaces,
  existing,
  prod,
  rawConfiguration,
  standby,
} from "../fixtures/stack-configuration";

const kinds = Object.keys(repositoryForms) as RepositoryKind[];
const problemsOf = (raw: RawConfiguration): readonly Problem[] => {
  const parsed = parseConfiguration(raw);
  return "problems" in parsed ? parsed.problems : [];
};
/** `backedUp` with other settings of its backups, or other keys. */
const changed = (kind: RepositoryKind, changes: object, others: Record<string, unknown> = {}) =>
  rawConfiguration(backedUp(kind), {
    "clawkeep:backups": { ...backupPlaces[kind].settings, ...changes },
    ...others,
  });

it.each(kinds)("a whole configuration with a place of the kind %s is accepted, with its defaults", (kind) => {
  const parsed = parseConfiguration(rawConfiguration(backedUp(kind)));
  expect(parsed).toMatchObject({
    settings: {
      backups: { ...backupPlaces[kind].settings, everyMinutes: 2, dailyAt: "03:00", verifyAt: "03:30" },
    },
  });
});

it("a stack without them needs none of their secrets, and one that has some is told so", () => {
  expect(problemsOf(rawConfiguration(prod))).toEqual([]);
  const { secrets } = backedUp("s3");
  const keys = Object.keys(secrets).filter((key) => key.startsWith("clawkeep:backup"));
  const problems = problemsOf(rawConfiguration(prod, Object.fromEntries(keys.map((key) => [key, "x"]))));
  expect(problems.map(({ key, message }) => [key, message])).toEqual(
    keys.map((key) => [key, "is a key nobody reads"]),
  );
});

test.each<[string, object]>([
  [
    "s3:https://s3.fr-par.scw.cloud/bucket",
    { kind: "s3", host: "s3.fr-par.scw.cloud", bucket: "bucket", folder: "" },
  ],
  [
    "s3:https://s3.dualstack.eu-central-1.amazonaws.com/my-bucket/a/b/",
    {
      kind: "s3",
      host: "s3.dualstack.eu-central-1.amazonaws.com",
      bucket: "my-bucket",
      folder: "a/b",
    },
  ],
  ["rest:https://prod@b.example.net", { kind: "rest", host: "b.example.net", user: "prod", folder: "" }],
  [
    "rest:https://prod@b.example.net/prod/",
    { kind: "rest", host: "b.example.net", user: "prod", folder: "prod" },
  ],
  ["ssh://u1@u1.your-storagebox.de", { kind: "ssh", user: "u1", host: "u1.your-storagebox.de", port: 23 }],
  ["ssh://backup@b.example.net:2222", { kind: "ssh", user: "backup", host: "b.example.net", port: 2222 }],
])("%s is read", (text, parts) => {
  expect(parseRepository(text)).toEqual(parts);
});

const repository = "clawkeep:backups.repository";
const none = /^is none of s3:https:/;
test.each<[string, RegExp]>([
  ["sftp:u1@u1.your-storagebox.de:/prod", /may delete.*rclone serve restic --stdio --append-only.*ssh:\/\//],
  ["sftp://u1@u1.your-storagebox.de/prod", /ssh:\/\/USER@HOST:23/],
  ["b2:bucket:prod", /S3 endpoint.*s3:https:\/\/s3\.REGION\.backblazeb2\.com\/BUCKET/],
  ["s3:http://storage.example.net/bucket", /^is http, .*write https/],
  ["rest:http://prod@b.example.net/", /^is http, /],
  ["rest:https://prod:hunter2@b.example.net/", /^has a password in it/],
  ["ssh://prod:hunter2@b.example.net", /^has a password in it/],
  ["s3:https://storage.example.net:9000/bucket", /port of its own.* 443/],
  ["rest:https://prod@b.example.net:8000/", /port of its own.* 443/],
  ["rest:https://prod@b.example.net:443/", /leave :443 out/],
  ["rest:https://b.example.net/prod/", /^names no user/],
  ["/srv/backups", /directory of the host itself/],
  ["local:/srv/backups", /directory of the host itself/],
  ["s3:https://s3.amazonaws.com/bucket", /s3\.dualstack\.REGION\.amazonaws\.com/],
  ["s3:https://bucket.s3.eu-central-1.amazonaws.com/prod", /s3\.dualstack\.REGION\.amazonaws\.com/],
  ["s3:s3.fr-par.scw.cloud/bucket", none],
  ["s3:https://203.0.113.9/bucket", none],
  ["s3:https://s3.fr-par.scw.cloud", none],
  ["s3:https://s3.fr-par.scw.cloud/bucket/../other", none],
  ["s3:https://s3.fr-par.scw.cloud/bucket?x=1", none],
  ["ssh://-oProxyCommand=x@b.example.net", none],
  ["ssh://u1@b.example.net:70000", none],
  ["ssh://u1@b.example.net:23/folder", none],
  ["rclone:remote:bucket", none],
  ["azure:container:/", none],
  ["somewhere", none],
  ["REPLACE_ME", /placeholder/],
  ["", /empty/],
])("repository %j is refused, with the way out", (text, message) => {
  // Without their place, nobody knows which secrets there are.
  const problems = problemsOf(rawConfiguration(prod, { "clawkeep:backups": { repository: text } }));
  expect(problems).toEqual([
    {
      key: repository,
      message: expect.stringMatching(message),
      remedy: `pulumi config set --stack prod --path '${repository}' VALUE`,
    },
  ]);
  expect(JSON.stringify(problems)).not.toContain("hunter2");
});

test.each<[RepositoryKind, object, string, RegExp]>([
  ["s3", { repository: undefined }, "repository", /is missing/],
  ["s3", { everyMinutes: 0 }, "everyMinutes", />=1/],
  ["s3", { everyMinutes: 1441 }, "everyMinutes", /<=1440/],
  ["s3", { everyMinutes: 2.5 }, "everyMinutes", /int/],
  ["s3", { everyMinutes: "2m" }, "everyMinutes", /number/],
  ["s3", { dailyAt: "3:00" }, "dailyAt", /time of day/],
  ["s3", { dailyAt: 180 }, "dailyAt", /string/],
  ["s3", { verifyAt: "24:00" }, "verifyAt", /time of day/],
  ["s3", { dailyAt: "02:59", verifyAt: "03:28" }, "verifyAt", /less than 30 minutes from dailyAt \(02:59\)/],
  ["s3", { verifyAt: "04:31" }, "verifyAt", /less than 30 minutes from 05:00 UTC/],
  ["s3", { dailyAt: "05:10" }, "dailyAt", /less than 30 minutes from 05:00/],
  ["s3", { hostKey: backupPlaces.ssh.settings.hostKey }, "hostKey", /of no use with s3/],
  ["s3", { region: "Europe!" }, "region", /is not a region/],
  ["rest", { region: "eu-1" }, "region", /of no use with rest/],
  ["ssh", { hostKey: undefined }, "hostKey", /on trust: ssh-keyscan/],
  ["ssh", { hostKey: "ssh-rsa AAAAB3Nz" }, "hostKey", /ecdsa-sha2-nistp256 host key line/],
])("%s with %j is refused", (kind, changes, path, message) => {
  const problems = problemsOf(changed(kind, changes)).filter(({ key }) => key.startsWith("clawkeep:backups"));
  expect(problems).toEqual([
    expect.objectContaining({
      key: `clawkeep:backups.${path}`,
      message: expect.stringMatching(message) as string,
    }),
  ]);
});

it("05:00 by the clock of a host of one's own is not compared with a time in UTC", () => {
  const host = { "clawkeep:host": existing.settings["clawkeep:host"] };
  const problems = problemsOf(changed("s3", { dailyAt: "05:00" }, host));
  expect(problems.filter(({ key }) => key.startsWith("clawkeep:backups"))).toEqual([]);
});

it("all that is wrong is said at once", () => {
  const problems = problemsOf(
    changed("ssh", { hostKey: undefined, everyMinutes: 0, dailyAt: "05:00", colour: "red" }),
  );
  expect(problems.map(({ key }) => key).sort()).toEqual([
    "clawkeep:backups.colour",
    "clawkeep:backups.dailyAt",
    "clawkeep:backups.everyMinutes",
    "clawkeep:backups.hostKey",
  ]);
});

describe.each(kinds)("the secrets of %s", (kind) => {
  const keys = ["clawkeep:backupPassword", ...Object.keys(backupPlaces[kind].secrets)];

  it.each(keys)("%s has to be there, of its shape, and encrypted", (key) => {
    const missing = problemsOf(rawConfiguration(backedUp(kind), { [key]: undefined }));
    expect(missing.map((problem) => [problem.key, problem.message])).toEqual([[key, "is missing"]]);
    const wrong = problemsOf(rawConfiguration(backedUp(kind), { [key]: "bad" }));
    expect(wrong).toEqual([
      expect.objectContaining({ key, message: expect.stringMatching(/^is not /) as string }),
    ]);
    const raw = rawConfiguration(backedUp(kind));
    const plain = problemsOf({
      ...raw,
      secretKeys: new Set([...raw.secretKeys].filter((other) => other !== key)),
    });
    expect(plain).toEqual([
      expect.objectContaining({ key, message: expect.stringContaining("in the clear") as string }),
    ]);
  });

  it("go to the standby too, and the password is made up where nobody has one", () => {
    const one = rawConfiguration(backedUp(kind));
    const two = rawConfiguration(standby, { "clawkeep:backups": backupPlaces[kind].settings });
    const copied = planSecrets([one, two]).settings.filter(({ key }) => key.startsWith("clawkeep:backup"));
    expect(copied.map(({ key, value, stack }) => [key, value, stack]).sort()).toEqual(
      keys.map((key) => [key, one.values[key], "standby"]).sort(),
    );
    const bare = rawConfiguration(prod, { "clawkeep:backups": backupPlaces[kind].settings });
    const { settings, notes } = planSecrets([bare, two]);
    const made = settings.filter(({ key }) => key === "clawkeep:backupPassword");
    expect(made.map(({ stack, from }) => [stack, from])).toEqual([
      ["prod", undefined],
      ["standby", undefined],
    ]);
    expect(new Set(made.map(({ value }) => value)).size).toBe(1);
    for (const key of keys.slice(1))
      expect(notes).toContainEqual(expect.stringContaining(`${key}: not set yet`));
  });
});

test.each<[string, string, RegExp]>([
  [
    "a passphrase",
    Buffer.from("openssh-key-v1\0\0\0\0\naes256-ctr...", "latin1").toString("base64"),
    /passphrase/,
  ],
  ["damage", Buffer.from("something else that is long enough").toString("base64"), /damaged/],
  ["nothing behind its name", Buffer.from("openssh-key-v1\0", "latin1").toString("base64"), /passphrase/],
])("an SSH key with %s is refused, and not printed", (_, body, message) => {
  const pem = `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`;
  const problems = problemsOf(rawConfiguration(backedUp("ssh"), { "clawkeep:backupSshKey": pem }));
  expect(problems).toEqual([
    {
      key: "clawkeep:backupSshKey",
      message: expect.stringMatching(message),
      remedy: "pulumi config set --stack prod --secret clawkeep:backupSshKey < backup_key",
    },
  ]);
  expect(JSON.stringify(problems)).not.toContain(body);
});

describe("room on the disk", () => {
  const sizes = { stateGiB: 8, sandboxesGiB: 4 };

  it("is for staging, the largest of what has one lock, records and cache", () => {
    // A snapshot of all, and as much again: 2 x (12 + 1), half a GiB to spare.
    expect(backupRoom(sizes, 1)).toMatchObject({ totalGiB: 12 + 26.5 + 1 + 1 });
    // 2 x (36 + 1), and what the two before the last have had.
    expect(backupRoom(sizes, 3)).toMatchObject({ totalGiB: 36 + 24 + 74.5 + 1 + 1 });
  });

  /** need_room of backup-restore and of backup-verify: GiB that have to be free, and are. */
  const hostAsks = {
    restore: (snapshot: number, used: number): number => snapshot + Math.max(snapshot, used) + 0.5,
    verify: (snapshot: number): number => 2 * snapshot + 0.5,
  };
  it.each([
    [8, 4, 1],
    [8, 4, 4],
    [1, 9, 2],
    [1024, 1, 1],
  ])(
    "covers what the host asks for with %d + %d GiB and %d gateways, all of it full",
    (stateGiB, sandboxesGiB, count) => {
      const own = stateGiB + sandboxesGiB;
      // Spend and audit are in it.
      const snapshot = count * own + 1;
      const { totalGiB } = backupRoom({ stateGiB, sandboxesGiB }, count);
      // Beside it lie staging, records, cache, and what the gateways before had.
      for (let before = 0; before < count; before++)
        expect(totalGiB - snapshot - 1 - before * own).toBeGreaterThanOrEqual(
          hostAsks.restore(snapshot, own),
        );
      expect(totalGiB - snapshot - 1).toBeGreaterThanOrEqual(hostAsks.verify(snapshot));
    },
  );

  it("lets the smallest server of the guide's have the default sizes", () => {
    expect(problemsOf(changed("s3", {}, { "clawkeep:storage": sizes }))).toEqual([]);
  });

  it("is refused before anything is touched, with what needs it", () => {
    // (18 + 38.5 + 2 + 24 + 4) / 0.92 = 94.02
    const storage = { stateGiB: 12, sandboxesGiB: 6 };
    const host = { ...(prod.settings["clawkeep:host"] as object), volumeGiB: 40 };
    const small = { "clawkeep:storage": storage, "clawkeep:host": host };
    expect(problemsOf(changed("s3", {}, small))).toEqual([
      {
        key: "clawkeep:host.serverType",
        message: expect.stringMatching(
          /^has a disk of 80 GiB, and 95 are needed: 58\.5 GiB for backups \(staging 1 x \(12 \+ 6\): 18, /,
        ),
        remedy: "pulumi config set --stack prod --path 'clawkeep:host.serverType' VALUE",
      },
    ]);
    expect(problemsOf(rawConfiguration(prod, small))).toEqual([]);
  });
});
