// Loaded by Node before the gateway (NODE_OPTIONS): a commit to a database is on the disk when it returns.
// OpenClaw keeps its conversations in SQLite and asks for `synchronous = NORMAL`, which syncs now and then only: a power cut
// takes back up to half a minute of turns that were answered. FULL costs one sync for each commit, some twenty a turn.
const warn = process.emitWarning;
process.emitWarning = () => undefined; // that SQLite is experimental, in every process that never uses it
const { DatabaseSync } = require("node:sqlite");
process.emitWarning = warn;

const weaker = /\bPRAGMA\s+synchronous\s*=\s*(?:NORMAL|OFF|[01])\b/gi;
const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (sql) {
  return exec.call(this, typeof sql === "string" ? sql.replace(weaker, "PRAGMA synchronous = FULL") : sql);
};
