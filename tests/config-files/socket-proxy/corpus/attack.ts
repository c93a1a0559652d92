import type { Body } from "../support/legal";
import { http, type HttpOptions, type Piece, type RawAnswer } from "../support/raw-http";
import type { World } from "../support/world";

/** What an attack may refer to; {@link World} is one. */
export type Place = Pick<
  World,
  "image" | "imageId" | "otherImage" | "workspace" | "gateway" | "gatewayId" | "victim" | "victimId"
> & {
  readonly mount: { readonly directory: string };
  freshName(): string;
  createBody(): Body;
};

/** A container made for one attack: somebody else's, or a sandbox of this gateway. */
export interface Target {
  readonly id: string;
  readonly name: string;
  /** An exec created in it past the filter. */
  readonly execId: string;
}

export type Side = "filter" | "engine";

/**
 * One request that the filter must refuse and the engine behind it carries out.
 *
 * It counts only if the engine really does: by default any 1xx, 2xx or 3xx, and for a created container also
 * {@link effect}. What the engine refuses by itself is marked and counted apart.
 */
export interface Attack {
  readonly family: string;
  readonly name: string;
  /** Rules of the filter of which any may be the one that refuses. */
  readonly rules: readonly string[];
  readonly target?: "foreign" | "sandbox";
  readonly request: (place: Place, target: Target) => readonly Piece[];
  /** How many answers the bytes get; the last one counts. */
  readonly answers?: number;
  readonly engineRefuses?: true;
  readonly works?: (answer: RawAnswer) => boolean;
  /** Whether the container that the engine created is what the attacker wanted. */
  readonly effect?: (container: Body) => boolean;
  /** The engine also starts what it created: the proof where creation alone resolves nothing. */
  readonly starts?: true;
  readonly before?: (world: World, side: Side, target: Target) => void | Promise<void>;
  readonly after?: (world: World, side: Side, target: Target) => void | Promise<void>;
}

export type Options = Partial<Omit<Attack, "family" | "name" | "request">>;

export type Mutation = (body: Body, place: Place, target: Target) => void;
export type CreateRow = readonly [
  name: string,
  mutate: Mutation,
  effect?: ((container: Body) => boolean) | undefined,
  options?: Options,
];

/** Attacks by the body of an otherwise allowed create request. */
export function creates(family: string, rows: readonly CreateRow[], defaults: Options = {}): Attack[] {
  return rows.map(([name, mutate, effect, options = {}]) => ({
    family,
    name,
    rules: ["create-body"],
    ...(effect && { effect }),
    ...defaults,
    ...options,
    request: (place, target) => {
      const body = place.createBody();
      mutate(body, place, target);
      return [create(place, body)];
    },
  }));
}

/** Attacks by the text of a body that no JSON library would write. */
export function texts(
  family: string,
  rows: readonly (readonly [
    name: string,
    text: (legal: string, place: Place) => string | Buffer,
    effect?: ((container: Body) => boolean) | undefined,
    options?: Options,
  ])[],
  defaults: Options = {},
): Attack[] {
  return rows.map(([name, text, effect, options = {}]) => ({
    family,
    name,
    rules: ["json"],
    ...(effect && { effect }),
    ...defaults,
    ...options,
    request: (place) => [create(place, text(JSON.stringify(place.createBody()), place))],
  }));
}

export type CallRow = readonly [
  name: string,
  method: string,
  target: string | ((place: Place, target: Target) => string),
  body?: Body | string | Buffer | undefined,
  options?: Options & { readonly http?: HttpOptions },
];

/** Attacks by method and path. */
export function calls(family: string, rows: readonly CallRow[], defaults: Options = {}): Attack[] {
  return rows.map(([name, method, path, body, { http: httpOptions, ...options } = {}]) => ({
    family,
    name,
    rules: ["route"],
    ...defaults,
    ...options,
    request: (place, target) => [
      http(method, typeof path === "string" ? path : path(place, target), body, httpOptions),
    ],
  }));
}

/** Bytes of a create request with a fresh name. */
export function create(place: Place, body: Body | string | Buffer, options: HttpOptions = {}): Buffer {
  return http("POST", `/v1.41/containers/create?name=${place.freshName()}`, body, options);
}

/** HostConfig of a created container. */
export function host(container: Body): Body {
  return container["HostConfig"] as Body;
}

/** A mutation that sets one field of HostConfig. */
export function set(field: string, value: unknown): Mutation {
  return (body) => {
    body["HostConfig"][field] = value;
  };
}

/** A mutation that leaves one field of HostConfig out. */
export function omit(field: string): Mutation {
  return (body) => {
    delete body["HostConfig"][field];
  };
}

/** A mutation that sets one field of the body itself. */
export function setTop(field: string, value: unknown): Mutation {
  return (body) => {
    body[field] = value;
  };
}

export const upgrade = { headers: { Connection: "Upgrade", Upgrade: "tcp" } };
