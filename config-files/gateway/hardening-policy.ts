/**
 * The hardening policy: each intent once, and how each release line of OpenClaw writes it. `openclaw.json` is made from
 * this table and nothing else, and the same table says what the running gateway has to answer when it is asked.
 * A release line writes the column that its profile names. For a new column `npx tsc` names every row without an answer.
 */
import { releaseProfiles, type ReleaseLine } from "../../config/release-lines";
import { accessRows } from "./policy/access";
import { conversationRows } from "./policy/conversations";
import { loggingRows } from "./policy/logging";
import { outsideRows } from "./policy/outside";
import type { Column, Json, PolicyArgs, PolicyRow } from "./policy/row";
import { sandboxRows } from "./policy/sandbox";
import { toolRows } from "./policy/tools";

export type { Column, Json, PolicyArgs, PolicyRow } from "./policy/row";

export const hardeningPolicy: readonly PolicyRow[] = [
  ...accessRows,
  ...loggingRows,
  ...conversationRows,
  ...sandboxRows,
  ...toolRows,
  ...outsideRows,
];

/** How a release line does what a row asks for. */
export const columnOf = ({ lines }: PolicyRow, line: ReleaseLine): Column =>
  lines[releaseProfiles[line].policyColumn];

/** One value that the policy wants. */
export interface ExpectedValue {
  /** Id of the row. */
  readonly row: string;
  /** Path into the configuration: `gateway.auth.mode`. */
  readonly path: string;
  readonly value: Json;
}

/** The table's values for these settings, in its order; `rows` leaves some of them out. */
export function policyValues(args: PolicyArgs, rows = hardeningPolicy): ExpectedValue[] {
  return rows.flatMap((row) => {
    const column = columnOf(row, args.gateway.release);
    if (!("keys" in column)) return [];
    return Object.entries(column.keys).flatMap(([path, wanted]) => {
      const value = typeof wanted === "function" ? wanted(args) : wanted;
      return value === undefined ? [] : [{ row: row.id, path, value }];
    });
  });
}

/** `openclaw.json` as an object. */
export function policyDocument(args: PolicyArgs, rows = hardeningPolicy): Record<string, Json> {
  const document: Tree = {};
  for (const { path, value } of policyValues(args, rows)) place(document, path, value);
  return document as Record<string, Json>;
}

/** Environment of the gateway's container that the policy wants, nothing of it secret. */
export function policyEnvironment(line: ReleaseLine): Readonly<Record<string, string>> {
  return Object.assign(
    {},
    ...hardeningPolicy.map((row) => {
      const column = columnOf(row, line);
      return "environment" in column ? column.environment : {};
    }),
  ) as Record<string, string>;
}

/** What OpenClaw answers in place of a secret, of a name by which it finds one, and of all that says where they are. */
const masked = "__OPENCLAW_REDACTED__";

/**
 * What the running gateway has to answer: `openclaw gateway call config.get --json`, in its `config`. Compare with
 * `holds`, because the software adds its own defaults to objects.
 */
export function expectedValues(args: PolicyArgs): ExpectedValue[] {
  return policyValues(args).map((expected) => ({
    ...expected,
    value: mask(expected.value, expected.path.startsWith("secrets.")),
  }));
}

/** Whether a configuration that was read back has the value, with nothing changed and nothing added to a list. */
export function holds(configuration: unknown, { path, value }: ExpectedValue): boolean {
  const found = path
    .split(".")
    .reduce<unknown>((at, key) => (isTree(at) ? at[key] : undefined), configuration);
  return contains(found, value);
}

function contains(found: unknown, wanted: Json): boolean {
  if (isTree(wanted)) {
    return isTree(found) && Object.entries(wanted).every(([key, value]) => contains(found[key], value));
  }
  if (Array.isArray(wanted)) {
    const list = wanted as readonly Json[];
    return (
      Array.isArray(found) &&
      found.length === list.length &&
      list.every((value, index) => contains(found[index], value))
    );
  }
  return found === wanted;
}

function mask(value: Json, hidden = false): Json {
  if (typeof value === "string") return hidden || /^\$\{[A-Z_]+\}$/.test(value) ? masked : value;
  if (Array.isArray(value)) return value.map((part: Json) => mask(part, hidden));
  if (!isTree(value)) return value;
  const reference = "source" in value && "provider" in value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, mask(part, hidden || (reference && key === "id"))]),
  );
}

interface Tree {
  [key: string]: unknown;
}
const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function place(document: Tree, path: string, value: Json): void {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce<Tree>((at, key) => {
    const inner = at[key] ?? (at[key] = {});
    if (!isTree(inner)) throw new Error(`the policy sets ${path} below a value`);
    return inner;
  }, document);
  if (last in parent) throw new Error(`the policy sets ${path} twice`);
  parent[last] = value;
}
