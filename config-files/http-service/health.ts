import { get, type RequestOptions } from "node:http";

const timeoutMs = 4_000;

/** Whether the service answers a request with 200, all of it within 4 s. */
export function answers(request: RequestOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = get({ ...request, agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200));
    });
    probe.on("timeout", () => probe.destroy());
    probe.on("error", () => resolve(false));
    probe.on("close", () => resolve(false));
  });
}
