/** The real Caddy under the deployed configuration, before a gateway that says too much of itself. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as tls from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { services, userOf } from "../../../config/services";
import { caddyfile, caddyHealthPort, caddyPort } from "../../../config-files/reverse-proxy/caddyfile";
import { published } from "../../../lab/images/catalogue";
import { buildLocal } from "../../../lab/images/local-image";
import { docker, labLabel } from "../../../lab/lib/docker";
import { attempt, run } from "../../../lab/lib/exec";

jest.setTimeout(60_000);
const hostname = "assistant.example.org";
const container = "clawkeep-caddy-test";
const root = mkdtempSync(join(tmpdir(), "clawkeep-caddy-"));
const certificate = join(root, "config", "origin.pem");
let address = "";
/** What the gateway was sent last. */
let seen: http.IncomingHttpHeaders = {};
const upstream = http.createServer((request, response) => {
  seen = request.headers;
  response.writeHead(200, {
    server: "gateway/1.0",
    via: "1.1 gateway",
    "strict-transport-security": "max-age=1; includeSubDomains; preload",
  });
  response.end("hello");
});

beforeAll(async () => {
  const caddy = published.find(({ image }) => image.name === "caddy");
  if (caddy === undefined) throw new Error("the catalogue has no Caddy");
  const image = await buildLocal(caddy.image);
  await remove();
  await docker(["network", "create", "--internal", "--label", labLabel, container]);
  const template = "{{(index .IPAM.Config 0).Gateway}}";
  const here = (await docker(["network", "inspect", "--format", template, container])).trim();
  await new Promise<void>((resolve) => upstream.listen(0, here, resolve));
  const upstreamAddress = `${here}:${(upstream.address() as AddressInfo).port}`;
  for (const name of ["config", "secrets"]) mkdirSync(join(root, name));
  writeFileSync(join(root, "config", "Caddyfile"), caddyfile({ hostname, upstream: upstreamAddress }));
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"],
    ...["-subj", `/CN=${hostname}`, "-addext", `subjectAltName=DNS:${hostname}`],
    ...["-keyout", join(root, "secrets", "origin.key"), "-out", certificate],
  ]);
  for (const path of ["", "config", "secrets"]) chmodSync(join(root, path), 0o755);
  chmodSync(join(root, "secrets", "origin.key"), 0o444);
  await docker([
    ...["run", "--detach", "--name", container, "--label", labLabel, "--network", container],
    ...["--user", userOf(services.reverseProxy), "--read-only", "--cap-drop", "ALL"],
    ...["--cap-add", "NET_BIND_SERVICE"],
    ...["--security-opt", "no-new-privileges", "--memory", "128m", "--pids-limit", "64"],
    ...["--tmpfs", "/data:mode=1777", "--tmpfs", "/config:mode=1777", "--entrypoint", "caddy"],
    ...["--volume", `${root}/config:/etc/caddy:ro`, "--volume", `${root}/secrets:/run/secrets/caddy:ro`],
    ...[image, "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
  ]);
  const ip = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  address = (await docker(["container", "inspect", "--format", ip, container])).trim();
  await healthy();
});

afterAll(async () => {
  upstream.closeAllConnections();
  upstream.close();
  await remove();
  rmSync(root, { recursive: true, force: true });
});

describe("an answer", () => {
  it("says nothing of what it came by, and to use TLS, of this one name", async () => {
    const answer = await ask();
    expect(answer).toMatchObject({ status: 200, body: "hello" });
    expectOwnHeadersOnly(answer.headers);
    // One header, not the gateway's beside it.
    expect(answer.headers["strict-transport-security"]).toEqual(["max-age=15768000"]);
  });

  it("is as silent where the gateway is down", async () => {
    await new Promise((closed) => {
      upstream.close(closed);
      upstream.closeAllConnections();
    });
    const answer = await ask();
    expect(answer.status).toBe(502);
    expectOwnHeadersOnly(answer.headers);
    expect(answer.headers["strict-transport-security"]).toEqual(["max-age=15768000"]);
  });
});

it("another name has no site: no handshake, and behind the right one no upstream", async () => {
  await expect(ask(hostname, "other.example.org")).rejects.toThrow(/alert|handshake/);
  await expect(ask(hostname, "")).rejects.toThrow(/alert|handshake/);
  const before = seen;
  const answer = await ask("other.example.org");
  expect(answer).toMatchObject({ status: 421, body: "" });
  expectOwnHeadersOnly(answer.headers);
  expect(seen).toBe(before);
});

it("a client that does not come by Cloudflare cannot say who it is", () => {
  expect(seen["x-forwarded-for"]).not.toContain("198.51.100.77");
  expect(seen["x-real-ip"]).not.toContain("198.51.100.77");
  expect(seen["cf-connecting-ip"]).toBeUndefined();
});

describe("a visitor", () => {
  it("is not told how the gateway's start is going", async () => {
    const before = seen;
    for (const path of ["/readyz", "/startupz", "//readyz", "/READYZ", "/%72eadyz", "/readyz?x=1"])
      expect(await ask(hostname, hostname, { path })).toMatchObject({ status: 404, body: "" });
    expect(seen).toBe(before);
  });

  it("may send heads of 32 KB and not of more", async () => {
    expect((await ask(hostname, hostname, { filler: 30_000 })).status).not.toBe(431);
    expect((await ask(hostname, hostname, { filler: 60_000 })).status).toBe(431);
  });

  it("cannot fill Caddy with heads that never end", async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => unfinishedHead(900_000)));
    await new Promise((wake) => setTimeout(wake, 2_000));
    expect((await ask()).status).not.toBe(0);
    const state = "{{.State.OOMKilled}} {{.RestartCount}} {{.State.Running}}";
    expect((await docker(["container", "inspect", "--format", state, container])).trim()).toBe(
      "false 0 true",
    );
    for (const socket of sockets) socket.destroy();
  });

  it("has ten seconds for a head", async () => {
    const socket = await unfinishedHead(100);
    const began = Date.now();
    await new Promise((closed) => socket.once("close", closed));
    expect(Date.now() - began).toBeLessThan(15_000);
  });
});

/** A connection with most of a head on it. */
function unfinishedHead(bytes: number): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const ca = readFileSync(certificate);
    const socket = tls.connect({ host: address, port: caddyPort, servername: hostname, ca }, () => {
      socket.write(`GET / HTTP/1.1\r\nHost: ${hostname}\r\nX: ${"x".repeat(bytes)}`);
      resolve(socket);
    });
    socket.on("error", reject).resume();
  });
}

function expectOwnHeadersOnly(headers: NodeJS.Dict<string[]>): void {
  expect(headers).not.toHaveProperty("via");
  expect(headers).not.toHaveProperty("server");
  expect(JSON.stringify(headers)).not.toMatch(/caddy|gateway\/1/i);
}

function ask(
  host = hostname,
  servername = hostname,
  { path = "/", filler = 0 }: { path?: string; filler?: number } = {},
): Promise<{ status: number; headers: NodeJS.Dict<string[]>; body: string }> {
  const claimed = "198.51.100.77";
  return new Promise((resolve, reject) => {
    const request = https.get(
      {
        ...{ host: address, port: caddyPort, path, servername, ca: readFileSync(certificate) },
        headers: {
          host,
          "x-forwarded-for": claimed,
          "x-real-ip": claimed,
          "cf-connecting-ip": claimed,
          ...(filler > 0 && { "x-filler": "x".repeat(filler) }),
        },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headersDistinct,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on("error", reject);
  });
}

async function healthy(): Promise<void> {
  const url = `http://127.0.0.1:${caddyHealthPort}/healthz`;
  for (let left = 50; ; left--) {
    const { code } = await attempt("docker", ["exec", container, "wget", "-q", "-O", "/dev/null", url]);
    if (code === 0) return;
    if (left === 0) throw new Error(`Caddy does not answer: ${await docker(["logs", container])}`);
    await new Promise((wake) => setTimeout(wake, 200));
  }
}

async function remove(): Promise<void> {
  await attempt("docker", ["rm", "--force", "--volumes", container]);
  await attempt("docker", ["network", "rm", container]);
}
