// Copies one SQLite database so that the copy opens, while others write to it.
// Usage: node copy-database.mjs SOURCE TARGET     (for copy-state.mjs, which ends it when it takes too long)
import { writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

const [source, target] = process.argv.slice(2);
try {
  // Where memory runs out this process ends, and not the one that copies all the rest.
  writeFileSync("/proc/self/oom_score_adj", "1000");
} catch {
  // A host that does not allow it has another limit.
}
try {
  const database = new DatabaseSync(source, { readOnly: true });
  database.exec(
    "PRAGMA hard_heap_limit = 134217728; PRAGMA trusted_schema = OFF; PRAGMA busy_timeout = 10000",
  );
  database.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
