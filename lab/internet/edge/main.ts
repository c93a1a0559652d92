/**
 * The edge's process, inside its container. Environment: CLAWKEEP_LAB (holds ca/), ZONES_FILE, LOG_FILE.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import * as https from "node:https";
import * as path from "node:path";
import { labDir } from "../../lib/paths";
import { followZones } from "../zone-watch";
import { Certificates } from "./certificates";
import { Edge } from "./edge";

const logFile = process.env["LOG_FILE"] ?? "/logs/edge.jsonl";
/** Shorter than Cloudflare's 19 s and 100 s where only a test's patience is at stake. */
const timeouts = { connectMs: 10_000, answerMs: 100_000 };

/** The authorities an origin's certificate may come from: the public ones (the lab's CA) and Cloudflare's Origin CA. */
function originAuthorities(): string[] {
  const files = ["ca.pem", "origin-ca.pem"].map((name) => path.join(labDir(), "ca", name));
  return files.filter((file) => existsSync(file)).map((file) => readFileSync(file, "utf8"));
}

const certificates = new Certificates();
const edge = new Edge({
  origin: (address) => ({ address, port: 443, ca: originAuthorities() }),
  timeouts,
  log: (entry) => appendFileSync(logFile, `${JSON.stringify(entry)}\n`),
});
followZones(process.env["ZONES_FILE"] ?? "/zones/zones.json", (data) => edge.setZones(data));

const server = https.createServer(
  {
    SNICallback: (name, done) => {
      if (!edge.serves(name)) return done(new Error(`${name} is not proxied`));
      certificates.contextFor(name.toLowerCase()).then(
        (context) => done(null, context),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
  },
  edge.request,
);
server.on("upgrade", (incoming, socket, head) => edge.upgrade(incoming, socket, head));
server.on("tlsClientError", (error: NodeJS.ErrnoException) => {
  // A port check connects and goes away: not worth a line.
  if (error.code !== "ECONNRESET") console.error(`TLS handshake refused: ${error.message}`);
});
server.listen(443, "0.0.0.0", () => console.log("the edge is up"));
process.once("SIGTERM", () => process.exit(0));
