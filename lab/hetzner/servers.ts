import type { ApiServer } from "../emulator/api-server";
import { lookUp, lookUpSold, images, locations } from "./catalog";
import { idOf, now, rename, requireUniqueName, type Context } from "./context";
import { invalidInput, isProtected, noRoom, notEmulated, refused } from "./errors";
import { flag, hostname, integer, labels, list, object, optionalText, text } from "./input";
import { listReply } from "./lists";
import type { PrimaryIp, Server } from "./model";
import { createPrimaryIp } from "./primary-ips";
import type { Store } from "./store";
import { serverView, startedActionView } from "./views";

export function serverRoutes(api: ApiServer, context: Context): void {
  const { store, actions, fleet } = context;
  const { state } = store;
  const view = (server: Server): unknown => serverView(store, server);

  api.route("GET", "/servers", ({ query }) => {
    const status = query.getAll("status");
    const servers = state.servers.filter((server) => status.length === 0 || status.includes(server.status));
    return listReply("servers", servers, query, view);
  });

  api.route("POST", "/servers", ({ body }) => {
    const server = newServer(store, body);
    state.servers.push(server);
    const resources = [{ id: server.id, type: "server" as const }];
    const booted = fleet.converge(server);
    const action = actions.start("create_server", resources, booted);
    const next = actions.start("start_server", resources, booted);
    store.save();
    return {
      status: 201,
      body: {
        server: view(server),
        action: startedActionView(action),
        next_actions: [startedActionView(next)],
        root_password: null,
      },
    };
  });

  api.route("GET", "/servers/:id", (request) => ({
    status: 200,
    body: { server: view(store.server(idOf(request))) },
  }));

  api.route("PUT", "/servers/:id", (request) => {
    const server = store.server(idOf(request));
    if (request.body["name"] !== undefined) hostname(request.body, "name");
    rename(state.servers, server, request);
    store.save();
    return { status: 200, body: { server: view(server) } };
  });

  api.route("DELETE", "/servers/:id", (request) => {
    const server = store.server(idOf(request));
    if (server.protectedDelete) throw isProtected("server");
    const action = actions.start(
      "delete_server",
      [{ id: server.id, type: "server" }],
      removeServer(context, server),
    );
    store.save();
    return { status: 200, body: { action: startedActionView(action) } };
  });
}

/** Takes the server out of the API at once, its machine as soon as it goes; what is bound to it is free when that is gone. */
export function removeServer({ store, fleet }: Context, server: Server): Promise<void> {
  const { state } = store;
  state.servers = state.servers.filter((other) => other !== server);
  return fleet.destroy(server.machine);
}

function newServer(store: Store, body: Parameters<typeof text>[0]): Server {
  const { state } = store;
  for (const field of ["volumes", "networks", "placement_group", "datacenter", "automount"]) {
    const value = body[field];
    if (value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0))
      throw notEmulated(field);
  }
  if (!flag(body, "start_after_create", true)) throw notEmulated("start_after_create");
  const name = hostname(body, "name");
  requireUniqueName(state.servers, name);
  const type = lookUpSold(body["server_type"]);
  if (type === undefined) throw invalidInput("server_type", "unsupported location for server type");
  const image = lookUp(images, body["image"]);
  if (image === undefined) throw invalidInput("image", "unknown image");
  const location = lookUp(locations, optionalText(body, "location") ?? "fsn1");
  if (location === undefined) throw invalidInput("location", "unknown location");
  if (store.isSoldOut(type.name, location.name)) throw noRoom(`server type ${type.name}`);
  const authorizedKeys = list(body, "ssh_keys").map((wanted) => {
    const key = lookUp(state.sshKeys, wanted);
    if (key === undefined) throw invalidInput("ssh_keys", `no SSH key '${String(wanted)}'`);
    return key.publicKey;
  });
  const firewallIds = list(body, "firewalls").map(
    (item) => store.firewall(integer(item as Record<string, unknown>, "firewall")).id,
  );
  const publicNet = object(body, "public_net");
  if (!flag(publicNet, "enable_ipv4", true)) throw notEmulated("public_net.enable_ipv4");
  const wantsIpv6 = flag(publicNet, "enable_ipv6", true);
  const given = {
    ipv4: givenIp(store, publicNet, "ipv4", location.name),
    ipv6: givenIp(store, publicNet, "ipv6", location.name),
  };

  const id = store.nextId();
  const automatic = (ipType: PrimaryIp["type"]): PrimaryIp =>
    createPrimaryIp(store, {
      name: `primary_ip-${id}-${ipType}`,
      type: ipType,
      location: location.name,
      labels: {},
      assigneeId: id,
      autoDelete: true,
    });
  const ipv4 = given.ipv4 ?? automatic("ipv4");
  const ipv6 = wantsIpv6 ? (given.ipv6 ?? automatic("ipv6")) : undefined;
  ipv4.assigneeId = id;
  if (ipv6 !== undefined) ipv6.assigneeId = id;
  return {
    id,
    name,
    machine: state.servers.some((other) => other.machine === name) ? `${name}-${id}` : name,
    disk: state.nextDisk,
    status: "initializing",
    serverType: type.name,
    imageId: image.id,
    location: location.name,
    authorizedKeys,
    userData: optionalText(body, "user_data") ?? null,
    labels: labels(body),
    firewallIds,
    ipv4Id: ipv4.id,
    ipv6Id: ipv6?.id ?? null,
    backups: false,
    protectedDelete: false,
    protectedRebuild: false,
    created: now(),
  };
}

/** The primary IP named in the request, if one is; it must fit and be free. */
function givenIp(
  store: Store,
  publicNet: Parameters<typeof text>[0],
  type: PrimaryIp["type"],
  location: string,
): PrimaryIp | undefined {
  const wanted = publicNet[type];
  if (wanted === undefined || wanted === null || wanted === 0) return undefined;
  const ip = store.primaryIp(integer(publicNet, type));
  if (ip.type !== type) throw refused("primary_ip_version_mismatch", `primary IP ${ip.id} is not ${type}`);
  if (ip.assigneeId !== null) throw refused("primary_ip_assigned", `primary IP ${ip.id} is assigned already`);
  if (ip.location !== location) {
    throw refused(
      "primary_ip_datacenter_mismatch",
      `primary IP ${ip.id} is in ${ip.location}, not ${location}`,
    );
  }
  return ip;
}
