import type { ApiServer } from "../emulator/api-server";
import { images, locations, lookUp, serverTypes } from "./catalog";
import { notFound } from "./errors";
import { listReply } from "./lists";
import type { Store } from "./store";
import { imageView, locationView, serverTypeView } from "./views";

/** The read-only tables. */
export function catalogRoutes(api: ApiServer, store: Store): void {
  const table = <T extends { readonly id: number; readonly name: string }>(
    plural: string,
    singular: string,
    entries: readonly T[],
    view: (entry: T) => unknown,
  ): void => {
    api.route("GET", `/${plural}`, ({ query }) => listReply(plural, entries, query, view));
    api.route("GET", `/${plural}/:id`, ({ params }) => {
      const entry = lookUp(entries, params["id"]);
      if (entry === undefined) throw notFound(`${singular} with ID '${params["id"]}'`);
      return { status: 200, body: { [singular]: view(entry) } };
    });
  };
  table("server_types", "server_type", serverTypes, (type) => serverTypeView(store, type));
  table("locations", "location", locations, locationView);
  api.route("GET", "/images", ({ query }) => {
    const architectures = query.getAll("architecture");
    const known = architectures.length === 0 || architectures.includes("x86") ? images : [];
    return listReply("images", known, query, imageView);
  });
  api.route("GET", "/images/:id", ({ params }) => {
    const image = images.find((entry) => String(entry.id) === params["id"]);
    if (image === undefined) throw notFound(`image with ID '${params["id"]}'`);
    return { status: 200, body: { image: imageView(image) } };
  });
}
