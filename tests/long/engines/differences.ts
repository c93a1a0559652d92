/** How newer engines answer attacks otherwise than the oldest one that the corpus was written on, Debian 12's 20.10. */
import type { Differences } from "../../config-files/socket-proxy/support/corpus-on";

/** There are no ten kinds of being slow. */
const small = [
  ["exec ids", 9],
  ["slow", 5],
] as const;

/** No endpoint settings where there is no network, nothing behind a body's value, no old version. */
const refusedSince26 = [
  "network: an endpoint with an address",
  "network: an endpoint with the name of another container",
  "network: a MAC address",
  "exec ids: a start with trailing data: input before the answer",
  "JSON: a second value behind the first",
  "JSON: text behind the value",
  "JSON: a NUL behind the value",
  "JSON: a comma behind the value",
  "paths: an old version with other defaults",
  "create paths: a version of other defaults",
];

/** Its store takes other options, and an image has a digest without a registry. */
const carriedOutByTheStore = [
  "mounts: options of the root's storage",
  "paths: the sandbox image with a digest",
];

/** Docker 26.1 with its images in containerd's store. */
export const containerdStore: Differences = {
  refuses: refusedSince26,
  carriesOut: carriedOutByTheStore,
  small,
};

/** Engine 29 reads no text in place of a list and looks users up, and lets an archive keep its owners. */
export const engine29: Differences = {
  refuses: [
    ...refusedSince26,
    "capabilities: CapDrop as a string",
    "process: the command as a string",
    "process: an entry point as a string",
    "exec options: as a user by name",
  ],
  carriesOut: [...carriedOutByTheStore, "archive and export: write with its owner kept"],
  small,
};
