import type { ApiServer, JsonObject } from "../emulator/api-server";
import { diskOf, images, lookUp, lookUpSold, serverTypes } from "./catalog";
import { actionReply, idOf, type Context } from "./context";
import { invalidInput, isProtected, noRoom, refused } from "./errors";
import { flag, requiredFlag } from "./input";
import type { Server } from "./model";

/** `POST /servers/ID/actions/...`. */
export function serverActionRoutes(api: ApiServer, { store, actions, fleet }: Context): void {
  /** @param change checks, changes the state, and returns the work that brings the machine there. */
  const action = (
    name: string,
    command: string,
    change: (server: Server, body: JsonObject) => Promise<void>,
  ): void =>
    api.route("POST", `/servers/:id/actions/${name}`, (request) => {
      const server = store.server(idOf(request));
      const started = actions.start(
        command,
        [{ id: server.id, type: "server" }],
        change(server, request.body),
      );
      store.save();
      return actionReply(started);
    });

  action("poweron", "start_server", (server) => fleet.power(server, "on"));
  action("poweroff", "stop_server", (server) => fleet.power(server, "off"));
  action("shutdown", "shutdown_server", (server) => fleet.shutdown(server));
  action("reboot", "reboot_server", (server) => fleet.power(server, "reboot"));
  action("reset", "reset_server", (server) => fleet.reset(server));

  action("rebuild", "rebuild_server", (server, body) => {
    if (server.protectedRebuild) throw isProtected("server");
    const image = lookUp(images, body["image"]);
    if (image === undefined) throw invalidInput("image", "unknown image");
    server.imageId = image.id;
    return fleet.rebuild(server);
  });

  action("change_type", "change_server_type", (server, body) => {
    const upgradeDisk = requiredFlag(body, "upgrade_disk");
    if (lookUp(serverTypes, body["server_type"]) === undefined) throw invalidInput("server_type", "unknown");
    const type = lookUpSold(body["server_type"]);
    if (type === undefined) throw refused("invalid_server_type", "the new type is no longer sold");
    if (server.status !== "off") throw refused("server_not_stopped", "server must be stopped first");
    if (type.name === server.serverType) throw refused("invalid_server_type", "server has that type already");
    if (type.diskGiB < diskOf(server))
      throw refused("invalid_server_type", "the new type's disk is too small");
    if (store.isSoldOut(type.name, server.location)) throw noRoom(`server type ${type.name}`);
    // A disk that is not made bigger leaves the way back open.
    server.diskGiB = upgradeDisk ? type.diskGiB : diskOf(server);
    server.serverType = type.name;
    return fleet.power(server, "on");
  });

  action("change_protection", "change_protection", (server, body) => {
    const wanted = {
      delete: flag(body, "delete", server.protectedDelete),
      rebuild: flag(body, "rebuild", server.protectedRebuild),
    };
    if (wanted.delete !== wanted.rebuild) {
      throw refused("unsupported_error", "delete and rebuild protection must be equal");
    }
    server.protectedDelete = wanted.delete;
    server.protectedRebuild = wanted.rebuild;
    return Promise.resolve();
  });

  action("enable_backup", "enable_backup", (server) => {
    server.backups = true;
    return Promise.resolve();
  });

  action("disable_backup", "disable_backup", (server) => {
    server.backups = false;
    return Promise.resolve();
  });
}
