// A gateway in small, for tests of what changes one: answers the probes, keeps a state in SQLite with a format number.
// Environment: VERSION of its state format; FAULT crash-after-migration ends it once it has migrated.
// /etc/openclaw/openclaw.json: {"never": true} is never ready; {"secret": "x"} is ready only with that gatewayToken
// (or with the canary's made-up one), which a canary cannot see.
const { DatabaseSync } = require("node:sqlite");
const { readFileSync, mkdirSync } = require("node:fs");
const { createServer } = require("node:http");
const directory = `${process.env.OPENCLAW_STATE_DIR}/state`;
const own = Number(process.env.VERSION);
const config = JSON.parse(readFileSync("/etc/openclaw/openclaw.json", "utf8"));
const { gatewayToken } = JSON.parse(readFileSync("/run/secrets/gateway/secrets.json", "utf8"));

mkdirSync(directory, { recursive: true });
const database = new DatabaseSync(`${directory}/openclaw.sqlite`);
database.exec("PRAGMA journal_mode = WAL");
const { user_version: found } = database.prepare("PRAGMA user_version").get();
if (found > own) {
  console.error(`the state has format ${found}, this is ${own}: refusing to open it`);
  process.exit(78);
}
database.exec("CREATE TABLE IF NOT EXISTS said (by INTEGER, text TEXT)");
if (found < own) database.exec(`PRAGMA user_version = ${own}`);
database.prepare("INSERT INTO said VALUES (?, 'started')").run(own);
console.log(`state of format ${found} opened by version ${own}`);
if (process.env.FAULT === "crash-after-migration" && !gatewayToken.startsWith("canary-")) {
  console.error("crashed on purpose after the migration");
  process.exit(1);
}
const ready =
  !config.never &&
  (!config.secret || [config.secret, "canary-"].some((word) => gatewayToken.startsWith(word)));
createServer((request, response) => {
  const answers = { "/healthz": true, "/readyz": ready, "/startupz": ready };
  response.writeHead(answers[request.url] ? 200 : 503).end();
}).listen(18789);
process.on("SIGTERM", () => process.exit(0));
