// Runs OpenClaw 2026.2 with its secrets in the environment, the only place where it finds them: they are set inside the
// process, so `docker inspect` does not have them and /proc/PID/environ of this process neither.
// Usage: node launch.mjs ARGUMENT...; in place of `openclaw ARGUMENT...` wherever the configuration is read.
import { readFileSync } from "node:fs";

const secrets = JSON.parse(readFileSync("/run/secrets/gateway/secrets.json", "utf8"));
for (const [name, value] of Object.entries(secrets)) {
  // litellmKey -> CLAWKEEP_LITELLM_KEY
  process.env[`CLAWKEEP_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`] = value;
}
// It would start itself once more otherwise, and hand the environment to that process where /proc shows it.
process.env.OPENCLAW_NO_RESPAWN = "1";
process.argv[1] = "/app/openclaw.mjs";
await import(process.argv[1]);
