/**
 * `make pins`: asks the registries what each pinned tag stands for and prints old -> new, with the digest. Newer
 * releases are proposed by Renovate (renovate.json).
 *
 *   --write                     write the digests into config/images.ts; nothing is written when any row is refused
 *   --only NAME                 this row only; may be repeated
 *   --accept-moved NAME         this row's tag stands for something else than its digest, and that is all right
 *   --registry HOST=https://HOST[:PORT]  ask there instead (a mirror); also for the host that hands out tokens
 *   --ca FILE                   further certificate authorities, PEM
 *   --file FILE                 a file to read and write instead of config/images.ts
 *
 * Exit code 0: every row asked for may be deployed; 1: one may not, or its registry could not be asked.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { imagePins, type ImageName } from "../config/images";
import { resolvePin, type PinOutcome } from "./pins/pin";
import { readPin, rewritePins } from "./pins/rewrite";
import { complain, endWith, say } from "./terminal";

const table = join(__dirname, "..", "config", "images.ts");
const names = Object.keys(imagePins) as ImageName[];

function choices(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      write: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      "accept-moved": { type: "string", multiple: true, default: [] },
      registry: { type: "string", multiple: true, default: [] },
      ca: { type: "string" },
      file: { type: "string", default: table },
    },
  });
  for (const name of [...values.only, ...values["accept-moved"]]) {
    if (!names.includes(name as ImageName))
      throw new Error(`${name} is no row of config/images.ts: one of ${names.join(", ")}`);
  }
  const instead = values.registry.map((entry) => {
    const [, host, address] = /^([a-z0-9.:-]+)=(https:\/\/[a-z0-9.-]+(?::\d+)?)\/?$/.exec(entry) ?? [];
    if (host === undefined || address === undefined)
      throw new Error(
        `--registry ${entry}: write it like --registry docker.io=https://mirror.example.org:5000`,
      );
    return [host, address] as const;
  });
  return {
    ...values,
    access: {
      instead: new Map(instead),
      ca: values.ca === undefined ? undefined : readFileSync(values.ca, "utf8"),
    },
  };
}

function print({ name, before, after, problem, note }: PinOutcome): void {
  if (problem !== undefined) complain(`${name}: REFUSED: ${problem}`);
  else say(`${name}: ${before === after ? `${before} is as pinned` : `${before} -> ${after}`}`);
  if (note !== undefined) say(`${name}: note: ${note}`);
}

async function main(): Promise<void> {
  const { access, write, only, file, ...more } = choices(process.argv.slice(2));
  const acceptMoved = new Set(more["accept-moved"]);
  const wanted = names.filter((name) => only.length === 0 || only.includes(name));
  const before = readFileSync(file, "utf8");
  const outcomes = await Promise.all(
    wanted.map((name) => resolvePin(name, readPin(before, name), access, acceptMoved)),
  );
  outcomes.forEach(print);
  const refused = outcomes.filter(({ problem }) => problem !== undefined).length;
  if (refused > 0) {
    complain(`${refused} of ${outcomes.length} refused${write ? ": nothing was written" : ""}`);
    process.exitCode = 1;
    return;
  }
  if (!write) return;
  const { format, resolveConfig } = await import("prettier");
  const text = rewritePins(before, outcomes);
  writeFileSync(file, await format(text, { ...(await resolveConfig(table)), filepath: file }));
  say(`written: ${file}. Next: make test-fast, then pulumi preview`);
}

main().catch((error: unknown) => endWith(error));
