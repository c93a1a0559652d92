import type { CallRow, Options, Place, Target } from "./attack";

export const foreign: Options = { target: "foreign" };
export const owner: Options = { target: "foreign", rules: ["owner"] };
export const own: Options = { target: "sandbox" };

/** A call on a container. */
export const on = (
  name: string,
  method: string,
  rest: string,
  options: Options = foreign,
  body?: object,
): CallRow => [
  name,
  method,
  (_: Place, target: Target) => `/v1.41/containers/${target.id}${rest}`,
  body,
  options,
];
