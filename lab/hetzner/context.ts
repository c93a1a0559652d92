import type { ApiReply, ApiRequest } from "../emulator/api-server";
import type { Actions } from "./actions";
import { invalidInput, notUnique } from "./errors";
import { labels, text } from "./input";
import type { Action, Labels } from "./model";
import type { Fleet } from "./fleet";
import type { Store } from "./store";
import { startedActionView } from "./views";

/** What every group of routes works with. */
export interface Context {
  readonly store: Store;
  readonly actions: Actions;
  readonly fleet: Fleet;
}

export function idOf(request: ApiRequest): number {
  const id = Number(request.params["id"]);
  if (!Number.isInteger(id)) throw invalidInput("id", "not a number");
  return id;
}

export function now(): string {
  return new Date().toISOString();
}

export function actionReply(action: Action): ApiReply {
  return { status: 201, body: { action: startedActionView(action) } };
}

/** Throws `uniqueness_error` when another item bears the name. */
export function requireUniqueName(
  items: readonly { readonly id: number; readonly name: string }[],
  name: string,
  self?: number,
): void {
  if (items.some((item) => item.name === name && item.id !== self)) throw notUnique(`name '${name}'`);
}

/** `PUT /things/ID` with any of `name` and `labels`. */
export function rename(
  items: readonly { readonly id: number; readonly name: string }[],
  item: { readonly id: number; name: string; labels: Labels },
  request: ApiRequest,
): void {
  const { body } = request;
  if (body["name"] !== undefined) {
    const name = text(body, "name");
    requireUniqueName(items, name, item.id);
    item.name = name;
  }
  if (body["labels"] !== undefined) item.labels = labels(body);
}
