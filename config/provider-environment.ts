/**
 * What the clouds' plugins read from the environment beside what the program gives them. None of it may decide where a stack's
 * token is sent, or send somebody else's key along.
 */
import type { RawConfiguration } from "./problems";

interface Read {
  readonly variable: string;
  /** Configuration that wins over it; absent: nothing does. */
  readonly unless?: string;
  readonly why: string;
}

const toCloudflare = "Cloudflare's plugin sends it beside cloudflare:apiToken";
const read: readonly Read[] = [
  ...["CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL", "CLOUDFLARE_API_USER_SERVICE_KEY"].map((variable) => ({
    ...{ variable, why: toCloudflare },
  })),
  { variable: "CLOUDFLARE_CUSTOM_HEADERS", why: toCloudflare },
  {
    ...{ variable: "CLOUDFLARE_BASE_URL", unless: "cloudflare:baseUrl" },
    why: "Cloudflare's plugin sends cloudflare:apiToken there",
  },
  {
    ...{ variable: "HCLOUD_ENDPOINT", unless: "hcloud:endpoint" },
    why: "Hetzner's plugin sends hcloud:token there",
  },
];

/** Why the plugins would not do what the stack file says, and what to type; undefined where they do. */
export function environmentProblem(
  { stack, values }: Pick<RawConfiguration, "stack" | "values">,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const found = read.filter(
    ({ variable, unless }) =>
      environment[variable] !== undefined && (unless === undefined || values[unless] === undefined),
  );
  if (found.length === 0) return undefined;
  const meant = found.flatMap(({ variable, unless }) =>
    unless === undefined
      ? []
      : [`; or, where it is meant: pulumi config set --stack ${stack} ${unless} "$${variable}"`],
  );
  return (
    `the environment has ${found.map(({ variable, why }) => `${variable} (${why})`).join(", ")}, and the stack file does not ` +
    `say so. Type: unset ${found.map(({ variable }) => variable).join(" ")}${meant.join("")}\nNothing was touched.`
  );
}
