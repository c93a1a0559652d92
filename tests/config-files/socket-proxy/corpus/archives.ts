import { execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calls } from "./attack";
import { foreign, on, own } from "./targets";

/** A small archive, built once. */
export function tar(files: { readonly [name: string]: string }): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "clawkeep-tar-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(directory, name, ".."), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const bytes = execFileSync("tar", ["--create", "--directory", directory, "."]);
  rmSync(directory, { recursive: true });
  return bytes;
}

export const archive = tar({ planted: "x" });
export const asTar = { http: { headers: { "Content-Type": "application/x-tar" } } };

export const archives = calls("archive and export", [
  on("read a directory", "GET", "/archive?path=/etc"),
  on("read a file of an own sandbox as root", "GET", "/archive?path=/etc/hosts", own),
  on("read by another spelling of the query", "GET", "/archive?path=%2Fetc"),
  on("look at a path", "HEAD", "/archive?path=/etc"),
  [
    "write into another container",
    "PUT",
    (_, t) => `/v1.41/containers/${t.id}/archive?path=/tmp`,
    archive,
    { ...foreign, ...asTar, engineRefuses: true },
  ],
  [
    "write into an own sandbox as root",
    "PUT",
    (_, t) => `/v1.41/containers/${t.id}/archive?path=/workspace`,
    archive,
    { ...own, ...asTar, engineRefuses: true },
  ],
  [
    "write with its owner kept",
    "PUT",
    (p) => `/v1.41/containers/${p.gateway}/archive?path=/tmp&copyUIDGID=1`,
    archive,
    { engineRefuses: true, ...asTar },
  ],
  [
    "write over a file",
    "PUT",
    (p) => `/v1.41/containers/${p.victim}/archive?path=/bin&noOverwriteDirNonDir=1`,
    archive,
    { ...asTar },
  ],
  on("export", "GET", "/export"),
  on("export of an own sandbox", "GET", "/export", own),
  ["export of images", "GET", (p) => `/v1.41/images/get?names=${p.otherImage}`],
  ["export of one image", "GET", (p) => `/v1.41/images/${p.otherImage}/get`],
  [
    "attach by a web socket",
    "GET",
    (_, t) => `/v1.41/containers/${t.id}/attach/ws?stream=1&stdout=1`,
    undefined,
    {
      ...foreign,
      rules: ["route", "head"],
      http: {
        headers: {
          Connection: "Upgrade",
          Upgrade: "websocket",
          "Sec-WebSocket-Version": "13",
          "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
          Origin: "http://docker",
        },
      },
    },
  ],
]);
