/** Requests to a storage that speaks S3, signed as AWS has it (Signature Version 4), by path. For tests. */
import { createHash, createHmac } from "node:crypto";

export interface S3Account {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const region = "us-east-1";
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/**
 * @param path `/BUCKET/KEY`, of characters that need no escape
 * @param query names and values; a value may be empty
 */
export async function s3Request(
  { endpoint, accessKeyId, secretAccessKey }: S3Account,
  method: string,
  path: string,
  query: Readonly<Record<string, string>> = {},
  body = "",
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string; readonly version: string | null }> {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const hash = sha256(body);
  const headers: Record<string, string> = {
    host: new URL(endpoint).host,
    "x-amz-content-sha256": hash,
    "x-amz-date": time,
    ...more,
  };
  // S3 wants it with what could be damaged on the way, such as a policy.
  if (body !== "") headers["content-md5"] = createHash("md5").update(body).digest("base64");
  const names = Object.keys(headers).sort();
  const search = Object.keys(query)
    .sort()
    .map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(query[name] ?? "")}`)
    .join("&");
  const canonical = [
    ...[method, path, search],
    ...names.map((name) => `${name}:${headers[name] ?? ""}`),
    ...["", names.join(";"), hash],
  ].join("\n");
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const key = [region, "s3", "aws4_request"].reduce<Buffer>(
    (derived, part) => hmac(derived, part),
    hmac(`AWS4${secretAccessKey}`, time.slice(0, 8)),
  );
  const signature = hmac(key, ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n")).toString(
    "hex",
  );
  // `fetch` sets the host by itself.
  const sent = Object.entries(headers).filter(([name]) => name !== "host");
  const answer = await fetch(`${endpoint}${path}${search === "" ? "" : `?${search}`}`, {
    method,
    ...(body === "" ? {} : { body }),
    headers: {
      ...Object.fromEntries(sent),
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
    },
    signal: AbortSignal.timeout(30_000),
  });
  return {
    status: answer.status,
    text: await answer.text(),
    version: answer.headers.get("x-amz-version-id"),
  };
}
