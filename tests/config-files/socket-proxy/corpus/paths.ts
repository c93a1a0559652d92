import { calls, type Attack, type CallRow, type Options, type Place, type Target } from "./attack";
import { http, type Piece } from "../support/raw-http";

const foreign: Options = { target: "foreign" };

const look = (
  name: string,
  path: (target: Target, place: Place) => string,
  options: Options = {},
): CallRow => [
  name,
  "GET",
  (place: Place, target: Target) => path(target, place),
  undefined,
  { ...foreign, ...options },
];

/** The engine answers with a redirect to the plain path: a client that follows makes a second, refused request. */
const follows: Options = { engineRefuses: true };
const createPath = (name: string, path: (place: Place) => string, options: Options = {}): CallRow => [
  name,
  "POST",
  path,
  undefined,
  options,
];

/** An allowed body at another spelling of the path. */
function creating(rows: readonly CallRow[]): Attack[] {
  return calls("create paths", rows).map((attack, index) => {
    const [, , path] = rows[index] as CallRow;
    return {
      ...attack,
      request: (place: Place, target: Target): readonly Piece[] => [
        http("POST", typeof path === "string" ? path : path(place, target), place.createBody()),
      ],
    };
  });
}

export const paths = [
  ...calls("paths", [
    look("a dot segment in front", (t) => `/./v1.41/containers/${t.id}/json`, follows),
    look("a dot-dot segment in front", (t) => `/x/../v1.41/containers/${t.id}/json`, follows),
    look(
      "dot-dot from an allowed route to another",
      (t, p) => `/v1.41/containers/${p.gateway}/json/../../${t.id}/json`,
      follows,
    ),
    look("dot-dot from a ping to another route", () => "/_ping/../info", follows),
    look("a double slash in front", (t) => `//v1.41/containers/${t.id}/json`, follows),
    look("a double slash on the way", (t) => `/v1.41//containers/${t.id}/json`, follows),
    look("an encoded letter in the route", (t) => `/v1.41/containers/${t.id}/%6ason`),
    look("an encoded letter in the first segment", (t) => `/v1.41/%63ontainers/${t.id}/json`),
    look("an encoded slash", (t) => `/v1.41/containers%2F${t.id}/json`),
    look("an encoded name", (t) => `/v1.41/containers/%63${t.name.slice(1)}/json`),
    look("an encoded dot-dot", (t) => `/v1.41/x/%2e%2e/containers/${t.id}/json`, follows),
    look("an encoded dot-dot with an encoded slash", (t) => `/v1.41/x%2f..%2fcontainers/${t.id}/json`, {
      engineRefuses: true,
    }),
    look("an encoded letter, encoded again", (t) => `/v1.41/containers/${t.id}/%256ason`, {
      engineRefuses: true,
    }),
    look("a name with its leading slash, encoded", (t) => `/v1.41/containers/%2F${t.name}/json`, follows),
    look("a version with a leading zero", (t) => `/v1.041/containers/${t.id}/json`),
    look("a version of three numbers", (t) => `/v1.41.0/containers/${t.id}/json`),
    look("a version of one number", (t) => `/v1/containers/${t.id}/json`, { engineRefuses: true }),
    look("an old version with other defaults", (t) => `/v1.12/containers/${t.id}/json`),
    look("a version that is not there yet", (t) => `/v9.99/containers/${t.id}/json`, { engineRefuses: true }),
    look("two versions", (t) => `/v1.41/v1.40/containers/${t.id}/json`, { engineRefuses: true }),
    look("a capital letter in the version", (t) => `/V1.41/containers/${t.id}/json`, { engineRefuses: true }),
    look("a capital letter in the route", (t) => `/v1.41/Containers/${t.id}/json`, { engineRefuses: true }),
    look("a trailing slash", (t) => `/v1.41/containers/${t.id}/json/`, { engineRefuses: true }),
    look("an empty query", (t) => `/v1.41/containers/${t.id}/json?`),
    look("a query that is not known", (t) => `/v1.41/containers/${t.id}/json?a=b`),
    look("a fragment", (t) => `/v1.41/containers/${t.id}/json#x`, { engineRefuses: true }),
    look("a matrix parameter", (t) => `/v1.41/containers/${t.id};a=b/json`, { engineRefuses: true }),
    look("backslashes", (t) => `\\v1.41\\containers\\${t.id}\\json`, {
      engineRefuses: true,
      rules: ["route", "http"],
    }),
    look("a NUL", (t) => `/v1.41/containers/${t.id}/json%00`, { engineRefuses: true }),
    look("a line break", (t) => `/v1.41/containers/${t.id}/json%0d%0ax`, { engineRefuses: true }),
    look("the list by a route of one container", () => "/v1.41/containers//json", follows),
    look("a name that begins with a dot", () => "/v1.41/containers/./json", follows),
    look("an image's name with dot-dot", (_, p) => `/v1.41/images/x/../${p.otherImage}/json`, follows),
    look("the sandbox image in another spelling", (_, p) => `/v1.41/images/library/${p.image}/json`),
    look(
      "the sandbox image with a digest",
      (_, p) => `/v1.41/images/${p.image.split(":")[0]}@${p.imageId}/json`,
      { engineRefuses: true },
    ),
    look("the sandbox image without its tag", () => "/v1.41/images/openclaw-sandbox/json", {
      engineRefuses: true,
    }),
  ]),
  ...creating([
    createPath("no name", () => "/v1.41/containers/create"),
    createPath("an empty name", () => "/v1.41/containers/create?name="),
    createPath("a name that is not a sandbox's", () => "/v1.41/containers/create?name=clawkeep-litellm2", {
      rules: ["name"],
    }),
    createPath("the prefix of a sandbox's name alone", () => "/v1.41/containers/create?name=test.", {
      rules: ["name"],
    }),
    createPath("the name twice", (p) => `/v1.41/containers/create?name=${p.freshName()}&name=other`),
    createPath("the name behind another", (p) => `/v1.41/containers/create?x=y&name=${p.freshName()}`),
    createPath(
      "an encoded letter in the name",
      (p) => `/v1.41/containers/create?name=%74${p.freshName().slice(1)}`,
    ),
    createPath("an encoded key", (p) => `/v1.41/containers/create?n%61me=${p.freshName()}`),
    createPath("a leading slash in the name", (p) => `/v1.41/containers/create?name=/${p.freshName()}`),
    createPath("a platform", (p) => `/v1.41/containers/create?name=${p.freshName()}&platform=linux/amd64`),
    createPath(
      "a semicolon between parameters",
      (p) => `/v1.41/containers/create?name=${p.freshName()};platform=x`,
      { engineRefuses: true },
    ),
    createPath("a version of other defaults", (p) => `/v1.18/containers/create?name=${p.freshName()}`),
    createPath("an encoded route", (p) => `/v1.41/containers/creat%65?name=${p.freshName()}`),
    createPath("a capital letter in the parameter", (p) => `/v1.41/containers/create?Name=${p.freshName()}`),
    createPath("a plus sign in the name", (p) => `/v1.41/containers/create?name=${p.freshName()}+x`, {
      engineRefuses: true,
    }),
  ]),
];
