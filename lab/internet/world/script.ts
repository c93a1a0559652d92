import type { ServiceName } from "./services";

/** A tool that the model is to call. */
export interface ToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What a service is to answer next. Everything may be left out; the default is the service's own answer. */
export interface Reply {
  /** Only for a request whose text (last user message, method, input) contains this. */
  readonly match?: string;
  readonly text?: string;
  readonly tools?: readonly ToolCall[];
  /** Tokens to report; 1000 and 1000 unless said. */
  readonly usage?: { readonly input?: number; readonly output?: number };
  /** An error, in the shape of the service's own errors. */
  readonly status?: number;
  readonly error?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
  /** Never answer; the connection stays open. */
  readonly hang?: boolean;
  /** Close the connection: before the answer, or in the middle of a streamed one. */
  readonly drop?: "before" | "middle";
}

const checks: Readonly<Record<keyof Reply, (value: unknown) => boolean>> = {
  match: isText,
  text: isText,
  tools: (value) => Array.isArray(value) && value.every(isToolCall),
  usage: isObject,
  status: (value) => typeof value === "number" && value >= 400 && value < 600,
  error: isText,
  headers: isObject,
  delayMs: (value) => typeof value === "number" && value >= 0,
  hang: (value) => typeof value === "boolean",
  drop: (value) => value === "before" || value === "middle",
};

/** @throws for a reply with an unknown or ill-typed field: a misspelt script must not pass for a default answer. */
export function parseReplies(value: unknown): Reply[] {
  if (!Array.isArray(value)) throw new Error('"replies" must be a list');
  return value.map((item: unknown, i) => {
    if (!isObject(item)) throw new Error(`replies[${i}] must be an object`);
    for (const [field, inner] of Object.entries(item)) {
      const check = checks[field as keyof Reply] as ((value: unknown) => boolean) | undefined;
      if (check === undefined) {
        throw new Error(`replies[${i}].${field} is unknown; there are ${Object.keys(checks).join(", ")}`);
      }
      if (!check(inner)) throw new Error(`replies[${i}].${field} has a wrong value`);
    }
    return item;
  });
}

/** The queues of scripted replies, one a service. */
export class Script {
  private readonly queues = new Map<ServiceName, Reply[]>();

  add(service: ServiceName, replies: readonly Reply[]): void {
    this.queues.set(service, [...this.list(service), ...replies]);
  }

  list(service: ServiceName): readonly Reply[] {
    return this.queues.get(service) ?? [];
  }

  clear(service?: ServiceName): void {
    if (service === undefined) this.queues.clear();
    else this.queues.delete(service);
  }

  /** Takes the first reply meant for a request with this text. */
  take(service: ServiceName, text: string): Reply | undefined {
    const queue = this.list(service);
    const next = queue.find((reply) => reply.match === undefined || text.includes(reply.match));
    if (next !== undefined) {
      this.queues.set(
        service,
        queue.filter((reply) => reply !== next),
      );
    }
    return next;
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isToolCall(value: unknown): boolean {
  return isObject(value) && isText(value["name"]) && isObject(value["arguments"]);
}
