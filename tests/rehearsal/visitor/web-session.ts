/**
 * One session of the web page's WebSocket client, without its page: what OpenClaw's own browser code sends
 * (dist/control-ui of the published image), in the order it sends it. Runs in a visitor's container:
 * a {@link WebSession} as JSON on standard input, a {@link WebOutcome} on standard output.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";

export interface WebSession {
  readonly url: string;
  /** Of the upgrade request: `origin`, which a browser sets by itself, and whatever an attacker adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly client: { readonly id: string; readonly mode: string };
  /** Build of the page, as it says itself. */
  readonly buildId: string;
  readonly token?: string;
  readonly device?: {
    /** Ed25519, PKCS #8 in PEM. */
    readonly privateKey: string;
    /** What the gateway gave this device once it was let in. */
    readonly token?: string;
    /** Signs this in place of the gateway's nonce. */
    readonly nonce?: string;
  };
  /** Said to the assistant once connected. */
  readonly message?: { readonly sessionKey: string; readonly text: string };
  /** Asked for once connected, without parameters. */
  readonly methods?: readonly string[];
  /** Stays connected until the gateway ends it. */
  readonly stay?: boolean;
  /** The session is ended after that, whatever is missing. */
  readonly seconds: number;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>> & { readonly code?: string };
}

export interface WebOutcome {
  /** The upgrade was answered with 101. */
  readonly upgraded: boolean;
  readonly hello?: { readonly auth?: { readonly scopes?: string[]; readonly deviceToken?: string } };
  readonly refusal?: Refusal;
  /** Method -> `ok`, or the code of the refusal. */
  readonly answers: Readonly<Record<string, string>>;
  /** The assistant's. */
  readonly reply?: string;
  /** By the gateway; absent: it was us. */
  readonly closed?: { readonly code: number; readonly reason: string };
}

/** What is read of the gateway's frames. */
interface Frame {
  readonly type: "res" | "event";
  readonly id?: string;
  readonly ok?: boolean;
  readonly error?: Refusal;
  readonly event?: string;
  readonly payload?: Record<string, unknown>;
}

/** What is used of the WebSocket that Node has had since 22, whose types are of an older one here. */
interface Socket {
  send(text: string): void;
  close(): void;
  addEventListener(
    event: "open" | "message" | "close" | "error",
    listener: (event: { readonly data: string; readonly code: number; readonly reason: string }) => void,
  ): void;
}
declare const WebSocket: new (
  url: string,
  options: { readonly headers: Readonly<Record<string, string>> },
) => Socket;

/** All that the page asks for. */
const scopes = ["admin", "read", "write", "approvals", "questions", "pairing"].map(
  (name) => `operator.${name}`,
);

/** The device's part of the connect request: its key, and its signature of who connects, as what, with which token. */
function proof(session: WebSession, nonce: string, signedAt: number): Record<string, unknown> | undefined {
  const { device, client, token } = session;
  if (device === undefined) return undefined;
  const key = createPrivateKey(device.privateKey);
  const raw = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  const id = createHash("sha256").update(raw).digest("hex");
  const signed = [
    ...["v2", id, client.id, client.mode, "operator", scopes.join(","), String(signedAt)],
    ...[token ?? device.token ?? "", device.nonce ?? nonce],
  ].join("|");
  const signature = sign(null, Buffer.from(signed), key).toString("base64url");
  return { id, publicKey: raw.toString("base64url"), signature, signedAt, nonce: device.nonce ?? nonce };
}

function connectParameters(session: WebSession, challenge: Record<string, unknown>): Record<string, unknown> {
  const { client, buildId, token, device } = session;
  return {
    minProtocol: 4,
    maxProtocol: 4,
    client: { ...client, version: buildId.split("-")[0], buildId, platform: "Linux x86_64" },
    role: "operator",
    scopes,
    caps: ["agent-kind", "approvals", "tool-events"],
    device: proof(session, String(challenge["nonce"]), Number(challenge["ts"])),
    auth: token === undefined ? { deviceToken: device?.token } : { token },
    userAgent: "Mozilla/5.0 (X11; Linux x86_64)",
    locale: "en-GB",
  };
}

function run(session: WebSession): Promise<WebOutcome> {
  return new Promise((resolve) => {
    const outcome: { -readonly [key in keyof WebOutcome]: WebOutcome[key] } = {
      upgraded: false,
      answers: {},
    };
    const answers: Record<string, string> = {};
    const waitsFor = new Set(session.methods ?? []);
    if (session.message !== undefined) waitsFor.add("reply");
    const socket = new WebSocket(session.url, { headers: session.headers });
    const end = (): void => {
      clearTimeout(timer);
      socket.close();
      resolve({ ...outcome, answers });
    };
    const timer = setTimeout(end, session.seconds * 1000);
    const settle = (what: string): void => {
      waitsFor.delete(what);
      if (outcome.hello !== undefined && waitsFor.size === 0 && session.stay !== true) end();
    };
    const request = (id: string, method: string, params: unknown): void =>
      socket.send(JSON.stringify({ type: "req", id, method, params }));

    socket.addEventListener("open", () => (outcome.upgraded = true));
    socket.addEventListener("error", () => undefined);
    socket.addEventListener("close", ({ code, reason }) => {
      outcome.closed = { code, reason };
      end();
    });
    socket.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(data) as Frame;
      const payload = frame.payload ?? {};
      if (frame.event === "connect.challenge")
        request("connect", "connect", connectParameters(session, payload));
      // A refusal is followed by the gateway's own end of the connection.
      else if (frame.id === "connect" && frame.error !== undefined) outcome.refusal = frame.error;
      else if (frame.id === "connect") {
        outcome.hello = payload;
        for (const method of session.methods ?? []) request(method, method, {});
        if (session.message !== undefined) {
          const { sessionKey, text } = session.message;
          const idempotencyKey = crypto.randomUUID();
          request("chat.send", "chat.send", { sessionKey, message: text, deliver: false, idempotencyKey });
        }
        settle("hello");
      } else if (frame.id !== undefined) {
        answers[frame.id] = frame.error?.details?.code ?? frame.error?.code ?? "ok";
        if (frame.id === "chat.send" && frame.error !== undefined) settle("reply");
        settle(frame.id);
      } else if (frame.event === "chat" && payload["state"] === "final") {
        outcome.reply = JSON.stringify(payload["message"]);
        settle("reply");
      }
    });
  });
}

void run(JSON.parse(readFileSync(0, "utf8")) as WebSession).then((outcome) => {
  process.stdout.write(JSON.stringify(outcome));
  process.exit();
});
