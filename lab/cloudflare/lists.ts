import type { ApiReply } from "../emulator/api-server";
import { invalid, notEmulated } from "./errors";

export const ok = (result: unknown): ApiReply => ({
  status: 200,
  body: { success: true, errors: [], messages: [], result },
});

/** Query parameters that choose and order a page, not its content. */
const pageParameters = ["page", "per_page", "order", "direction", "match"];

/** How a filter compares: `name`, `name.exact`, `name.contains` ... */
const comparisons: Readonly<Record<string, (have: string, want: string) => boolean>> = {
  exact: (have, want) => have === want,
  contains: (have, want) => have.includes(want),
  startswith: (have, want) => have.startsWith(want),
  endswith: (have, want) => have.endsWith(want),
};

/**
 * One page of the items that match every filter in the query.
 * @param filters fields that may be filtered by; another one is refused, since ignoring it would widen the answer
 */
export function listReply<T extends object>(
  items: readonly T[],
  query: URLSearchParams,
  filters: readonly (keyof T & string)[],
  perPageDefault: number,
): ApiReply {
  if ((query.get("match") ?? "all") !== "all") throw notEmulated("match=any");
  let hits = [...items];
  for (const [parameter, want] of query) {
    if (pageParameters.includes(parameter)) continue;
    const [field = "", how = "exact"] = parameter.split(".");
    const known = filters.find((filter) => filter === field);
    const compare = comparisons[how];
    if (known === undefined || compare === undefined) throw notEmulated(`the filter '${parameter}'`);
    hits = hits.filter((item) => compare(comparable(item[known]), want.toLowerCase()));
  }
  const order = filters.find((filter) => filter === query.get("order"));
  if (order !== undefined) {
    const sign = query.get("direction") === "desc" ? -1 : 1;
    hits.sort((a, b) => sign * comparable(a[order]).localeCompare(comparable(b[order])));
  }
  const page = positive(query, "page", 1);
  const perPage = positive(query, "per_page", perPageDefault);
  const result = hits.slice((page - 1) * perPage, page * perPage);
  const info = {
    page,
    per_page: perPage,
    count: result.length,
    total_count: hits.length,
    total_pages: Math.ceil(hits.length / perPage),
  };
  return { status: 200, body: { success: true, errors: [], messages: [], result, result_info: info } };
}

function comparable(value: unknown): string {
  return typeof value === "string" ? value.toLowerCase() : JSON.stringify(value ?? "");
}

function positive(query: URLSearchParams, key: string, otherwise: number): number {
  const value = Number(query.get(key) ?? otherwise);
  if (!Number.isInteger(value) || value < 1) throw invalid(9200, `Invalid value for ${key}.`);
  return value;
}
