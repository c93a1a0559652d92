import type { ApiServer, JsonObject } from "../emulator/api-server";
import { lookUp, locations } from "./catalog";
import { actionReply, idOf, now, rename, requireUniqueName, type Context } from "./context";
import { invalidInput, isProtected, notEmulated, refused } from "./errors";
import { flag, integer, labels, optionalText, text, volumeName } from "./input";
import { listReply } from "./lists";
import type { Action, Volume } from "./model";
import { startedActionView, volumeView } from "./views";

const sizeLimitsGiB = { least: 10, most: 10240 };

export function volumeRoutes(api: ApiServer, { store, actions, fleet }: Context): void {
  const { state } = store;

  api.route("GET", "/volumes", ({ query }) => listReply("volumes", state.volumes, query, volumeView));

  api.route("POST", "/volumes", ({ body }) => {
    const name = volumeName(body);
    if (body["server"] !== undefined) throw notEmulated("server");
    const location = lookUp(locations, text(body, "location"));
    if (location === undefined) throw invalidInput("location", "unknown location");
    const format = optionalText(body, "format");
    if (format !== undefined && format !== "ext4") throw notEmulated("format");
    requireUniqueName(state.volumes, name);
    const volume: Volume = {
      id: store.nextId(),
      name,
      sizeGiB: size(body),
      location: location.name,
      labels: labels(body),
      format: format ?? null,
      serverId: null,
      protected: false,
      created: now(),
    };
    state.volumes.push(volume);
    const action = actions.start("create_volume", resources(volume), fleet.createVolume(volume));
    store.save();
    return {
      status: 201,
      body: { volume: volumeView(volume), action: startedActionView(action), next_actions: [] },
    };
  });

  api.route("GET", "/volumes/:id", (request) => ({
    status: 200,
    body: { volume: volumeView(store.volume(idOf(request))) },
  }));

  api.route("PUT", "/volumes/:id", (request) => {
    const volume = store.volume(idOf(request));
    if (request.body["name"] !== undefined) volumeName(request.body);
    rename(state.volumes, volume, request);
    store.save();
    return { status: 200, body: { volume: volumeView(volume) } };
  });

  api.route("DELETE", "/volumes/:id", (request) => {
    const volume = store.volume(idOf(request));
    if (volume.protected) throw isProtected("volume");
    if (volume.serverId !== null) throw refused("volume_already_attached", "volume is attached to a server");
    state.volumes = state.volumes.filter((other) => other !== volume);
    const done = fleet.deleteVolume(volume.id);
    store.save();
    return done.then(() => ({ status: 204 }));
  });

  const action = (name: string, handler: (volume: Volume, body: JsonObject) => Action): void =>
    api.route("POST", `/volumes/:id/actions/${name}`, (request) => {
      const started = handler(store.volume(idOf(request)), request.body);
      store.save();
      return actionReply(started);
    });

  action("attach", (volume, body) => {
    const server = store.server(integer(body, "server"));
    if (flag(body, "automount", false)) throw notEmulated("automount");
    if (volume.serverId !== null) throw refused("volume_already_attached", "volume is already attached");
    if (volume.location !== server.location) {
      throw invalidInput("server", `server is in ${server.location}, volume in ${volume.location}`);
    }
    volume.serverId = server.id;
    const both = [...resources(volume), { id: server.id, type: "server" as const }];
    return actions.start("attach_volume", both, fleet.attachVolume(server, volume));
  });

  action("detach", (volume) => {
    if (volume.serverId === null)
      throw refused("volume_not_attached", "volume is not attached to any server");
    const server = store.server(volume.serverId);
    volume.serverId = null;
    const both = [...resources(volume), { id: server.id, type: "server" as const }];
    return actions.start("detach_volume", both, fleet.detachVolume(server, volume));
  });

  action("resize", (volume, body) => {
    const wanted = size(body);
    if (wanted <= volume.sizeGiB) throw invalidInput("size", `must be larger than ${volume.sizeGiB}`);
    volume.sizeGiB = wanted;
    return actions.start("resize_volume", resources(volume), fleet.resizeVolume(volume));
  });

  action("change_protection", (volume, body) => {
    volume.protected = flag(body, "delete", volume.protected);
    return actions.start("change_protection", resources(volume));
  });
}

function resources(volume: Volume): { id: number; type: "volume" }[] {
  return [{ id: volume.id, type: "volume" }];
}

function size(body: JsonObject): number {
  const gib = integer(body, "size");
  if (gib < sizeLimitsGiB.least || gib > sizeLimitsGiB.most) {
    throw invalidInput("size", `must be between ${sizeLimitsGiB.least} and ${sizeLimitsGiB.most}`);
  }
  return gib;
}
