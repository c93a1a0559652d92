/** A DNS server whose answers a test scripts, one question after the other. */
import { createSocket, type Socket } from "node:dgram";
import { isIP } from "node:net";

/** Addresses of one answer (none: the name has none of that family), or an answer that says the server failed. */
export type DnsAnswer = readonly string[] | "SERVFAIL";

export class ScriptedNames {
  private readonly socket: Socket = createSocket("udp4");
  private readonly answers = new Map<string, DnsAnswer[]>();
  /** Questions of type A so far, by name. */
  readonly asked = new Map<string, number>();

  listen(address: string, port = 53): Promise<void> {
    this.socket.on("message", (question, from) => {
      this.socket.send(this.answer(question), from.port, from.address);
    });
    return new Promise((resolve, reject) => {
      this.socket.once("error", reject);
      this.socket.bind(port, address, resolve);
    });
  }

  close(): void {
    this.socket.close();
  }

  /** The last answer stands from then on. Its time to live is 0: nobody may keep it, if he obeys. */
  script(name: string, ...answers: DnsAnswer[]): void {
    this.answers.set(name, answers);
    this.asked.delete(name);
  }

  private answer(question: Buffer): Buffer {
    const labels: string[] = [];
    let end = 12;
    for (let length = question[end] ?? 0; length !== 0; length = question[end] ?? 0) {
      labels.push(question.toString("latin1", end + 1, end + 1 + length));
      end += length + 1;
    }
    const name = labels.join(".").toLowerCase();
    const type = question.readUInt16BE(end + 1);
    const asked = this.asked.get(name) ?? 0;
    if (type === 1) this.asked.set(name, asked + 1);
    const script = this.answers.get(name) ?? [];
    const said = script[Math.min(asked, script.length - 1)];
    const failed = said === "SERVFAIL";
    const family = type === 1 ? 4 : type === 28 ? 6 : 0;
    const addresses = failed ? [] : (said ?? []).filter((address) => isIP(address) === family);
    const header = Buffer.from(question.subarray(0, 12));
    // Response, recursion available; 2 SERVFAIL, 3 no such name.
    header.writeUInt16BE(0x8180 | (failed ? 2 : script.length === 0 ? 3 : 0), 2);
    header.writeUInt16BE(addresses.length, 6);
    header.writeUInt32BE(0, 8);
    return Buffer.concat([header, question.subarray(12, end + 5), ...addresses.map((a) => record(type, a))]);
  }
}

function record(type: number, address: string): Buffer {
  const data =
    type === 1
      ? Buffer.from(address.split(".").map(Number))
      : Buffer.from(
          new URL(`http://[${address}]/`).hostname
            .slice(1, -1)
            .replace("::", () => `:${"0:".repeat(9 - address.split(":").length)}`)
            .split(":")
            .map((group) => (group === "" ? "0000" : group.padStart(4, "0")))
            .slice(-8)
            .join(""),
          "hex",
        );
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
