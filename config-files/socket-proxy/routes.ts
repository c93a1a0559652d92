import { Refusal } from "../http-service/refusal";

export type RouteName =
  | "ping"
  | "container-inspect"
  | "container-list"
  | "container-create"
  | "container-start"
  | "container-remove"
  | "image-inspect"
  | "exec-create"
  | "exec-start"
  | "exec-inspect"
  | "untyped-inspect";

export interface Route {
  readonly name: RouteName;
  /** The path with its variable part left out, for logs. */
  readonly pathClass: string;
  /** The variable part: container name or id, exec id, image reference; empty if the route has none. */
  readonly subject: string;
}

const version = String.raw`(?:/v1\.(?:2[4-9]|[3-5][0-9]))?`;
const container = "([a-zA-Z0-9][a-zA-Z0-9_.-]{0,127})";
const execId = "([0-9a-f]{64})";
// What `security audit` of OpenClaw asks, byte for byte: a list with another filter would be another question.
const auditQuery = String.raw`\?all=1&filters=%7B%22label%22%3A%7B%22openclaw\.sandboxBrowser%3D1%22%3Atrue%7D%7D`;

const table: readonly (readonly [
  methods: readonly string[],
  path: string,
  name: RouteName,
  pathClass: string,
])[] = [
  [["HEAD", "GET"], "/_ping", "ping", "/_ping"],
  [["GET"], `${version}/containers/${container}/json`, "container-inspect", "/containers/{}/json"],
  [["GET"], `${version}/containers/json${auditQuery}`, "container-list", "/containers/json"],
  [
    ["POST"],
    String.raw`${version}/containers/create\?name=${container}`,
    "container-create",
    "/containers/create",
  ],
  [["POST"], `${version}/containers/${container}/start`, "container-start", "/containers/{}/start"],
  [["DELETE"], String.raw`${version}/containers/${container}\?force=1`, "container-remove", "/containers/{}"],
  [["POST"], `${version}/containers/${container}/exec`, "exec-create", "/containers/{}/exec"],
  [["POST"], `${version}/exec/${execId}/start`, "exec-start", "/exec/{}/start"],
  [["GET"], `${version}/exec/${execId}/json`, "exec-inspect", "/exec/{}/json"],
  [["GET"], `${version}/networks/${container}`, "untyped-inspect", "/networks/{}"],
  [["GET"], `${version}/volumes/${container}`, "untyped-inspect", "/volumes/{}"],
  [["GET"], `${version}/plugins/${container}/json`, "untyped-inspect", "/plugins/{}/json"],
  [["GET"], `${version}/images/([a-z0-9][a-zA-Z0-9._:/-]{0,199})/json`, "image-inspect", "/images/{}/json"],
];

const routes = table.map(([methods, path, name, pathClass]) => ({
  methods,
  expression: new RegExp(`^${path}$`),
  name,
  pathClass,
}));

/**
 * Finds the route of a request target as it was sent. Nothing is decoded or normalised: a target that is not written
 * exactly like a known one has no route, so that there is no second reading of it.
 *
 * @throws {Refusal} 403 `route`
 */
export function matchRoute(method: string, target: string): Route {
  for (const { methods, expression, name, pathClass } of routes) {
    const match = methods.includes(method) ? expression.exec(target) : null;
    if (match === null) continue;
    return { name, pathClass, subject: match[1] ?? "" };
  }
  throw new Refusal(403, "route", "no rule allows this method and path");
}
