/** Versions of what deploys: of `pulumi about --json` and `pulumi plugin ls --json` these fields, and no others. */
import { z } from "zod";

const version = z.string().regex(/^v?\d[A-Za-z0-9.+-]{0,39}$/);
const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/);

/** A field that is missing, or has another form than it should, is not there. */
const maybe = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

const about = z.object({
  cliAbout: maybe(z.object({ version: maybe(version) })),
  host: maybe(z.object({ os: maybe(word), version: maybe(version), arch: maybe(word) })),
  backend: maybe(z.object({ url: maybe(z.string()) })),
});
const plugins = z.array(z.object({ name: word, kind: word, version }).nullable().catch(null));

export interface Versions {
  readonly pulumi?: string | undefined;
  readonly system: readonly string[];
  /** How the state is kept: `https`, `file`, `s3`. */
  readonly backend?: string | undefined;
  /** `NAME VERSION` of every plugin in the cache of this machine. */
  readonly plugins: readonly string[];
}

/**
 * @param saidAbout what `pulumi about --json` printed; empty where it could not be asked
 * @param saidPlugins the same of `pulumi plugin ls --json`
 */
export function readVersions(saidAbout: string, saidPlugins: string): Versions {
  const read = about.safeParse(parsed(saidAbout)).data;
  const listed = plugins.safeParse(parsed(saidPlugins)).data ?? [];
  const { os, version: systemVersion, arch } = read?.host ?? {};
  return {
    pulumi: read?.cliAbout?.version,
    system: [os, systemVersion, arch].filter((part) => part !== undefined),
    backend: /^([a-z0-9+]{2,12}):/.exec(read?.backend?.url ?? "")?.[1],
    plugins: listed
      .flatMap((plugin) => (plugin === null ? [] : [`${plugin.name} ${plugin.version} (${plugin.kind})`]))
      .sort(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
