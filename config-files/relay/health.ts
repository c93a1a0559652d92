import { answers } from "../http-service/health";
import type { Configuration } from "./configuration";

/** The path that the relay answers to itself alone. */
export const healthPath = "/healthz";

/** Whether the relay answers and has its tokens. */
export const isHealthy = ({ listen: { address, port }, authority }: Configuration): Promise<boolean> =>
  answers({ host: address, port, localAddress: address, path: healthPath, headers: { host: authority } });
