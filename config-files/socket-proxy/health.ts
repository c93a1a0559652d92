import { get } from "node:http";

const timeoutMs = 4_000;

/** Whether the daemon answers a ping through the exported socket. */
export function isHealthy(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = get({ socketPath, path: "/_ping", agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200));
    });
    probe.on("timeout", () => probe.destroy());
    probe.on("error", () => resolve(false));
    probe.on("close", () => resolve(false));
  });
}
