/** A question that the program itself asks a cloud's API, beside all that the cloud's provider asks. */

/** The cloud understood the question and refuses it: asking again is of no use. */
export class CloudRefuses extends Error {}

export interface CloudQuestion {
  readonly cloud: "Hetzner" | "Cloudflare";
  readonly url: string;
  readonly token: string;
  readonly method?: "GET" | "DELETE" | "POST" | "PATCH";
  /** Sent as JSON. */
  readonly body?: object | undefined;
  /** Milliseconds until all of the answer has to be there: the providers wait for minutes. @default 20 000 */
  readonly waitMs?: number | undefined;
}

export interface CloudAnswer<T> {
  readonly status: number;
  /** False: it refuses, and the body says why. */
  readonly ok: boolean;
  readonly body: T;
}

/** @throws Error where the API cannot be asked now: it is down, busy, silent, or says what is no JSON */
export async function askCloud<T>(question: CloudQuestion): Promise<CloudAnswer<T>> {
  const { cloud, url, token, method = "GET", body, waitMs = 20_000 } = question;
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(waitMs),
    });
    text = await answer.text();
  } catch (error) {
    // By its name: the error of a signal is of a class of its own.
    if ((error as { name?: unknown }).name === "TimeoutError")
      throw new Error(`${cloud} has not answered within ${waitMs / 1000} s`, { cause: error });
    throw error;
  }
  const { status, ok } = answer;
  if (status === 429 || status >= 500) throw new Error(`${cloud} answers ${status}`);
  try {
    // 204: done, and nothing to say.
    return { status, ok, body: JSON.parse(ok && text === "" ? "{}" : text) as T };
  } catch {
    throw new Error(`${cloud} answers ${status} with what is no JSON`);
  }
}
