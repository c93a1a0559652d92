import type { Exchange } from "../exchange";

export interface UploadedFile {
  /** The parameter it came under. */
  readonly field: string;
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Params {
  readonly values: Readonly<Record<string, unknown>>;
  readonly files: readonly UploadedFile[];
}

/** The parameters of a Bot API call, which may come in the query, as JSON, as a form or as multipart. */
export async function readParams(exchange: Exchange): Promise<Params> {
  const values: Record<string, unknown> = Object.fromEntries(exchange.url.searchParams);
  const files: UploadedFile[] = [];
  const type = exchange.header("content-type") ?? "";
  if (type.startsWith("application/json")) {
    Object.assign(values, exchange.json);
  } else if (type.startsWith("application/x-www-form-urlencoded") || type.startsWith("multipart/form-data")) {
    const form = await new Response(exchange.raw, { headers: { "content-type": type } }).formData();
    for (const [field, value] of form) {
      if (typeof value === "string") values[field] = value;
      else files.push({ field, name: value.name, bytes: Buffer.from(await value.arrayBuffer()) });
    }
  }
  return { values, files };
}

/** A parameter that is a number, or text that looks like one. */
export function numeric(values: Params["values"], name: string, otherwise: number): number {
  const value = Number(values[name] ?? otherwise);
  return Number.isFinite(value) ? value : otherwise;
}

/** A parameter that is a structure, as such or as JSON text. */
export function structure(values: Params["values"], name: string): unknown {
  const value = values[name];
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}
