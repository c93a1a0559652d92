import { answers } from "../http-service/health";
import { run } from "../http-service/run";
import { readConfiguration } from "./configuration";
import { DecisionLog } from "./decision-log";
import { proofConfiguration } from "./proof";
import { FilterServer } from "./server";

const countsMs = 300_000;

void run({
  name: "socket-proxy",
  read: readConfiguration,
  // The daemon's answer, by way of the exported socket.
  isHealthy: ({ listen }) => answers({ socketPath: listen, path: "/_ping" }),
  start: async (configuration) => {
    const log = new DecisionLog(configuration.gateway.name, (line) => process.stdout.write(line));
    const server = new FilterServer(configuration, log);
    const proof = new FilterServer(proofConfiguration(configuration), log);
    setInterval(() => log.line("counts", { counts: log.counts() }), countsMs).unref();
    // A socket that others may not reach, nor the filter's group, for the moment between its creation and its mode.
    process.umask(0o177);
    const end = async (): Promise<void> => {
      await proof.close();
      await server.close();
    };
    try {
      await server.listen();
      await proof.listen(configuration.sandbox.gid);
    } catch (error) {
      // Half of it would go on.
      await end();
      throw error;
    }
    return end;
  },
});
