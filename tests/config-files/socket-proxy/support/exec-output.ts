import { connect } from "node:net";
import { execStartBody } from "./legal";
import { http } from "./raw-http";

const upgrade = { headers: { Connection: "Upgrade", Upgrade: "tcp" } };

/** Starts a command that was created, sends it nothing, and reads to its end. @returns the answer's head and all that was printed */
export function startedOutput(socket: string, exec: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: string[] = [];
    const connection = connect({ path: socket, allowHalfOpen: true });
    connection.end(http("POST", `/v1.41/exec/${exec}/start`, execStartBody, upgrade));
    connection.on("data", (chunk) => chunks.push(chunk.toString("latin1")));
    connection.on("end", () => resolve(chunks.join(""))).on("error", reject);
  });
}
