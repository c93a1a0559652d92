import * as path from "node:path";
import { ApiError, ApiServer, type ApiRequest, type Dialect } from "../emulator/api-server";
import { RequestLog } from "../emulator/request-log";
import { StateFile } from "../emulator/state-file";
import { access, type Tokens } from "../emulator/tokens";
import { zone as labZone } from "../internet/addresses";
import { dnsRoutes } from "./dns-routes";
import { badHeader, errorReply, noSuchZone, notAllowed, notShown } from "./errors";
import { listReply, ok } from "./lists";
import { account, type State, type Zone } from "./model";
import { publishZones } from "./zone-data";

export interface EmulatorOptions {
  readonly labDir: string;
  readonly tokens: Tokens;
}

/** Cloudflare's API v4 of the lab, as far as it goes: zones and their DNS records. */
export class CloudflareEmulator {
  private readonly api: ApiServer;
  private readonly file: StateFile<State>;
  private readonly state: State;

  constructor(private readonly options: EmulatorOptions) {
    const { labDir, tokens } = options;
    this.file = new StateFile<State>(path.join(labDir, "cloudflare", "state.json"));
    this.state = this.file.load({ zones: [{ ...labZone, records: [] }] });
    const log = new RequestLog(path.join(labDir, "logs", "cloudflare.jsonl"), [
      "tunnel_secret",
      "private_key",
    ]);
    this.api = new ApiServer("/client/v4", dialect(tokens), log);
    this.zoneRoutes();
    dnsRoutes(
      this.api,
      ({ params, method }) => {
        const zone = this.zone(params["zone"] ?? "");
        if (!rightsIn(zone).includes(method === "GET" ? "read" : "edit")) throw notAllowed();
        return zone;
      },
      () => this.save(),
    );
  }

  /** @param address of this machine. Default: loopback @returns the port. */
  async start(port: number, address?: string): Promise<number> {
    this.save();
    return this.api.listen(port, address);
  }

  stop(): Promise<void> {
    return this.api.close();
  }

  private save(): void {
    this.file.save(this.state);
    publishZones(this.options.labDir, this.state.zones);
  }

  private zone(id: string): Zone {
    const zone = this.state.zones.find((candidate) => candidate.id === id);
    if (zone === undefined) throw noSuchZone(id);
    return zone;
  }

  private zoneRoutes(): void {
    const view = (zone: Zone, { headers }: ApiRequest) => ({
      ...{ id: zone.id, name: zone.name, status: "active", paused: false, type: "full" },
      ...{ development_mode: 0, name_servers: ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"] },
      account,
      permissions: rightsIn(zone)
        .filter((right) => right === "read" || access(this.options.tokens, headers.authorization) === "write")
        .map((right) => `#dns_records:${right}`),
    });
    this.api.route("GET", "/zones", (request) => {
      const shown = this.state.zones.filter(({ closed }) => closed !== true);
      return listReply(
        shown.map((zone) => view(zone, request)),
        request.query,
        ["id", "name", "status"],
        20,
      );
    });
    this.api.route("GET", "/zones/:zone", (request) => {
      const zone = this.zone(request.params["zone"] ?? "");
      if (zone.closed === true) throw notShown();
      return ok(view(zone, request));
    });
    this.api.route("GET", "/user/tokens/verify", () => ok({ id: account.id, status: "active" }));
    // Another zone of the account, or other rights to one that is there.
    this.api.lab("PUT", "/zones", ({ body }) => {
      const { id, name, rights, closed } = body as unknown as Omit<Zone, "records">;
      const known = this.state.zones.find((each) => each.id === id);
      const zone: Zone = known ?? { id, name, records: [] };
      if (known === undefined) this.state.zones.push(zone);
      if (rights === undefined) delete zone.rights;
      else zone.rights = rights;
      zone.closed = closed === true;
      this.save();
      return { status: 200, body: { zones: this.state.zones.map((each) => each.name) } };
    });
  }
}

const rightsIn = ({ rights = ["read", "edit"] }: Zone): NonNullable<Zone["rights"]> => rights;

function dialect(tokens: Tokens): Dialect {
  return {
    authorise({ method, path: asked, headers }) {
      if (headers.authorization === undefined) {
        throw new ApiError(
          errorReply(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"),
        );
      }
      // What cannot be a token is refused for its looks, before anybody looks it up.
      if (!/^Bearer [A-Za-z0-9_-]{40,}$/.test(headers.authorization)) throw new ApiError(badHeader());
      const granted = access(tokens, headers.authorization);
      if (granted === "none") {
        const verifying = asked === "/user/tokens/verify";
        throw new ApiError(
          verifying
            ? errorReply(401, 1000, "Invalid API Token")
            : errorReply(403, 9109, "Invalid access token"),
        );
      }
      if (granted === "read" && method !== "GET") {
        throw new ApiError(errorReply(403, 10000, "Authentication error"));
      }
    },
    unknownRoute: ({ method, path: asked }) =>
      errorReply(404, 7003, `the lab's emulator has no ${method} ${asked} (lab/cloudflare/README.md)`),
    badJson: () => errorReply(400, 6007, "Malformed JSON in request body"),
    fault: (status, detail, code) => ({
      ...errorReply(
        status,
        Number(code ?? (status === 429 ? 971 : 10001)),
        status === 429 ? "Please wait and consider throttling your request speed" : detail,
      ),
      ...(status === 429 ? { headers: { "retry-after": "1" } } : {}),
    }),
  };
}
