/** How Docker asks whether a container is healthy, by its row: the component, `make verify` and the tests read it. */
import type { Healthcheck, ServiceRow } from "./services";

/** GET of an address, by what an image has; ends with 0 where the answer is 200. */
const asks: Readonly<Record<"node" | "wget", (url: string) => readonly string[]>> = {
  node: (url) => [
    "node",
    "-e",
    `fetch("${url}").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`,
  ],
  wget: (url) => ["wget", "-q", "-O", "/dev/null", url],
};

function wordsOf(healthcheck: Healthcheck, rowPort: number | undefined): readonly string[] {
  if (healthcheck.kind === "program") return [healthcheck.program];
  const port = healthcheck.port ?? rowPort;
  if (port === undefined) throw new Error("a healthcheck over HTTP needs a port, its own or its row's");
  return asks[healthcheck.by](`http://127.0.0.1:${port}${healthcheck.path}`);
}

/**
 * Docker's words for it, exec form: no shell. Of a program its component adds the arguments.
 * @throws Error for a service that nobody asks for its health
 */
export function healthcheckWords({ healthcheck, port }: Pick<ServiceRow, "healthcheck" | "port">): string[] {
  if (healthcheck === undefined) throw new Error("its row in config/services.ts names no healthcheck");
  return ["CMD", ...wordsOf(healthcheck, port)];
}
