/** What is wrong with a stack's configuration: all of it at once, each with the command that mends it. */

/** A stack's configuration as Pulumi hands it over: full keys, every value a string. */
export interface RawConfiguration {
  readonly stack: string;
  readonly values: Readonly<Record<string, string>>;
  readonly secretKeys: ReadonlySet<string>;
}

export interface Problem {
  /** Full configuration key, `clawkeep:host`, with a path into it where there is one. */
  readonly key: string;
  readonly message: string;
  /** What to type next. */
  readonly remedy: string;
}

/** Every problem of a stack's configuration, one after the other, as a person reads them. */
export function problemReport(stack: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [
    `${count} in the configuration of stack ${stack}; nothing was touched.`,
    ...problems.flatMap(({ key, message, remedy }) => [`  ${key}: ${message}`, `      mend: ${remedy}`]),
  ].join("\n");
}

/** A configuration key with a path into it, as `pulumi config --path` takes it: `clawkeep:gateways[0].name`. */
export function dotted(key: string, path: readonly PropertyKey[]): string {
  const rest = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return `clawkeep:${key}${rest}`;
}

/** Keys whose value has several lines and comes in a file. */
const fileKeys: Readonly<Record<string, string>> = {
  originCertificate: "origin.pem",
  extraCaCertificates: "ca.pem",
};

/** A problem of one key of a stack's configuration, or of what is at the path into it. */
type ProblemOf = (stack: string, key: string, path: readonly PropertyKey[], message: string) => Problem;

/** A problem that only an editor mends: a list or an object is no argument of `pulumi config set`. */
export const structureProblem: ProblemOf = (stack, key, path, message) => {
  const full = dotted(key, path);
  return { key: full, message, remedy: `edit Pulumi.${stack}.yaml: ${full}` };
};

/** A problem that another value mends. */
export const settingProblem: ProblemOf = (stack, key, path, message) => {
  const full = dotted(key, path);
  const file = fileKeys[key];
  const target = path.length === 0 ? full : `--path '${full}'`;
  return {
    key: full,
    message,
    remedy: `pulumi config set --stack ${stack} ${target} ${file === undefined ? "VALUE" : `< ${file}`}`,
  };
};
