import * as path from "node:path";
import { ApiError, ApiServer, type Dialect } from "../emulator/api-server";
import { RequestLog } from "../emulator/request-log";
import { access, type Tokens } from "../emulator/tokens";
import { Actions } from "./actions";
import { locations, lookUp, serverTypes } from "./catalog";
import { catalogRoutes } from "./catalog-routes";
import { idOf, type Context } from "./context";
import { errorReply, invalidInput, notFound, removedEndpoint } from "./errors";
import { firewallRoutes } from "./firewalls";
import { Fleet } from "./fleet";
import type { Machines } from "./machines";
import { primaryIpRoutes } from "./primary-ips";
import { serverActionRoutes } from "./server-actions";
import { removeServer, serverRoutes } from "./servers";
import { sshKeyRoutes } from "./ssh-keys";
import { Store } from "./store";
import { actionView, serverView } from "./views";
import { volumeRoutes } from "./volumes";

export interface EmulatorOptions {
  readonly labDir: string;
  readonly tokens: Tokens;
  readonly machines: Machines;
}

/** The Hetzner Cloud API of the lab: state on disk, machines behind it. */
export class HetznerEmulator {
  private readonly api: ApiServer;
  private readonly context: Context;

  constructor(options: EmulatorOptions) {
    const store = new Store(path.join(options.labDir, "hetzner", "state.json"));
    const log = new RequestLog(path.join(options.labDir, "logs", "hetzner.jsonl"), [
      "user_data",
      "root_password",
    ]);
    this.context = { store, actions: new Actions(store), fleet: new Fleet(store, options.machines) };
    this.api = new ApiServer("/v1", dialect(options.tokens), log);
    sshKeyRoutes(this.api, this.context);
    firewallRoutes(this.api, this.context);
    primaryIpRoutes(this.api, this.context);
    volumeRoutes(this.api, this.context);
    serverRoutes(this.api, this.context);
    serverActionRoutes(this.api, this.context);
    catalogRoutes(this.api, store);
    this.actionRoutes();
    this.labRoutes();
  }

  /**
   * Brings the machines to the state on disk (whatever was running before everything was killed runs again), then
   * listens on loopback. @returns the port.
   */
  async start(port: number): Promise<number> {
    await this.context.fleet.reconcile();
    this.context.actions.finishInterrupted();
    return this.api.listen(port);
  }

  async stop(): Promise<void> {
    await this.api.close();
    await this.context.fleet.idle();
  }

  private actionRoutes(): void {
    const { store, actions } = this.context;
    this.api.route("GET", "/actions", ({ query }) => {
      const ids = query.getAll("id").map(Number);
      if (ids.length === 0) throw removedEndpoint("the list of all actions");
      const wanted = store.state.actions.filter((action) => ids.includes(action.id));
      // All of them, on one page, and nothing about pages.
      return { status: 200, body: { actions: wanted.map(actionView) } };
    });
    this.api.route("GET", "/actions/:id", (request) => ({
      status: 200,
      body: { action: actionView(actions.get(idOf(request))) },
    }));
  }

  private labRoutes(): void {
    const { store, actions } = this.context;
    this.api.lab("GET", "/servers", () => ({
      status: 200,
      body: { servers: store.state.servers.map((server) => serverView(store, server)) },
    }));
    this.api.lab("PUT", "/disk", ({ body }) => {
      const { disk } = body;
      if (disk !== "bare" && disk !== "warm") throw invalidInput("disk", "must be bare or warm");
      store.state.nextDisk = disk;
      store.save();
      return { status: 200, body: { disk } };
    });
    // The call that starts an action is answered as ever, and the action then ends in an error.
    this.api.lab("POST", "/actions", ({ body }) => {
      const { command, code = "action_failed" } = body;
      if (typeof command !== "string" || typeof code !== "string")
        throw invalidInput("command", "not a string");
      actions.condemn(command, code);
      return { status: 201, body: { command, code } };
    });
    // A server type is sold out in a location, or to be had again; what is there runs on.
    this.api.lab("PUT", "/stock", ({ body }) => {
      const { serverType, location, available } = body;
      if (lookUp(serverTypes, serverType) === undefined) throw invalidInput("serverType", "unknown");
      if (lookUp(locations, location) === undefined) throw invalidInput("location", "unknown");
      if (typeof available !== "boolean") throw invalidInput("available", "must be true or false");
      const sold = `${String(serverType)}@${String(location)}`;
      const others = (store.state.soldOut ?? []).filter((each) => each !== sold);
      store.state.soldOut = available ? others : [...others, sold];
      store.save();
      return { status: 200, body: { soldOut: store.state.soldOut } };
    });
    // As if the server had been deleted by hand in the console: no protection is asked.
    this.api.lab("POST", "/servers/:idOrName/destroy", async ({ params }) => {
      const wanted = params["idOrName"];
      const server = store.state.servers.find(
        (entry) => String(entry.id) === wanted || entry.name === wanted,
      );
      if (server === undefined) throw notFound(`server '${wanted}'`);
      const gone = removeServer(this.context, server);
      store.save();
      await gone;
      return { status: 204 };
    });
  }
}

/** What the API calls an error of that status, where there is but one. */
const faultCodes: Readonly<Record<number, string>> = {
  409: "conflict",
  423: "locked",
  429: "rate_limit_exceeded",
  503: "unavailable",
};

function dialect(tokens: Tokens): Dialect {
  return {
    authorise({ method, headers }) {
      const granted = access(tokens, headers.authorization);
      if (granted === "none") throw new ApiError(errorReply(401, "unauthorized", "unable to authenticate"));
      if (granted === "read" && method !== "GET") {
        throw new ApiError(
          errorReply(403, "token_readonly", "the token is only allowed to perform GET requests"),
        );
      }
    },
    unknownRoute: ({ method, path: asked }) =>
      errorReply(404, "not_found", `the lab's emulator has no ${method} ${asked} (lab/hetzner/README.md)`),
    badJson: () => errorReply(400, "json_error", "invalid JSON in request"),
    fault: (status, detail, code) =>
      errorReply(status, String(code ?? faultCodes[status] ?? "server_error"), detail),
  };
}
