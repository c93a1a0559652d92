/** A registry over TLS that plays Docker Hub's token dance, and on request one of the ways in which it goes wrong. */
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Fault =
  | "asks again with a token"
  | "basic"
  | "no token"
  | "token refused"
  | "too many requests"
  | "too many requests, for a while"
  | "server error"
  | "wrong digest"
  | "wrong configuration"
  | "no image"
  | "realm in clear"
  | "redirects for ever"
  | "blobs lie elsewhere"
  | "garbage";

interface Item {
  readonly type: string;
  readonly body: Buffer;
}

export const sha256 = (bytes: Buffer | string): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const token = "a-token-for-one-repository";
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const indexType = "application/vnd.oci.image.index.v1+json";
const manifestType = "application/vnd.docker.distribution.manifest.v2+json";

export class RegistryServer {
  fault: Fault | undefined;
  /** Every request as it came: `path authorization`. */
  readonly seen: string[] = [];
  private readonly tags = new Map<string, Map<string, Item>>();
  private readonly blobs = new Map<string, Buffer>();

  private constructor(
    private readonly server: Server,
    /** Certificate that it is known by, a file. */
    readonly caFile: string,
    private readonly directory: string,
  ) {}

  static async start(): Promise<RegistryServer> {
    const directory = mkdtempSync(join(tmpdir(), "clawkeep-registry-"));
    const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    execFileSync("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"],
      ...["-subj", "/CN=registry", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
      ...["-keyout", key, "-out", cert],
    ]);
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
    const registry = new RegistryServer(server, cert, directory);
    server.on("request", (request, response) => registry.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  get origin(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.directory, { recursive: true });
  }

  /** Offers an index for these platforms. @returns its digest */
  index(repository: string, tag: string, platforms = ["linux/amd64", "linux/arm64"]): string {
    const manifests = platforms.map((entry) => {
      const [os, architecture] = entry.split("/");
      return { digest: sha256(`${repository}:${tag} ${entry}`), platform: { os, architecture } };
    });
    return this.put(repository, tag, { type: indexType, body: json({ schemaVersion: 2, manifests }) });
  }

  /** Offers an image without an index. @returns its digest */
  single(repository: string, tag: string, architecture = "amd64"): string {
    const config = json({ os: "linux", architecture, repository, tag });
    this.blobs.set(sha256(config), config);
    const body = json({ schemaVersion: 2, config: { digest: sha256(config) }, layers: [] });
    return this.put(repository, tag, { type: manifestType, body });
  }

  private put(repository: string, tag: string, item: Item): string {
    const tags = this.tags.get(repository) ?? new Map<string, Item>();
    this.tags.set(repository, tags.set(tag, item));
    return sha256(item.body);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", this.origin);
    this.seen.push(`${url.pathname}${url.search} ${request.headers.authorization ?? "-"}`);
    const send = (status: number, body: Buffer | string, headers: Record<string, string> = {}): void => {
      response.writeHead(status, headers).end(body);
    };
    if (url.pathname === "/token") return this.giveToken(url, send);
    if (url.pathname.startsWith("/elsewhere/")) {
      // Like a store behind signed addresses, which refuses two kinds of credentials at once.
      if (request.headers.authorization !== undefined) return send(400, "two authorizations");
      return send(200, this.blobs.get(url.pathname.split("/").at(-1) ?? "") ?? "");
    }
    if (this.fault === "too many requests") return send(429, "{}");
    if (this.fault === "too many requests, for a while") return send(429, "{}", { "Retry-After": "240" });
    if (this.fault === "server error") return send(503, "{}");
    const authorized = request.headers.authorization === `Bearer ${token}`;
    if (!authorized || this.fault === "asks again with a token") {
      const realm = this.fault === "realm in clear" ? "http://127.0.0.1:9/token" : `${this.origin}/token`;
      const challenge =
        this.fault === "basic"
          ? 'Basic realm="registry"'
          : `Bearer realm="${realm}",service="registry.test",scope="repository:other:pull,push"`;
      return send(401, "{}", { "WWW-Authenticate": challenge });
    }
    if (this.fault === "redirects for ever") return send(307, "", { Location: url.href });
    const [, repository = "", kind, name = ""] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (kind === "manifests") return this.giveManifest(repository, name, request, send);
    if (kind === "blobs") return this.giveBlob(name, send);
    send(404, "{}");
  }

  private giveToken(url: URL, send: Send): void {
    if (this.fault === "token refused") return send(403, "{}");
    if (this.fault === "no token") return send(200, "{}");
    const scope = url.searchParams.get("scope");
    if (url.searchParams.get("service") !== "registry.test" || !/^repository:[^:]+:pull$/.test(scope ?? ""))
      return send(400, "{}");
    send(200, json({ access_token: token }));
  }

  private giveManifest(repository: string, tag: string, request: IncomingMessage, send: Send): void {
    const item = this.tags.get(repository)?.get(tag);
    if (item === undefined) return send(404, json({ errors: [{ code: "MANIFEST_UNKNOWN" }] }));
    if (this.fault === "garbage") return send(200, "<html>", { "Content-Type": item.type });
    if (this.fault === "no image") return send(200, "<html>", { "Content-Type": "text/html" });
    // A client that does not ask for an index gets one architecture's manifest from real registries.
    if (!(request.headers.accept ?? "").includes(item.type)) return send(404, "{}");
    const digest = this.fault === "wrong digest" ? sha256("something else") : sha256(item.body);
    send(200, item.body, { "Content-Type": item.type, "Docker-Content-Digest": digest });
  }

  private giveBlob(digest: string, send: Send): void {
    if (this.fault === "wrong configuration") return send(200, json({ os: "linux", architecture: "amd64" }));
    if (this.fault === "blobs lie elsewhere") {
      // Another origin: the same server under its other name.
      return send(307, "", {
        Location: `${this.origin.replace("127.0.0.1", "localhost")}/elsewhere/${digest}`,
      });
    }
    const blob = this.blobs.get(digest);
    send(blob === undefined ? 404 : 200, blob ?? "{}");
  }
}

type Send = (status: number, body: Buffer | string, headers?: Record<string, string>) => void;
