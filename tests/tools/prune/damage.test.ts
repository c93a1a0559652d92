/** What a prune looks at before it deletes anything: damage stops it, whatever its snapshots look like. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { lockedDays } from "../../../config-files/backups/storage";
import { forged, overwritten, shareOf, shares, toHash } from "../../../tools/prune/damage";

const days = (from: number, count: number, every = 1): Date[] =>
  Array.from({ length: count }, (_, index) => new Date(from + index * every * 86_400_000));
const began = Date.parse("2026-11-20T04:30:00Z");
const [one, two] = ["11".repeat(32), "22".repeat(32)];

it("the shares come round, by the day and by the week, before the earlier versions go", () => {
  expect(shares).toBeLessThan(lockedDays);
  for (const every of [1, 2, 7])
    expect(new Set(days(began, shares, every).map((day) => shareOf(day))).size).toBe(shares);
  expect(shareOf(new Date(0))).toBe(`1/${shares}`);
  expect(shareOf(new Date(86_400_000 * 5), "4")).toBe("2/4");
  for (const wrong of ["0", "x", "", "1.5", "1000"])
    expect(() => shareOf(new Date(), wrong)).toThrow("SHARES=");
});

describe("of what was overwritten", () => {
  const listing = JSON.stringify(
    [
      `snapshots/${one}`,
      `snapshots/${one}-v2026-11-18-010203-000`,
      // Deleted by a prune.
      `data/22/${two}-v2026-11-18-010203-000`,
      // A host's own.
      "locks/x",
      "locks/x-v2026-11-18-010203-000",
      `data/11/${one}`,
      "config",
      "config-v2026-11-19-010203-000",
      "config-v2026-11-18-010203-000",
    ].map((Path) => ({ Path })),
  );
  const files = overwritten(listing);

  it("each is found, and what was deleted or is a lock is not of it", () => {
    expect(files.map(({ name }) => name)).toEqual([`snapshots/${one}`, "config"]);
    expect(toHash(files)).toEqual([`snapshots/${one}`, "config", "config-v2026-11-18-010203-000"]);
  });

  it.each<[string, string, string, string[]]>([
    ["the same again is no harm", one, two, []],
    ["another content is named", two, two, [`snapshots/${one}`]],
    ["another configuration is named", one, one, ["config"]],
  ])("%s", (_, snapshot, first, wanted) => {
    const sums = `${snapshot}  snapshots/${one}\n${two}  config\n${first}  config-v2026-11-18-010203-000\n`;
    expect(forged(files, sums)).toEqual(wanted);
  });

  it("what could not be read is named", () =>
    expect(forged(files, "")).toEqual([`snapshots/${one}`, "config"]));
});

describe("a prune", () => {
  let home: string;
  beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "clawkeep-prune-"))));
  afterEach(() => rmSync(home, { recursive: true }));
  const script = (name: string, text: string): void => {
    writeFileSync(join(home, name), `#!/bin/bash\necho "${name} $*" >>"${home}/said"\n${text}\n`);
    chmodSync(join(home, name), 0o755);
  };
  /** @param check what restic's check does @param versions what rclone lists with versions, and the hash of it */
  function prune(
    check: string,
    versions = "[]",
    hash = one,
  ): { status: number | null; stderr: string; said: string } {
    const time = new Date(Date.now() - 60_000).toISOString();
    script(
      "restic",
      `case "$*" in
*snapshots*) echo '${JSON.stringify([{ id: one, time, tags: ["stack=prod"] }])}' ;;
*check*) ${check} ;;
esac`,
    );
    script(
      "rclone",
      `case "$*" in
*hashsum*) cat >/dev/null; echo '${hash}  snapshots/${one}' ;;
*versions*) echo '${versions}' ;;
*) echo '${JSON.stringify([{ Path: one, ModTime: time }])}' ;;
esac`,
    );
    const tool = join(__dirname, "../../../tools/prune-backups.ts");
    const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", tool, "b2:bucket/prod"], {
      encoding: "utf8",
      cwd: dirname(dirname(tool)),
      env: {
        ...process.env,
        PATH: [home, process.env["PATH"]].join(delimiter),
        RESTIC_PASSWORD_FILE: join(home, "password"),
      },
    });
    return { status, stderr, said: readFileSync(join(home, "said"), "utf8") };
  }
  const deletes = / (forget|prune|unlock)( |$)/m;
  const changed = JSON.stringify([
    { Path: `snapshots/${one}` },
    { Path: `snapshots/${one}-v2026-11-18-010203-000` },
  ]);

  it("reads a share of the packs before it deletes anything", () => {
    const { status, stderr, said } = prune("true");
    expect([status, stderr]).toEqual([0, ""]);
    const order = said
      .split("\n")
      .map((line) => /snapshots|check|unlock|prune/.exec(line.replace(/^\S+ --repo \S+/, ""))?.[0]);
    expect(order.filter((word) => word !== undefined)).toEqual([
      "snapshots",
      "snapshots",
      "check",
      "unlock",
      "prune",
    ]);
    expect(said).toMatch(/check --no-lock --read-data-subset=\d+\/13\n/);
  }, 60_000);

  it("stops where restic finds damage, with what it says", () => {
    const { status, stderr, said } = prune("echo 'Pack ID does not match' >&2; exit 1");
    expect(status).toBe(1);
    expect(stderr).toMatch(/Pack ID does not match[^]*damaged[^]*nothing was deleted.*docs\/backups\.md/);
    expect(said).not.toMatch(deletes);
  }, 60_000);

  it("stops where something was overwritten by something else, and not where it is the same", () => {
    const { status, stderr, said } = prune("true", changed, two);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^1 files were overwritten, .*snapshots\/1111.*host's key/),
    ]);
    expect(said).not.toMatch(deletes);
    expect(prune("true", changed, one).status).toBe(0);
  }, 60_000);
});
