// lab/engine/up.sh after a hard kill of everything, on an engine of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../lab/lib/exec";

jest.setTimeout(120_000);

test("the engine comes up again, whatever the dead left behind", async () => {
  const dir = mkdtempSync(join(tmpdir(), "clawkeep-engine-"));
  try {
    const apart = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const up = join(__dirname, "../../../lab/engine/up.sh");
    const said = await run("unshare", [...apart, join(__dirname, "engine-after-kill.sh"), up, dir]);
    expect(said.trim().split("\n")).toEqual([
      "first: ",
      // An engine that answers is left alone, containers of others always.
      "running: clawkeep-half other",
      "stale pid files: other",
      "reused pid numbers: other",
      "containerd alone alive: other",
      "dead system containerd: other",
    ]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
