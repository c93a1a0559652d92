/** What one run of restic costs where nobody has pruned for long: the deployed versions, as processes of this machine. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { restServerFlags } from "../../config-files/backups/storage";
import { freePort } from "../lib/free-port";
import type { Measure } from "../rehearsal/sandbox-cost";
import { backupProgram } from "./programs";
import { listens } from "./storage";

/** A command, then its CPU seconds and the most memory it had, in KiB, on standard error. */
const measured = `import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"used {used.ru_utime + used.ru_stime} {used.ru_maxrss}", file=sys.stderr)
sys.exit(done.returncode)`;

interface Cost {
  readonly cpuSeconds: number;
  readonly memoryMiB: number;
  readonly seconds: number;
  readonly requests: number;
}

/**
 * @param count snapshots that are there before; each is made by a real run, so they take their time: about an hour for each 10,000
 */
export async function runAmong(count: number): Promise<Measure[]> {
  const home = mkdtempSync(join(tmpdir(), "clawkeep-many-"));
  const [restic, program] = [await backupProgram("restic"), await backupProgram("rest-server")];
  const [storage, source, log] = ["storage", "source", "log"].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(storage);
  mkdirSync(source);
  const password = "a-password-of-32-characters-long";
  const digest = createHash("sha1").update(password).digest("base64");
  writeFileSync(join(storage, ".htpasswd"), `prod:{SHA}${digest}\n`);
  writeFileSync(join(home, "password"), password);
  const port = await freePort();
  const listen = ["--listen", `127.0.0.1:${port}`, "--log", log];
  const server = spawn(program, [...restServerFlags(storage), ...listen], { stdio: "ignore" });
  const requests = (): number => readFileSync(log, "utf8").split("\n").length - 1;
  const run = (words: readonly string[]): Cost => {
    const [begin, before] = [Date.now(), requests()];
    const all = [
      "--repo",
      `rest:http://127.0.0.1:${port}/prod/`,
      "--password-file",
      join(home, "password"),
      ...words,
    ];
    const { status, stderr, error } = spawnSync(
      "python3",
      ["-c", measured, restic, "--cache-dir", join(home, "cache"), ...all],
      {
        encoding: "utf8",
        maxBuffer: 256 << 20,
        env: { PATH: process.env["PATH"], RESTIC_REST_USERNAME: "prod", RESTIC_REST_PASSWORD: password },
      },
    );
    const [, cpu, kibibytes] = /^used ([\d.]+) (\d+)$/m.exec(stderr) ?? [];
    if (status !== 0 || cpu === undefined)
      throw new Error(`restic ${words[0] ?? ""} ended with ${String(status)}: ${error?.message ?? stderr}`);
    return {
      ...{ cpuSeconds: Number(cpu), memoryMiB: Number(kibibytes) / 1024 },
      ...{ seconds: (Date.now() - begin) / 1000, requests: requests() - before },
    };
  };
  // As backup-run has it.
  const backup = [
    "backup",
    "--json",
    "--host",
    "prod",
    "--retry-lock",
    "30s",
    "--no-scan",
    "--tag",
    "stack=prod",
  ];
  const snapshot = (text: string): Cost => {
    writeFileSync(join(source, "memory"), text);
    return run([...backup, source]);
  };
  const rows = (among: number, { cpuSeconds, memoryMiB, seconds, requests: asked }: Cost): Measure[] => [
    { name: `a run among ${among} snapshots`, value: seconds, unit: "s" },
    { name: `a run among ${among} snapshots, CPU`, value: cpuSeconds, unit: "s" },
    { name: `a run among ${among} snapshots, memory`, value: memoryMiB, unit: "MiB" },
    { name: `a run among ${among} snapshots, requests`, value: asked, unit: "requests" },
  ];
  try {
    await listens(port, "127.0.0.1");
    writeFileSync(log, "", { flag: "a" });
    run(["init"]);
    snapshot("first");
    const few = snapshot("second");
    for (let made = 2; made < count; made++) snapshot(`${made}`);
    return [...rows(1, few), ...rows(count, snapshot("last"))];
  } finally {
    server.kill("SIGKILL");
    rmSync(home, { recursive: true, force: true });
  }
}
