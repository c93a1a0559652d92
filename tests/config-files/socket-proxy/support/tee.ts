import { connect, createServer, type Server } from "node:net";

/** Stands between the filter and the daemon and notes what the filter asked. */
export class Tee {
  private readonly server: Server;
  private seen: { line: string; bytes: Buffer }[] = [];

  constructor(
    readonly socket: string,
    upstream: string,
  ) {
    this.server = createServer({ allowHalfOpen: true }, (client) => {
      const daemon = connect({ path: upstream, allowHalfOpen: true });
      // The filter uses a connection for one request: its first line is the first line of the connection.
      const entry = { line: "", bytes: Buffer.alloc(0) };
      this.seen.push(entry);
      client.on("data", (chunk) => {
        entry.bytes = Buffer.concat([entry.bytes, chunk]);
        entry.line = entry.bytes.toString("latin1").split(" HTTP/1.1\r\n")[0] ?? "";
      });
      client.pipe(daemon).pipe(client);
      client.on("error", () => daemon.destroy());
      daemon.on("error", () => client.destroy());
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.server.listen(this.socket, () => resolve()));
  }

  close(): void {
    this.server.close();
  }

  /** What was asked since the last call: method and path of each request, and its bytes. */
  take(): { line: string; bytes: Buffer }[] {
    const taken = this.seen;
    this.seen = [];
    return taken;
  }
}
