/** Holds answers of the emulator against Hetzner's own description of its API. */
import Ajv, { type ValidateFunction } from "ajv";
import {
  extractFile,
  readDescription,
  type Description,
  type Json,
} from "../../../lab/hetzner/description/extract";

export interface Exchange {
  readonly method: string;
  /** Below /v1, with or without a query. */
  readonly path: string;
  /** What was asked with; undefined: no body. */
  readonly asked?: unknown;
  readonly status: number;
  /** The answer's JSON; undefined: it has no body. */
  readonly body: unknown;
}

/** Where the emulator knowingly differs, and why; lab/hetzner/README.md says the same in a sentence each. */
export const deviations: readonly { readonly problem: RegExp; readonly why: string }[] = [
  {
    problem: /^granted although the request's \/(image|ssh_keys\/\*) must be string/,
    why: "Hetzner's own clients, and with them the provider, send the numbers of images and SSH keys",
  },
  {
    problem: /^granted although the request's must have required property 'assignee_type'/,
    why: "the description is of February 2026; since April Hetzner's own clients leave it out where there is no assignee",
  },
  {
    problem: /^\/primary_ips?(\/\*)?\/assignee_type must be equal to one of the allowed values/,
    why: "the description is of February 2026; since August an address without a server is answered as unassigned",
  },
  {
    problem: /server_type.*locations.* additional properties \["(available|recommended)"\]$/,
    why: "the description is of February 2026; Hetzner's client of today fails without the two",
  },
  {
    problem: /^\S* must have required property 'datacenter'/,
    why: "the description is of February 2026 and says itself that datacenter goes after 1 July 2026; use is made of location",
  },
];

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const anyFormat = Object.fromEntries(
  ["int32", "int64", "double", "decimal"].map((name) => [name, true as const]),
);

/**
 * OpenAPI 3.0 as JSON schema. Stricter in one thing: an object has no properties but those that are described, as an
 * answer with more would let a client pass that the real API does not serve.
 */
function jsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(jsonSchema);
  if (typeof node !== "object" || node === null) return node;
  const { nullable, properties, ...others } = node as Json;
  const rest = Object.fromEntries(Object.entries(others).map(([key, value]) => [key, jsonSchema(value)]));
  const schema: Record<string, unknown> =
    typeof properties === "object" && properties !== null
      ? {
          additionalProperties: false,
          ...rest,
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, value]) => [name, jsonSchema(value)]),
          ),
        }
      : rest;
  return nullable === true ? { anyOf: [schema, { type: "null" }] } : schema;
}

const jsonOf = (part: Json | undefined): Json | undefined =>
  (part?.["content"] as { "application/json"?: { schema: Json } } | undefined)?.["application/json"]?.schema;

export class DescriptionCheck {
  private readonly ajv = new Ajv({
    strict: false,
    allErrors: true,
    formats: { ...anyFormat, "date-time": dateTime },
  });

  private readonly validators = new Map<Json, ValidateFunction>();

  constructor(private readonly description: Description = readDescription(extractFile)) {
    this.ajv.addSchema(jsonSchema({ components: description.components }) as Json, "api");
  }

  /**
   * What of an answer is not as described, the knowing deviations too. What is granted has to be a request as described: a
   * real refusal would otherwise never be seen.
   */
  problems({ method, path, asked, status, body }: Exchange): string[] {
    const name = this.operation({ method, path });
    const [verb = "", template = ""] = (name ?? "").split(" ");
    const operation = this.description.paths[template]?.[verb];
    // What the emulator has no route for it refuses; that refusal has the shape of every error.
    const responses = operation?.responses ?? {
      "4xx": this.description.paths["/servers"]?.["get"]?.responses["4xx"],
    };
    const response = (responses[status] ?? responses[`${Math.floor(status / 100)}xx`]) as Json | undefined;
    if (response === undefined) return [`status ${status} is not described`];
    const schema = jsonOf(response);
    if (schema === undefined) return body === undefined ? [] : ["has a body, and is described without"];
    const wanted = jsonOf(operation?.requestBody);
    return [
      ...this.wrong(schema, body),
      ...(status < 300 && asked !== undefined && wanted !== undefined
        ? this.wrong(wanted, asked).map((found) => `granted although the request's ${found}`)
        : []),
    ];
  }

  private wrong(schema: Json, value: unknown): string[] {
    const validate = this.validator(schema);
    if (validate(value)) return [];
    return (validate.errors ?? [])
      .filter(({ keyword }) => keyword !== "anyOf")
      .map(({ instancePath, message, params }) =>
        `${instancePath.replace(/\/\d+(?=\/|$)/g, "/*")} ${message} ${JSON.stringify(Object.values(params as Json))}`.trim(),
      );
  }

  /** The same, without what {@link deviations} explains. */
  unexplained(exchange: Exchange): string[] {
    return this.problems(exchange).filter((found) => !deviations.some(({ problem }) => problem.test(found)));
  }

  private validator(schema: Json): ValidateFunction {
    const known = this.validators.get(schema);
    if (known !== undefined) return known;
    // It refers to what was added as "api".
    const inside = JSON.stringify(jsonSchema(schema)).replaceAll('"#/components/', '"api#/components/');
    const made = this.ajv.compile(JSON.parse(inside) as Json);
    this.validators.set(schema, made);
    return made;
  }

  /** As in the description, `get /servers/{id}`; undefined for what the emulator has no route for. */
  operation({ method, path }: Pick<Exchange, "method" | "path">): string | undefined {
    const parts = path.replace(/\?.*/, "").split("/");
    const verb = method.toLowerCase();
    const template = Object.keys(this.description.paths).find((candidate) => {
      const wanted = candidate.split("/");
      const fits = wanted.every((part, i) => part.startsWith("{") || part === parts[i]);
      return (
        fits && wanted.length === parts.length && this.description.paths[candidate]?.[verb] !== undefined
      );
    });
    return template === undefined ? undefined : `${verb} ${template}`;
  }
}
