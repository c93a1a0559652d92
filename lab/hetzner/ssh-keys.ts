import * as crypto from "node:crypto";
import type { ApiServer } from "../emulator/api-server";
import { idOf, now, rename, requireUniqueName, type Context } from "./context";
import { invalidInput, notUnique } from "./errors";
import { labels, text } from "./input";
import { listReply } from "./lists";
import { sshKeyView } from "./views";

export function sshKeyRoutes(api: ApiServer, { store }: Context): void {
  const { state } = store;

  api.route("GET", "/ssh_keys", ({ query }) => {
    const fingerprint = query.get("fingerprint");
    const keys = state.sshKeys.filter((key) => fingerprint === null || key.fingerprint === fingerprint);
    return listReply("ssh_keys", keys, query, sshKeyView);
  });

  api.route("POST", "/ssh_keys", ({ body }) => {
    const name = text(body, "name");
    const publicKey = text(body, "public_key");
    const fingerprint = md5Fingerprint(publicKey);
    requireUniqueName(state.sshKeys, name);
    if (state.sshKeys.some((key) => key.fingerprint === fingerprint)) throw notUnique("public key");
    const key = { id: store.nextId(), name, publicKey, fingerprint, labels: labels(body), created: now() };
    state.sshKeys.push(key);
    store.save();
    return { status: 201, body: { ssh_key: sshKeyView(key) } };
  });

  api.route("GET", "/ssh_keys/:id", (request) => ({
    status: 200,
    body: { ssh_key: sshKeyView(store.sshKey(idOf(request))) },
  }));

  api.route("PUT", "/ssh_keys/:id", (request) => {
    const key = store.sshKey(idOf(request));
    rename(state.sshKeys, key, request);
    store.save();
    return { status: 200, body: { ssh_key: sshKeyView(key) } };
  });

  api.route("DELETE", "/ssh_keys/:id", (request) => {
    const key = store.sshKey(idOf(request));
    state.sshKeys = state.sshKeys.filter((other) => other !== key);
    store.save();
    return { status: 204 };
  });
}

function md5Fingerprint(publicKey: string): string {
  const [type = "", blob = ""] = publicKey.trim().split(/\s+/);
  const bytes = Buffer.from(blob, "base64");
  // The blob begins with the key type, as a 4-byte length and that many characters.
  if (bytes.length < 8 || bytes.toString("latin1", 4, 4 + bytes.readUInt32BE(0)) !== type) {
    throw invalidInput("public_key", "not an OpenSSH public key");
  }
  const digest = crypto.createHash("md5").update(bytes).digest("hex");
  return digest.replace(/(..)(?=.)/g, "$1:");
}
