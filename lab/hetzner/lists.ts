import type { ApiReply } from "../emulator/api-server";
import { invalidInput } from "./errors";

interface Listed {
  readonly id: number;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** One page of `items`, filtered by `name` and `label_selector`, with the API's pagination block. */
export function listReply<T extends Listed>(
  key: string,
  items: readonly T[],
  query: URLSearchParams,
  view: (item: T) => unknown,
): ApiReply {
  const name = query.get("name");
  const selector = query.get("label_selector");
  const hits = items.filter(
    (item) =>
      (name === null || item.name === name) && (selector === null || selects(selector, item.labels ?? {})),
  );
  const page = count(query, "page", 1, Number.MAX_SAFE_INTEGER);
  const perPage = count(query, "per_page", 25, 50);
  const lastPage = Math.max(1, Math.ceil(hits.length / perPage));
  const pagination = {
    page,
    per_page: perPage,
    previous_page: page > 1 ? page - 1 : null,
    next_page: page < lastPage ? page + 1 : null,
    last_page: lastPage,
    total_entries: hits.length,
  };
  const shown = hits.slice((page - 1) * perPage, page * perPage);
  return { status: 200, body: { [key]: shown.map(view), meta: { pagination } } };
}

function count(query: URLSearchParams, key: string, otherwise: number, most: number): number {
  const value = Number(query.get(key) ?? otherwise);
  if (!Number.isInteger(value) || value < 1) throw invalidInput(key, "must be a positive integer");
  return Math.min(value, most);
}

/** `a=b`, `a==b`, `a!=b`, `a`, `!a`, joined by commas. Set-based selectors are not emulated. */
function selects(selector: string, labels: Readonly<Record<string, string>>): boolean {
  return selector.split(",").every((term) => {
    const parsed = /^(!?)([\w./-]+)(?:(==|=|!=)([\w.-]*))?$/.exec(term.trim());
    if (parsed === null) throw invalidInput("label_selector", `not understood: ${term}`);
    const [, not, key = "", operator, value] = parsed;
    if (operator === undefined) return key in labels !== (not === "!");
    return (labels[key] === value) === (operator !== "!=");
  });
}
