/** What is looked for on the host, by the script that runs there, and the volume's place at a server that was replaced. */
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Known } from "../../../tools/recover/deployment";
import { lookFor, type Outside } from "../../../tools/recover/outside";

const folder = mkdtempSync(join(tmpdir(), "clawkeep-recover-"));
afterAll(() => rmSync(folder, { recursive: true }));
const nowhere = { hetzner: undefined, cloudflare: undefined };
const known = (...ids: string[]): Known => ({ ids, replaced: false });

/** A host whose `docker` is these lines of a shell. */
function host(docker: string): Outside {
  writeFileSync(join(folder, "docker"), `#!/bin/sh\necho "$*" >>"${folder}/asked"\n${docker}\n`);
  chmodSync(join(folder, "docker"), 0o755);
  writeFileSync(join(folder, "asked"), "");
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const shell: Outside["shell"] = (script, args) =>
    new Promise((resolve, reject) => {
      execFile("bash", ["-c", script, "recover", ...args], { env }, (error, stdout) =>
        error ? reject(new Error(error.message)) : resolve(stdout),
      );
    });
  return { ...nowhere, shell };
}
const asked = (): string[] => readFileSync(join(folder, "asked"), "utf8").trim().split("\n");

const made = (type: "container:Container" | "network:Network") => ({
  ...{ urn: "urn:pulumi:prod::clawkeep::x::it", type: `docker:index/${type}`, inputs: { name: "litellm" } },
});
const id = "a".repeat(64);
const listing = `case $2 in ls) echo "${id} litellm"; echo "${"b".repeat(64)} litellm-redis" ;; esac`;

describe.each([
  [made("container:Container"), `container rm --force --volumes ${id}`],
  [made("network:Network"), `network rm ${id}`],
] as const)("%j", (resource, removal) => {
  test("half made, it is removed, and nothing whose name only begins so", async () => {
    expect(await lookFor(resource, known("c"), host(listing))).toEqual({ removed: "litellm (aaaaaaaaaaaa)" });
    expect(asked().slice(1)).toEqual([removal]);
  });

  test("the state's own stays, and where there is none there is nothing to do", async () => {
    expect(await lookFor(resource, known("c", id), host(listing))).toEqual({ nothing: true });
    expect(await lookFor(resource, known(), host("true"))).toEqual({ nothing: true });
    expect(asked()).toHaveLength(1);
  });

  test("a Docker that does not answer, or does not remove it, is not nothing", async () => {
    await expect(
      lookFor(resource, known(), host("echo is the docker daemon running >&2; exit 1")),
    ).rejects.toThrow(/is the docker daemon running/);
    await expect(lookFor(resource, known(), host(`${listing}\n[ "$2" = ls ]`))).rejects.toThrow();
  });
});

describe("the volume's place at a server", () => {
  let server: Server;
  let attachedTo: number | null = 7;
  const calls: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      calls.push(`${request.method} ${request.url}`);
      if (request.method === "POST") attachedTo = null;
      response.end(JSON.stringify({ volume: { server: attachedTo } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const look = (replaced: boolean, serverId: number) =>
    lookFor(
      {
        ...{
          urn: "urn:pulumi:prod::clawkeep::x::it",
          type: "hcloud:index/volumeAttachment:VolumeAttachment",
        },
        inputs: { volumeId: 3, serverId },
      },
      { ids: ["3"], replaced },
      {
        hetzner: { token: "t", endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
        cloudflare: undefined,
        shell: () => Promise.reject(new Error("nobody asks the host")),
      },
    );

  test("is imported, or given back where the state has the old server's, which no import replaces", async () => {
    expect(await look(false, 7)).toEqual({ import: "3" });
    // Another server's is not this one's to take.
    expect(await look(true, 8)).toEqual({ nothing: true });
    expect(calls.filter((call) => call.startsWith("POST"))).toEqual([]);
    expect(await look(true, 7)).toEqual({ removed: "the volume's place at server 7" });
    expect(calls.at(-2)).toBe("POST /volumes/3/actions/detach");
    expect(await look(true, 7)).toEqual({ nothing: true });
  });
});
