import * as http from "node:http";
import { sourceOf, type Json } from "./exchange";
import { parseReplies } from "./script";
import { isServiceName, serviceNames, type ServiceName } from "./services";
import type { World } from "./world";

interface Call {
  readonly query: URLSearchParams;
  readonly body: Json;
}

/** The control API: what the services saw, and what they are to answer next. See lab/internet/README.md. */
export function controlRoutes(world: World): Readonly<Record<string, (call: Call) => unknown>> {
  return {
    "GET /health": () => ({ ok: true }),
    "GET /requests": ({ query }) => {
      const wanted = query.get("service");
      const requests = world.recorder.list(since(query), wanted === null ? undefined : serviceOf(wanted));
      return { requests };
    },
    "DELETE /requests": () => {
      world.recorder.clear();
      return {};
    },
    "GET /script": () =>
      Object.fromEntries(serviceNames.map((service) => [service, world.script.list(service)])),
    "POST /script": ({ body }) => {
      const service = serviceOf(body["service"]);
      world.script.add(service, parseReplies(body["replies"]));
      return { queued: world.script.list(service).length };
    },
    "DELETE /script": ({ query }) => {
      const wanted = query.get("service");
      world.script.clear(wanted === null ? undefined : serviceOf(wanted));
      return {};
    },
    "GET /keys": () => world.keys.all(),
    "POST /keys": ({ body }) => {
      for (const [service, keys] of Object.entries(body)) world.keys.add(serviceOf(service), texts(keys));
      return world.keys.all();
    },
    "DELETE /keys": ({ body }) => {
      for (const [service, keys] of Object.entries(body)) world.keys.remove(serviceOf(service), texts(keys));
      return world.keys.all();
    },
    "POST /telegram/updates": ({ body }) => world.telegram.inject(body["bot"], body),
    "GET /telegram/sent": ({ query }) => ({ sent: world.telegram.sent(since(query)) }),
    "DELETE /telegram/sent": () => {
      world.telegram.clearSent();
      return {};
    },
    "GET /telegram/bots": () => ({ bots: world.telegram.status() }),
  };
}

/**
 * @param allowed addresses that may use it; everybody else is refused. The network's servers can reach this port, and
 *   one that was broken into must not be able to script the world. undefined: everybody.
 */
export function controlListener(world: World, allowed?: readonly string[]): http.RequestListener {
  const routes = controlRoutes(world);
  return (request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(`${JSON.stringify(body)}\n`);
    };
    if (allowed !== undefined && !allowed.includes(sourceOf(request))) {
      return answer(403, { error: `the control API is not for ${sourceOf(request)}` });
    }
    const url = new URL(request.url ?? "/", "http://world");
    const route = routes[`${request.method} ${url.pathname}`];
    if (route === undefined) {
      return answer(404, { error: `no such call; there are ${Object.keys(routes).join(", ")}` });
    }
    readJson(request).then(
      (body) => {
        try {
          answer(200, route({ query: url.searchParams, body }));
        } catch (error) {
          answer(400, { error: error instanceof Error ? error.message : String(error) });
        }
      },
      () => answer(400, { error: "the body is not a JSON object" }),
    );
  };
}

async function readJson(request: http.IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8").trim();
  const value: unknown = text === "" ? {} : JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("not an object");
  return value as Json;
}

function serviceOf(value: unknown): ServiceName {
  if (!isServiceName(value))
    throw new Error(`${JSON.stringify(value)} is none of the services ${serviceNames.join(", ")}`);
  return value;
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw new Error("keys must be a list of strings");
  }
  return value;
}

function since(query: URLSearchParams): number {
  return Number(query.get("since") ?? 0);
}
