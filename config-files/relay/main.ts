import { run } from "../http-service/run";
import { readConfiguration } from "./configuration";
import { isHealthy } from "./health";
import { RequestLog } from "./request-log";
import { RelayServer } from "./server";

void run({
  name: "relay",
  read: readConfiguration,
  isHealthy,
  start: async (configuration) => {
    const server = new RelayServer(configuration, new RequestLog((line) => process.stdout.write(line)));
    await server.listen();
    return () => server.close();
  },
});
