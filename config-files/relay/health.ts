import { answers } from "../http-service/health";
import type { RelayConfiguration } from "./configuration";

/** The path that the relay answers to itself alone. */
export const healthPath = "/healthz";

/** Whether the relay answers and has its tokens. */
export const isHealthy = ({ listen: { address, port }, authority }: RelayConfiguration): Promise<boolean> =>
  answers({ host: address, port, localAddress: address, path: healthPath, headers: { host: authority } });
