/** What has to survive a server: what somebody has been told, compared with what is there afterwards. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { run } from "../../lab/lib/exec";
import { labDir } from "../../lab/lib/paths";
import { chatTurn } from "../../lab/rehearsal/public";
import { nodeIn } from "../../lab/rehearsal/vps";
import { eventually } from "./support";

const state = "/home/node/.openclaw";

/** Somebody in the gateway who writes a number every tenth of a second, syncs nothing, and says which he has written. */
export interface Ticking {
  /** The last number that was heard outside. */
  readonly heard: () => number;
  readonly end: () => void;
}

export function ticksIn(stack: string, file: string): Ticking {
  const program = `import { appendFileSync } from "node:fs";
    let n = 0; setInterval(() => { appendFileSync("${state}/workspace/${file}", ++n + "\\n"); console.log(n); }, 100);`;
  const child = spawn(
    "ssh",
    [
      ...["-F", join(labDir(), "ssh_config"), "-o", "BatchMode=yes", stack],
      "docker exec -i openclaw node --input-type=module -",
    ],
    { stdio: ["pipe", "pipe", "ignore"] },
  );
  let last = 0;
  child.stdout.on("data", (data: Buffer) => (last = Number(data.toString().trim().split("\n").at(-1))));
  child.stdin.end(program);
  return { heard: () => last, end: () => child.kill() };
}

/** The last number that is in the file now. */
export async function lastTick(stack: string, file: string): Promise<number> {
  const program = `import { readFileSync } from "node:fs";
    console.log(readFileSync("${state}/workspace/${file}", "utf8").trim().split("\\n").at(-1));`;
  return Number(await nodeIn(stack, "openclaw", program));
}

/** Database -> what SQLite says of its integrity, and the texts of those asked for that a conversation has. */
export async function whatIsKept(
  stack: string,
  texts: readonly string[],
): Promise<{ integrity: Record<string, string>; found: string[] }> {
  const program = `import { readdirSync } from "node:fs"; import { DatabaseSync } from "node:sqlite";
    const integrity = {}, found = new Set();
    const entries = readdirSync("${state}", { withFileTypes: true })
      .filter(({ name }) => !["lost+found", "sandboxes", "tmp"].includes(name));
    const below = (name) => readdirSync("${state}/" + name, { recursive: true }).map((file) => name + "/" + file);
    const files = entries.flatMap((entry) => (entry.isDirectory() ? below(entry.name) : [entry.name]));
    for (const file of files.filter((file) => file.endsWith(".sqlite"))) {
      const database = new DatabaseSync("${state}/" + file, { readOnly: true });
      integrity[file] = database.prepare("PRAGMA integrity_check").all().map((row) => row.integrity_check).join();
      const columns = database.prepare("PRAGMA table_info(transcript_events)").all().map(({ name }) => name);
      for (const text of columns.length === 0 ? [] : ${JSON.stringify(texts)}) {
        const where = columns.map((name) => 'CAST("' + name + '" AS TEXT) LIKE ?').join(" OR ");
        const rows = database.prepare("SELECT count(*) AS n FROM transcript_events WHERE " + where);
        if (rows.get(...columns.map(() => "%" + text + "%")).n > 0) found.add(text);
      }
    }
    console.log(JSON.stringify({ integrity, found: [...found].sort() }));`;
  return JSON.parse(await nodeIn(stack, "openclaw", program)) as {
    integrity: Record<string, string>;
    found: string[];
  };
}

const marker = `${state}/workspace/kept-through-everything.txt`;

/** Leaves a text in the workspace of prod's gateway. */
export const writeMarker = (text: string): Promise<string> =>
  nodeIn(
    "prod",
    "openclaw",
    `import { writeFileSync } from "node:fs"; writeFileSync("${marker}", "${text}");`,
  );
export const readMarker = (): Promise<string> =>
  nodeIn(
    "prod",
    "openclaw",
    `import { readFileSync } from "node:fs"; console.log(readFileSync("${marker}", "utf8"));`,
  );

/** The gateway may still be warming up when `up` ends: its first turn makes a sandbox. */
export async function expectAnswering(words: string): Promise<void> {
  await eventually(`a chat turn: ${words}`, 90, async () => {
    expect(await chatTurn(`Say: ${words}`)).toContain(words);
  });
}

/** When prod's server was made: another answer is another server. */
export const serverMade = (): Promise<string> =>
  run("docker", ["inspect", "--format", "{{.Created}}", "clawkeep-vps-clawkeep-prod"]);
