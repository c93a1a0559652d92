/**
 * The world's process, inside its container: one TLS server an address, and the control API.
 * Environment: CLAWKEEP_LAB (holds ca/), STATE_DIR, LOG_FILE, IPV6 ("1" when the network carries it).
 */
import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import * as path from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { issueCertificate } from "../../lib/ca";
import { run } from "../../lib/exec";
import { addresses, endpoints, network } from "../addresses";
import { controlListener } from "./control";
import { places, serviceNames, type ServiceName } from "./services";
import { World } from "./world";

const stateDir = process.env["STATE_DIR"] ?? "/state";
const logFile = process.env["LOG_FILE"] ?? "/logs/world.jsonl";
const ipv6 = process.env["IPV6"] === "1";

async function main(): Promise<void> {
  const world = new World({ keys: path.join(stateDir, "keys.json"), log: logFile });
  for (const service of serviceNames) {
    for (const address of await takeAddresses(service)) {
      await listenTls(world, service, address);
      if (service === "nobody") await listenPlain(world, address);
    }
  }
  const admins = [addresses.admin, network.gateway6, "127.0.0.1"];
  await listening(http.createServer(controlListener(world, admins)), endpoints.worldControlPort, "0.0.0.0");
  console.log("the world is up");
}

async function takeAddresses(service: ServiceName): Promise<string[]> {
  const { address, address6 } = places[service];
  const bits4 = network.subnet4.split("/")[1] ?? "";
  await run("ip", ["addr", "replace", `${address}/${bits4}`, "dev", "eth0"]);
  if (address6 === undefined || !ipv6) return [address];
  const bits6 = network.subnet6.split("/")[1] ?? "";
  await run("ip", ["-6", "addr", "replace", `${address6}/${bits6}`, "dev", "eth0", "nodad"]);
  return [address, address6];
}

async function listenTls(world: World, service: ServiceName, address: string): Promise<void> {
  const { host } = places[service];
  const pair = await issueCertificate(service, [host]);
  const own = { cert: readFileSync(pair.cert), key: readFileSync(pair.key) };
  const context: SecureContext = createSecureContext(own);
  const server = https.createServer(
    { ...own, SNICallback: (_name, done) => done(null, context) },
    world.listener(service),
  );
  // Node has closed the connection by then and forgotten whose it was.
  server.on("tlsClientError", (error) => {
    world.recordConnection(service, "unknown", null, `TLS handshake failed: ${error.message}`);
  });
  if (service === "nobody") noteConnections(world, server);
  await listening(server, 443, address);
}

async function listenPlain(world: World, address: string): Promise<void> {
  const server = http.createServer(world.listener("nobody"));
  noteConnections(world, server);
  await listening(server, 80, address);
}

/** For nobody a mere connection is a leak already. */
function noteConnections(world: World, server: net.Server): void {
  server.on("connection", (socket: net.Socket) => {
    const source = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    world.recordConnection("nobody", source, null, `connected to port ${socket.localPort}`);
  });
}

async function listening(server: net.Server, port: number, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
}

process.once("SIGTERM", () => process.exit(0));
main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
