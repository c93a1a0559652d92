/** Rules as policies of Pulumi: what the SDK hands over is read into plain values, and what a rule finds is reported. */
import {
  Secret,
  UnknownValueError,
  type Policies,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
} from "@pulumi/policy";
import {
  isStackRule,
  judges,
  unknown,
  violations,
  type Inputs,
  type Resource,
  type ResourceRule,
  type Rule,
  type StackRule,
  type Value,
} from "./rule";

/** What is read of the SDK's properties. */
interface Reading {
  readonly value: Value;
  /** Paths of what is wrapped as a secret. */
  readonly secrets: readonly string[];
}

/** One run of the engine: what it has shown so far. */
class Run {
  /** Every resource in the order in which it was judged. */
  private readonly seen = new Map<string, Resource>();
  /** URN -> paths marked secret. */
  private readonly secrets = new Map<string, readonly string[]>();

  noteSecrets(args: ResourceValidationArgs): void {
    this.secrets.set(args.urn, read(args.props).secrets);
  }

  resource({ urn, type, name, props, opts }: ResourceValidationArgs): Resource {
    const resource = {
      urn,
      type,
      name,
      inputs: read(props).value as Inputs,
      protect: opts.protect,
      secrets: this.secrets.get(urn),
    };
    this.seen.set(urn, resource);
    return resource;
  }

  earlier(urn: string): Resource[] {
    return [...this.seen.values()].filter((resource) => resource.urn !== urn);
  }

  byUrn(urn: string): Resource | undefined {
    return this.seen.get(urn);
  }
}

/**
 * The policies of the pack.
 * @param preview true while nothing is deployed yet: then a rule may wait for a value that is not known
 */
export function policies(rules: readonly Rule[], preview: boolean): Policies {
  const run = new Run();
  return rules.map((rule) =>
    isStackRule(rule) ? stackPolicy(rule, run, preview) : resourcePolicy(rule, run, preview),
  );
}

const description = ({ promise, mend }: Rule): string => `${promise} ${mend}`;

function resourcePolicy(rule: ResourceRule, run: Run, preview: boolean): ResourceValidationPolicy {
  return {
    name: rule.name,
    description: description(rule),
    // Only at this level does the engine show what is marked secret, and it comes first; nothing is ever changed, and
    // a violation counts as a mandatory one.
    ...(rule.readsSecretMarks === true
      ? { enforcementLevel: "remediate", remediateResource: (args) => run.noteSecrets(args) }
      : { enforcementLevel: "mandatory" }),
    validateResource: (args, report) => {
      // What is not there yet and `--target` leaves out is shown without any input, and is not made.
      if (Object.keys(args.props).length === 0) return;
      const resource = run.resource(args);
      if (!judges(rule, args.type)) return;
      const findings = rule.check(resource, run.earlier(args.urn));
      for (const says of violations(rule, findings, preview)) report(says);
    },
  };
}

/**
 * A stack rule reads the inputs that were shown before, not the outputs that come with the stack: in a first preview
 * a provider that is not there yet has none.
 */
function stackPolicy(rule: StackRule, run: Run, preview: boolean): StackValidationPolicy {
  return {
    name: rule.name,
    description: description(rule),
    enforcementLevel: "mandatory",
    validateStack: ({ resources }, report) => {
      const shown = resources.flatMap(({ urn, dependencies }) => {
        const resource = run.byUrn(urn);
        return resource === undefined
          ? []
          : [{ ...resource, dependencies: dependencies.map((dependency) => dependency.urn) }];
      });
      for (const { urn, findings } of rule.checkStack(shown)) {
        for (const says of violations(rule, findings, preview)) report(says, urn);
      }
    },
  };
}

/** Reads properties behind the SDK's proxies, which throw at a value that is not known and unwrap secrets. */
export function read(properties: object, path = ""): Reading {
  const secrets: string[] = [];
  const parts = Object.keys(properties).map((key) => {
    const here = path === "" ? key : Array.isArray(properties) ? `${path}[${key}]` : `${path}.${key}`;
    // The proxies stand before reading a property, not before looking at how it is kept.
    if (Object.getOwnPropertyDescriptor(properties, key)?.value instanceof Secret) secrets.push(here);
    const part = known(() => (properties as Record<string, unknown>)[key]);
    if (typeof part !== "object" || part === null) return [key, part as Value] as const;
    const inner = read(part, here);
    secrets.push(...inner.secrets);
    return [key, inner.value] as const;
  });
  const value = Array.isArray(properties) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
  return { value, secrets };
}

function known(get: () => unknown): unknown {
  try {
    return get();
  } catch (error) {
    if (error instanceof UnknownValueError) return unknown;
    throw error;
  }
}
