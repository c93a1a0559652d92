/** Searches everything a rehearsal leaves behind for secrets, by value and in the forms they usually leak in. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lib/exec";
import { labDir } from "../lib/paths";
import { onVps } from "./vps";

/** One text that may hold a secret. */
export interface Place {
  readonly name: string;
  readonly text: string;
}

export interface Finding {
  readonly place: string;
  readonly secret: string;
  readonly form: string;
}

/** Every form of a value: as it is, base64 at each of the three alignments, URL- and JSON-escaped. */
export function forms(value: string): Map<string, string> {
  const found = new Map([["plain", value]]);
  for (const offset of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]).toString("base64");
    // The characters at both ends depend on the neighbours.
    found.set(`base64 at ${offset}`, shifted.slice(offset === 0 ? 0 : offset + 1).replace(/.?=*$/, ""));
  }
  found.set("URL-escaped", encodeURIComponent(value));
  found.set("JSON-escaped", JSON.stringify(value).slice(1, -1));
  // A key in PEM is found by its body: the lines around it are in every such file.
  const body = /-----BEGIN [A-Z ]+-----\s+([A-Za-z0-9+/=]{40,})/.exec(value)?.[1];
  if (body !== undefined) found.set("PEM body", body);
  return found;
}

/** @param secrets name -> value; a value of any length counts */
export function search(places: readonly Place[], secrets: ReadonlyMap<string, string>): Finding[] {
  const needles = [...secrets].flatMap(([secret, value]) =>
    [...forms(value)].map(([form, needle]) => ({ secret, form, needle })),
  );
  return places.flatMap(({ name, text }) =>
    needles
      .filter(({ needle }) => needle !== "" && text.includes(needle))
      .map(({ secret, form }) => ({ place: name, secret, form })),
  );
}

/** What can be read on a stand-in VPS by somebody who may look but not open secret files. */
export async function placesOnVps(vps: string): Promise<Place[]> {
  const commands: Record<string, string> = {
    "docker inspect of containers": "docker ps -aq | xargs -r docker inspect",
    "docker inspect of images": "docker images -q | sort -u | xargs -r docker image inspect",
    "image history": "docker images -q | sort -u | xargs -r -n1 docker history --no-trunc",
    "process environments": "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'",
    "process arguments": "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '",
    journal: "journalctl --no-pager -o cat",
    // A sandbox may be gone between the two commands.
    "container logs": "for id in $(docker ps -aq); do docker logs $id 2>&1 || true; done",
    "cloud-init output": "cat /var/log/cloud-init-output.log /var/log/cloud-init.log 2>/dev/null || true",
  };
  return Promise.all(
    Object.entries(commands).map(async ([name, command]) => ({
      name: `${name} on ${vps}`,
      text: await onVps(vps, command),
    })),
  );
}

/** What Pulumi and the lab have written on the operator's machine. */
export async function placesOfPulumi(stack: string): Promise<Place[]> {
  const logs = join(labDir(), "logs");
  const files = readdirSync(logs).filter((name) => name.startsWith("pulumi-"));
  return [
    { name: "Pulumi's logs", text: files.map((name) => readFileSync(join(logs, name), "utf8")).join("\n") },
    {
      name: "preview JSON",
      text: await run("pulumi", ["preview", "--stack", stack, "--json", "--show-sames"]),
    },
    { name: "state", text: await run("pulumi", ["stack", "export", "--stack", stack]) },
  ];
}

/** Secrets that the program generated: every secret string of the state that is not configured. */
export async function generatedSecrets(stack: string): Promise<Map<string, string>> {
  const state = JSON.parse(await run("pulumi", ["stack", "export", "--stack", stack, "--show-secrets"])) as {
    deployment: { resources: { urn: string; type: string; outputs?: Record<string, unknown> }[] };
  };
  const found = new Map<string, string>();
  for (const resource of state.deployment.resources) {
    if (resource.type !== "random:index/randomPassword:RandomPassword") continue;
    const result = resource.outputs?.["result"];
    const value = typeof result === "string" ? result : (result as { plaintext?: string }).plaintext;
    if (value !== undefined) found.set(resource.urn.split("::").at(-1) ?? "", value.replace(/^"|"$/g, ""));
  }
  return found;
}
