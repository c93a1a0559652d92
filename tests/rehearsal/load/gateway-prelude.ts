/** What every program in the hostile gateway's container begins with: its keys, its way to the Docker API, its clock. */
import type { ReleaseLine } from "../../../config/release-lines";
import { usersOf } from "../../../config/services";
import { sandboxPrefix } from "../../../config/sandbox-names";
import { tiers } from "../../../config/tiers";
import { gatewaySecretsDirectory, sandboxesDirectory } from "../../../config-files/gateway/paths";
import { createBody, execBody, type Body } from "../../config-files/socket-proxy/support/legal";

/** Stands in the command line of whatever does the worst, so that the host can end all of it and nothing else. */
export const marker = "clawkeep-worst";
/** A gateway that is hostile. */
export interface Hostile {
  readonly name: string;
  /** Its place in the list of gateways. */
  readonly slot: number;
  readonly release: ReleaseLine;
  /** The stand-in that it runs on, as the outer engine names its container. */
  readonly machine: string;
}
/** Name of the workspace that its sandboxes get. */
export const workspace = "worst";

/** As OpenClaw asks for a sandbox. @param image is known in the container alone */
export function sandboxBody(hostile: Hostile, image: string): Body {
  // Docker mounts what is on the host, wherever the gateway sees it.
  const onHost = `/opt/openclaw/gateways/${hostile.name}/of-gateway/workspaces`;
  const { sandbox } = usersOf(hostile.slot);
  const made = createBody({ image, hostDirectory: onHost, workspace });
  made["User"] = `${sandbox}:${sandbox}`;
  made["HostConfig"].PidsLimit = tiers.starter.sandbox.pids;
  return made;
}

/**
 * `going()` until the seconds are over that are the program's second argument, `left()` of them in milliseconds; `json` asks the
 * filter and throws where it refuses; `name(1)` to `name(3)` are the gateway's sandboxes beside OpenClaw's own.
 */
export const preludeOf = (hostile: Hostile): string => `import { spawn } from "node:child_process";
import { lookup } from "node:dns/promises";
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
const [marker, seconds] = process.argv.slice(-2);
const end = Date.now() + Number(seconds) * 1000;
const going = () => Date.now() < end, left = () => Math.max(0, end - Date.now());
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
// Whatever else goes wrong, it ends.
setTimeout(() => process.exit(0), left() + 5000).unref();
process.on("uncaughtException", () => {}).on("unhandledRejection", () => {});
const filter = "/run/openclaw/docker.sock";
const secrets = JSON.parse(readFileSync(${JSON.stringify(gatewaySecretsDirectory)} + "/secrets.json", "utf8"));
const image = JSON.parse(readFileSync("/etc/openclaw/openclaw.json", "utf8")).agents.defaults.sandbox.docker.image;
const name = (number) => ${JSON.stringify(`${sandboxPrefix(hostile.name)}${workspace}-`)} + number;
const createBody = { ...${JSON.stringify(sandboxBody(hostile, ""))}, Image: image };
const execBody = (command) => ({ ...${JSON.stringify(execBody("true"))}, Cmd: ["/bin/sh", "-lc", command] });
const json = (method, path, sent) => new Promise((resolve, reject) => {
  const text = sent === undefined ? "" : JSON.stringify(sent);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  const call = request({ socketPath: filter, method, path: "/v1.44" + path, headers, agent: false }, (answer) => {
    let said = "";
    answer.on("data", (part) => (said += part)).on("error", reject).on("end", () =>
      answer.statusCode < 400 ? resolve(said === "" ? {} : JSON.parse(said)) : reject(new Error(path + " " + answer.statusCode + " " + said)));
  });
  call.on("error", reject).end(text);
});
`;

/** Sees that the gateway has as many sandboxes as it may, each running. OpenClaw's own, where it has one, is left. */
export const makeSandboxes = (
  hostile: Hostile,
): string => `${preludeOf(hostile)}mkdirSync(${JSON.stringify(`${sandboxesDirectory(hostile)}/${workspace}/skills`)}, { recursive: true });
let running = 0;
const refused = [];
for (const number of [1, 2, 3]) {
  try {
    const { State } = await json("GET", "/containers/" + name(number) + "/json").catch(() => ({}));
    if (State?.Running === true) { running += 1; continue; }
    await json("POST", "/containers/create?name=" + name(number), createBody).catch((error) => { if (!/ 409 /.test(error.message)) throw error; });
    await json("POST", "/containers/" + name(number) + "/start");
    running += 1;
  } catch (error) { refused.push(error.message.slice(0, 300)); }
}
console.log(JSON.stringify({ running, refused }));
`;
