/** What gateway-swap says where somebody else works on the same containers. Skipped where Python is not installed. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const script = join(__dirname, "..", "..", "..", "config-files", "host", "bin", "gateway-swap");
const python = spawnSync("python3", ["--version"]).error === undefined;

(python ? it : it.skip)("an old container that is removed during a swap is missed in a sentence", () => {
  const home = mkdtempSync(join(tmpdir(), "clawkeep-swap-"));
  try {
    const program = join(__dirname, "swap-without-old.py");
    const { status, stderr } = spawnSync("python3", [program, script, home], { encoding: "utf8" });
    expect(stderr).toContain(
      "AND THE PREVIOUS ONE DOES NOT SERVE EITHER: the container 1111 is gone; the state of before the change is kept in " +
        "/opt/openclaw/monitoring/backups/before-gw-1\n",
    );
    expect([status, stderr]).toEqual([1, expect.not.stringContaining("Traceback")]);
    // The next one finds out by itself.
    expect(JSON.parse(readFileSync(join(home, "swap.json"), "utf8"))).toMatchObject({
      old: "1111",
      new: "2222",
    });
  } finally {
    rmSync(home, { recursive: true });
  }
});
