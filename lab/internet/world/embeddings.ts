import * as crypto from "node:crypto";
import type { Json } from "./exchange";

/**
 * A vector for a text: every word adds to a coordinate chosen by its hash. The same text always has the same vector,
 * and texts that share words are near each other; that is all of "meaning" there is.
 */
export function embed(text: string, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const hash = crypto.createHash("sha256").update(word).digest();
    const at = hash.readUInt32BE(0) % dimensions;
    vector[at] = (vector[at] ?? 0) + ((hash[4] ?? 0) % 2 === 0 ? 1 : -1);
  }
  const length = Math.hypot(...vector);
  // A text without words, or whose words cancel out, still needs a direction.
  if (length === 0) vector[0] = 1;
  return length === 0 ? vector : vector.map((x) => x / length);
}

/** The texts of an embeddings request, in order. */
export function inputs(json: Json): string[] {
  const { input } = json;
  return (Array.isArray(input) ? input : [input]).map((item) => String(item));
}

/** The list answer that OpenAI and Voyage share. */
export function embeddingList(json: Json, dimensionsDefault: number, usage: Json): Json {
  const wanted = json["output_dimension"] ?? json["dimensions"];
  const dimensions = typeof wanted === "number" ? wanted : dimensionsDefault;
  const data = inputs(json).map((text, index) => {
    const vector = embed(text, dimensions);
    const bytes = (): string => Buffer.from(new Float32Array(vector).buffer).toString("base64");
    return { object: "embedding", index, embedding: json["encoding_format"] === "base64" ? bytes() : vector };
  });
  return { object: "list", data, model: json["model"], usage };
}
