import { readConfiguration } from "./configuration";
import { isHealthy } from "./health";
import { RequestLog } from "./request-log";
import { RelayServer } from "./server";

/** Usage: `node relay.js [--health] CONFIGURATION`. */
async function main(): Promise<void> {
  const [, , ...words] = process.argv;
  const path = words.at(-1);
  if (path === undefined || path.startsWith("-"))
    throw new Error("usage: node relay.js [--health] CONFIGURATION");
  const configuration = readConfiguration(path);
  if (words[0] === "--health") {
    process.exitCode = (await isHealthy(configuration)) ? 0 : 1;
    return;
  }
  const server = new RelayServer(configuration, new RequestLog((line) => process.stdout.write(line)));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
  await server.listen();
}

main().catch((error: Error) => {
  process.stderr.write(`relay: ${error.message}\n`);
  process.exitCode = 1;
});
