import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** One answer of the engine: a status and a body. */
export type EngineAnswer = readonly [status: number, body: unknown];

/** An exec as the engine sees it. */
export interface EngineExec {
  Running: boolean;
  ExitCode: number | null;
  Pid: number;
}

/**
 * Plays the engine with sandboxes and execs that end when a test says so, and says what it was asked and how much of it
 * at once.
 */
export class ScriptedEngine {
  readonly asked: string[] = [];
  readonly execs = new Map<string, EngineExec>();
  readonly streams = new Map<string, Socket>();
  /** Names and ids of containers. */
  readonly containers = new Map<string, object>();
  /** Requests that are not answered yet, and the most there were. */
  open = 0;
  mostOpen = 0;
  /** Answers in place of what follows; undefined: goes on. */
  answer: (line: string) => EngineAnswer | "never" | undefined = () => undefined;
  private counter = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(readonly socket: string) {
    this.server = createServer((request, response) => this.onRequest(request, response));
    this.server.on("connection", (client: Socket) => {
      this.sockets.add(client);
      client.on("error", () => client.destroy()).once("close", () => this.sockets.delete(client));
    });
    this.server.on("upgrade", (request: IncomingMessage, client: Socket) => {
      const path = this.note(request);
      client.resume().once("end", () => (this.execs.has(id) ? undefined : client.end()));
      const id = /exec\/([0-9a-f]+)\/start/.exec(path)?.[1] ?? "";
      const exec = this.execs.get(id);
      // The engine leaves the connection open: there might be another request.
      if (exec === undefined) return void client.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      Object.assign(exec, { Running: true, Pid: 4711 });
      this.streams.set(id, client);
      client.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.server.listen(this.socket, () => resolve()));
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  get connections(): number {
    return this.sockets.size;
  }

  /** Adds a container. @returns its full id */
  container(name: string, labels: object): string {
    const id = (++this.counter).toString(16).padStart(64, "c");
    const details = { Id: id, Name: `/${name}`, Config: { Labels: labels } };
    for (const each of [id, name]) this.containers.set(each, details);
    return id;
  }

  /** A command has come to its end. */
  end(id: string, exitCode = 0): void {
    Object.assign(this.execs.get(id) ?? {}, { Running: false, ExitCode: exitCode });
    this.streams.get(id)?.end();
  }

  /** What changed something, as METHOD and path without its version. */
  changes(): string[] {
    return this.asked.filter((line) => !line.startsWith("GET ") && !line.startsWith("HEAD "));
  }

  private note(request: IncomingMessage): string {
    const path = (request.url ?? "").replace(/^\/v1\.[0-9]+/, "");
    this.asked.push(`${request.method} ${path}`);
    return path;
  }

  private onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.mostOpen = Math.max(this.mostOpen, ++this.open);
    response.once("close", () => this.open--);
    request.resume();
    const path = this.note(request);
    const answer = this.answer(`${request.method} ${path}`) ?? this.usual(request.method ?? "", path);
    if (answer === "never") return;
    const [status, body] = answer;
    response.writeHead(status, { "api-version": "1.41", "content-type": "application/json" });
    response.end(status === 204 ? "" : JSON.stringify(body));
  }

  private usual(method: string, path: string): EngineAnswer {
    const [, exec = ""] = /^\/exec\/([0-9a-f]+)\/json$/.exec(path) ?? [];
    const [, container = ""] = /^\/containers\/([^/?]+)/.exec(path) ?? [];
    if (path === "/_ping") return [200, "OK"];
    if (exec !== "") return this.execs.has(exec) ? [200, this.execs.get(exec)] : [404, {}];
    if (path.startsWith("/containers/json")) return [200, []];
    if (container === "create") return [201, { Id: "d".repeat(64) }];
    if (!this.containers.has(container)) return [404, { message: `No such container: ${container}` }];
    if (path.endsWith("/exec")) {
      const id = (++this.counter).toString(16).padStart(64, "e");
      this.execs.set(id, { Running: false, ExitCode: null, Pid: 0 });
      return [201, { Id: id }];
    }
    if (method === "DELETE") this.remove(container);
    return path.endsWith("/json") ? [200, this.containers.get(container)] : [204, {}];
  }

  /** A container is gone, and with it what the engine knew of its commands. */
  private remove(container: string): void {
    this.containers.delete(container);
    this.execs.clear();
    for (const stream of this.streams.values()) stream.destroy();
  }
}
