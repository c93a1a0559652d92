/**
 * The DNS container's process: dnsmasq, started again with a new configuration whenever a zone changes (it reads most
 * record types only at its start). Environment: ZONES_FILE, LOG_FILE.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { followZones } from "../zone-watch";
import { dnsmasqConfig } from "./config";

const configFile = "/run/dnsmasq.conf";
const logFile = process.env["LOG_FILE"] ?? "/logs/dns.log";

let running: ChildProcess | undefined;

function restart(config: string): void {
  writeFileSync(configFile, config);
  const begin = (): void => {
    const child = spawn("dnsmasq", ["--keep-in-foreground", `--conf-file=${configFile}`], {
      stdio: "inherit",
    });
    child.once("exit", (code, signal) => {
      if (running !== child) return;
      console.error(`dnsmasq ended with ${code ?? signal ?? "nothing"}`);
      process.exit(1);
    });
    running = child;
  };
  const old = running;
  running = undefined;
  if (old === undefined) return begin();
  // The next one needs the port.
  old.once("exit", begin);
  old.kill("SIGTERM");
}

followZones(process.env["ZONES_FILE"] ?? "/zones/zones.json", (data) =>
  restart(dnsmasqConfig(data, logFile)),
);
process.once("SIGTERM", () => process.exit(0));
