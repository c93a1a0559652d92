// One request to Cloudflare's API for a program that cannot wait for a promise: on standard input
// {url, method, token, body?, seconds}, on standard output {status, text}, or {silent: why there is no answer}.
import { text } from "node:stream/consumers";

const { url, method, token, body, seconds } = JSON.parse(await text(process.stdin));
let said;
try {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    signal: AbortSignal.timeout(seconds * 1000),
    redirect: "error",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  said = { status: answer.status, text: await answer.text() };
} catch (error) {
  said = { silent: String(error.cause?.message ?? error.message) };
}
process.stdout.write(JSON.stringify(said));
