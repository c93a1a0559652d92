import { readConfiguration } from "./configuration";
import { DecisionLog } from "./decision-log";
import { isHealthy } from "./health";
import { FilterServer } from "./server";

/** Usage: `node filter.js [--health] CONFIGURATION`. */
async function main(): Promise<void> {
  const [, , ...words] = process.argv;
  const path = words.at(-1);
  if (path === undefined || path.startsWith("-"))
    throw new Error("usage: node filter.js [--health] CONFIGURATION");
  const configuration = readConfiguration(path);
  if (words[0] === "--health") {
    process.exitCode = (await isHealthy(configuration.listen)) ? 0 : 1;
    return;
  }
  const log = new DecisionLog(configuration.gateway.name, (line) => process.stdout.write(line));
  const server = new FilterServer(configuration, log);
  const countsMs = 300_000;
  setInterval(() => log.line("counts", { counts: log.counts() }), countsMs).unref();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
  // A socket that others may not reach for the moment between its creation and its mode.
  process.umask(0o117);
  await server.listen();
}

main().catch((error: Error) => {
  process.stderr.write(`socket-proxy: ${error.message}\n`);
  process.exitCode = 1;
});
