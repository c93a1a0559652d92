import type { ApiServer } from "../emulator/api-server";
import { lookUp, locations } from "./catalog";
import { actionReply, idOf, now, rename, requireUniqueName, type Context } from "./context";
import { invalidInput, isProtected, notEmulated, refused } from "./errors";
import { flag, labels, text } from "./input";
import { listReply } from "./lists";
import type { PrimaryIp } from "./model";
import type { Store } from "./store";
import { primaryIpView } from "./views";

/** Makes a primary IP and keeps it in the store. */
export function createPrimaryIp(
  store: Store,
  wanted: Omit<PrimaryIp, "id" | "ip" | "created" | "protected">,
): PrimaryIp {
  const ip = wanted.type === "ipv4" ? store.allocateIpv4() : store.allocateIpv6();
  const made: PrimaryIp = { ...wanted, id: store.nextId(), ip, created: now(), protected: false };
  store.state.primaryIps.push(made);
  return made;
}

export function primaryIpRoutes(api: ApiServer, { store, actions }: Context): void {
  const { state } = store;

  api.route("GET", "/primary_ips", ({ query }) => {
    const address = query.get("ip");
    const ips = state.primaryIps.filter((ip) => address === null || ip.ip === address);
    return listReply("primary_ips", ips, query, primaryIpView);
  });

  api.route("POST", "/primary_ips", ({ body }) => {
    const name = text(body, "name");
    const type = text(body, "type");
    if (type !== "ipv4" && type !== "ipv6") throw invalidInput("type", "must be ipv4 or ipv6");
    if (body["assignee_id"] !== undefined && body["assignee_id"] !== null) throw notEmulated("assignee_id");
    if (body["datacenter"] !== undefined) throw notEmulated("datacenter");
    const location = lookUp(locations, text(body, "location"));
    if (location === undefined) throw invalidInput("location", "unknown location");
    requireUniqueName(state.primaryIps, name);
    const ip = createPrimaryIp(store, {
      name,
      type,
      location: location.name,
      labels: labels(body),
      assigneeId: null,
      autoDelete: flag(body, "auto_delete", false),
    });
    store.save();
    return { status: 201, body: { primary_ip: primaryIpView(ip) } };
  });

  api.route("GET", "/primary_ips/:id", (request) => ({
    status: 200,
    body: { primary_ip: primaryIpView(store.primaryIp(idOf(request))) },
  }));

  api.route("PUT", "/primary_ips/:id", (request) => {
    const ip = store.primaryIp(idOf(request));
    rename(state.primaryIps, ip, request);
    ip.autoDelete = flag(request.body, "auto_delete", ip.autoDelete);
    store.save();
    return { status: 200, body: { primary_ip: primaryIpView(ip) } };
  });

  api.route("DELETE", "/primary_ips/:id", (request) => {
    const ip = store.primaryIp(idOf(request));
    if (ip.protected) throw isProtected("primary IP");
    if (ip.assigneeId !== null) throw refused("must_be_unassigned", "primary IP is assigned to a server");
    state.primaryIps = state.primaryIps.filter((other) => other !== ip);
    store.save();
    return { status: 204 };
  });

  api.route("POST", "/primary_ips/:id/actions/change_protection", (request) => {
    const ip = store.primaryIp(idOf(request));
    const wanted = flag(request.body, "delete", ip.protected);
    if (wanted && ip.autoDelete) throw invalidInput("delete", "not with auto_delete");
    ip.protected = wanted;
    const action = actions.start("change_protection", [{ id: ip.id, type: "primary_ip" }]);
    store.save();
    return actionReply(action);
  });
}
