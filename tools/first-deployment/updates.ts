/** How long the last updates of a stack took, and how many resources they touched: of its history that and no more. */
import { z } from "zod";

/** An entry also holds the configuration, the message and who it was from: none of that is named here. */
const entry = z.object({
  kind: z.enum(["update", "refresh", "destroy", "preview", "import", "rename", "resource-import"]),
  result: z.enum(["succeeded", "failed", "in-progress", "not-started"]),
  startTime: z.iso.datetime({ offset: true }),
  endTime: z.iso.datetime({ offset: true }),
  resourceChanges: z
    .partialRecord(
      z.enum([
        ...(["create", "update", "delete", "same", "replace", "refresh", "read", "import"] as const),
        ...(["create-replacement", "delete-replaced", "discard", "remove-pending-replace"] as const),
        ...(["read-replacement", "read-discard", "discard-replaced", "import-replacement"] as const),
      ]),
      z.int().nonnegative(),
    )
    .default({}),
});

export interface Update {
  readonly kind: string;
  readonly result: string;
  /** Day on which it began. */
  readonly day: string;
  readonly seconds: number;
  readonly changes: Readonly<Partial<Record<string, number>>>;
}

/**
 * The newest first.
 * @param said what `pulumi stack history --json` printed
 */
export function readUpdates(said: string, most = 20): Update[] {
  let entries: unknown;
  try {
    entries = JSON.parse(said);
  } catch {
    return [];
  }
  if (!Array.isArray(entries)) return [];
  return entries
    .flatMap((one: unknown) => entry.safeParse(one).data ?? [])
    .sort((one, other) => Date.parse(other.startTime) - Date.parse(one.startTime))
    .slice(0, most)
    .map(({ kind, result, startTime, endTime, resourceChanges }) => ({
      kind,
      result,
      day: startTime.slice(0, 10),
      seconds: Math.max(0, Math.round((Date.parse(endTime) - Date.parse(startTime)) / 1000)),
      changes: resourceChanges,
    }));
}
