import { createServer, type Server } from "node:http";
import type { Body } from "./legal";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** A recording stand-in of the engine that answers what the filter needs to go on. */
export class FakeEngine {
  readonly received: Received[] = [];
  private readonly server: Server;

  constructor(
    readonly socket: string,
    private readonly containers: { readonly [name: string]: Body },
  ) {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        const path = request.url ?? "";
        this.received.push({ method: request.method ?? "", path, headers: request.rawHeaders, body });
        const [status, answer] = this.answer(request.method ?? "", path);
        response.writeHead(status, { "api-version": "1.41", "content-type": "application/json" });
        response.end(JSON.stringify(answer));
      });
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.server.listen(this.socket, () => resolve()));
  }

  close(): void {
    this.server.close();
  }

  private answer(method: string, path: string): [number, unknown] {
    if (path === "/_ping") return [200, "OK"];
    if (method === "POST" && /\/(create|exec)(\?|$)/.test(path)) return [201, { Id: "f".repeat(64) }];
    if (path.includes("/containers/json")) return [200, []];
    const [, name] = /\/containers\/([^/?]+)/.exec(path) ?? [];
    const container = name === undefined ? undefined : this.containers[name];
    return container === undefined ? [404, { message: "no such container" }] : [200, container];
  }
}
