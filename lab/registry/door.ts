/**
 * A door before a registry, as Docker Hub's: who pulls shows a token, the token is had with a login or as nobody, and the
 * pulls of each are counted. The registry behind it is asked for nothing that the door does not let by.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";

export interface DoorRules {
  /** Who may log in: name -> password. */
  readonly users: Readonly<Record<string, string>>;
  /** Whether somebody without a login gets a token. */
  readonly anonymous: boolean;
  /** Manifests that one of them may have; then 429. Asking whether there is one (HEAD) is not counted, as at Docker Hub. */
  readonly pulls: number;
}

const nobody = "";
/** Docker Hub's own words, since 2024. */
const limitWords =
  "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit";

export class RegistryDoor {
  private readonly server = http.createServer((request, response) => this.serve(request, response));
  private readonly counted = new Map<string, number>();

  /**
   * @param upstream origin of the registry behind it
   * @param ownLogin the header `authorization` that the door itself shows there, where that registry asks for one
   */
  constructor(
    private readonly upstream: string,
    private rules: DoorRules,
    private readonly ownLogin?: string,
  ) {}

  /** @returns what stands before the first / of an image that is pulled through it */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this.address();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Other rules from now on; what was counted is forgotten. */
  change(rules: DoorRules): void {
    this.rules = rules;
    this.counted.clear();
  }

  /** How many manifests somebody has had, or would have had, since the rules are these. @param user absent: nobody */
  pulled = (user: string = nobody): number => this.counted.get(user) ?? 0;

  private address = (): string => `127.0.0.1:${(this.server.address() as AddressInfo).port}`;

  private serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = new URL(request.url ?? "/", `http://${this.address()}`);
    if (url.pathname === "/token") return this.giveToken(request, response);
    const caller = this.callerOf(request.headers.authorization);
    if (caller === undefined) {
      const challenge = `Bearer realm="http://${this.address()}/token",service="lab"`;
      return refuse(response, 401, "UNAUTHORIZED", "authentication required", {
        "www-authenticate": challenge,
      });
    }
    if (request.method === "GET" && /\/manifests\//.test(url.pathname)) {
      const count = (this.counted.get(caller) ?? 0) + 1;
      this.counted.set(caller, count);
      if (count > this.rules.pulls) return refuse(response, 429, "TOOMANYREQUESTS", limitWords);
    }
    this.forward(request, response);
  }

  private giveToken(request: http.IncomingMessage, response: http.ServerResponse): void {
    const [, basic] = /^Basic (\S+)$/.exec(request.headers.authorization ?? "") ?? [];
    const [user = nobody, password] =
      basic === undefined ? [] : Buffer.from(basic, "base64").toString().split(":");
    const known = user === nobody ? this.rules.anonymous : this.rules.users[user] === password;
    if (!known)
      return refuse(
        response,
        401,
        "UNAUTHORIZED",
        user === nobody ? "authentication required" : "incorrect username or password",
      );
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ token: tokenOf(user) }));
  }

  /** Whose token it is; undefined for no token, or one that the rules of now would not give. */
  private callerOf(authorization = ""): string | undefined {
    const callers = [...Object.keys(this.rules.users), ...(this.rules.anonymous ? [nobody] : [])];
    return callers.find((user) => authorization === `Bearer ${tokenOf(user)}`);
  }

  private forward(request: http.IncomingMessage, response: http.ServerResponse): void {
    const headers = { ...request.headers };
    delete headers.authorization;
    if (this.ownLogin !== undefined) headers.authorization = this.ownLogin;
    const passed = http.request(
      new URL(request.url ?? "/", this.upstream),
      { method: request.method ?? "GET", headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    passed.on("error", () => response.destroy());
    request.pipe(passed);
  }
}

/** No secret: the door stands on loopback, before what the lab gives to anybody. */
const tokenOf = (user: string): string => Buffer.from(`token of ${user}`).toString("base64url");

function refuse(
  response: http.ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: http.OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
