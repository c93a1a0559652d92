import type { ApiServer, JsonObject } from "../emulator/api-server";
import { idOf, now, rename, requireUniqueName, type Context } from "./context";
import { inUse, invalidInput, noFirewallResource, notEmulated, refused } from "./errors";
import { integer, labels, list, object, rules, text } from "./input";
import { listReply } from "./lists";
import type { Action, Firewall, Server } from "./model";
import { firewallView, startedActionView } from "./views";

export function firewallRoutes(api: ApiServer, { store, actions, fleet }: Context): void {
  const { state } = store;
  const view = (firewall: Firewall): unknown => firewallView(store, firewall);

  /** @param missing the status where a server is not there: it differs between a new firewall and an action */
  function serversIn(body: JsonObject, field: string, missing: 404 | 422): Server[] {
    return list(body, field).map((item) => {
      const entry = item as JsonObject;
      if (entry["type"] === "label_selector") throw notEmulated(`${field}.label_selector`);
      if (entry["type"] !== "server") throw invalidInput(`${field}.type`, "must be server");
      const id = integer(object(entry, "server"), "id");
      const server = state.servers.find((candidate) => candidate.id === id);
      if (server === undefined) throw noFirewallResource(missing, `server with ID '${id}'`);
      return server;
    });
  }

  function apply(firewall: Firewall, servers: readonly Server[], command: string): Action[] {
    return servers.map((server) =>
      actions.start(
        command,
        [
          { id: server.id, type: "server" },
          { id: firewall.id, type: "firewall" },
        ],
        fleet.applyFirewall(server),
      ),
    );
  }

  function appliedTo(firewall: Firewall): Server[] {
    return state.servers.filter((server) => server.firewallIds.includes(firewall.id));
  }

  function attach(firewall: Firewall, servers: readonly Server[]): Action[] {
    for (const server of servers) {
      if (server.firewallIds.includes(firewall.id)) {
        throw refused("firewall_already_applied", `firewall is already applied to server ${server.id}`);
      }
    }
    for (const server of servers) server.firewallIds = [...server.firewallIds, firewall.id];
    return apply(firewall, servers, "apply_firewall");
  }

  function setRules(firewall: Firewall): Action[] {
    const setting = actions.start("set_firewall_rules", [{ id: firewall.id, type: "firewall" }]);
    return [setting, ...apply(firewall, appliedTo(firewall), "apply_firewall")];
  }

  api.route("GET", "/firewalls", ({ query }) => listReply("firewalls", state.firewalls, query, view));

  api.route("POST", "/firewalls", ({ body }) => {
    const name = text(body, "name");
    requireUniqueName(state.firewalls, name);
    const servers = serversIn(body, "apply_to", 422);
    const firewall: Firewall = {
      id: store.nextId(),
      name,
      labels: labels(body),
      rules: rules(body),
      created: now(),
    };
    state.firewalls.push(firewall);
    const started = [...setRules(firewall), ...attach(firewall, servers)];
    store.save();
    return { status: 201, body: { firewall: view(firewall), actions: started.map(startedActionView) } };
  });

  api.route("GET", "/firewalls/:id", (request) => ({
    status: 200,
    body: { firewall: view(store.firewall(idOf(request))) },
  }));

  api.route("PUT", "/firewalls/:id", (request) => {
    const firewall = store.firewall(idOf(request));
    rename(state.firewalls, firewall, request);
    store.save();
    return { status: 200, body: { firewall: view(firewall) } };
  });

  api.route("DELETE", "/firewalls/:id", (request) => {
    const firewall = store.firewall(idOf(request));
    if (appliedTo(firewall).length > 0) throw inUse(`firewall with ID '${firewall.id}'`);
    state.firewalls = state.firewalls.filter((other) => other !== firewall);
    store.save();
    return { status: 204 };
  });

  const action = (name: string, handler: (firewall: Firewall, body: JsonObject) => Action[]): void =>
    api.route("POST", `/firewalls/:id/actions/${name}`, (request) => {
      const started = handler(store.firewall(idOf(request)), request.body);
      store.save();
      return { status: 201, body: { actions: started.map(startedActionView) } };
    });

  action("set_rules", (firewall, body) => {
    firewall.rules = rules(body);
    return setRules(firewall);
  });

  action("apply_to_resources", (firewall, body) => attach(firewall, serversIn(body, "apply_to", 404)));

  action("remove_from_resources", (firewall, body) => {
    const servers = serversIn(body, "remove_from", 404);
    for (const server of servers) server.firewallIds = server.firewallIds.filter((id) => id !== firewall.id);
    return apply(firewall, servers, "remove_firewall");
  });
}
