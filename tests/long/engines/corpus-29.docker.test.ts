/** The attacks on the filter of the Docker API, with Engine 29 behind it. */
import { corpusOn } from "../../config-files/socket-proxy/support/corpus-on";
import { FlavouredEngine } from "../../config-files/socket-proxy/support/flavoured-engine";
import { World } from "../../config-files/socket-proxy/support/world";

jest.setTimeout(120_000);
corpusOn(new World((directory) => new FlavouredEngine(directory, "29")), {
  // Nothing but one value of the right type in a body, no endpoint settings where there is no network, no old version.
  refuses: [
    "capabilities: CapDrop as a string",
    "network: an endpoint with an address",
    "network: an endpoint with the name of another container",
    "network: a MAC address",
    "process: the command as a string",
    "process: an entry point as a string",
    "exec options: as a user by name",
    "exec ids: a start with trailing data: input before the answer",
    "JSON: a second value behind the first",
    "JSON: text behind the value",
    "JSON: a NUL behind the value",
    "JSON: a comma behind the value",
    "paths: an old version with other defaults",
    "create paths: a version of other defaults",
  ],
  // It stores images otherwise, has their digests without a registry, and lets an archive keep its owners.
  carriesOut: [
    "mounts: options of the root's storage",
    "archive and export: write with its owner kept",
    "paths: the sandbox image with a digest",
  ],
  small: [
    ["exec ids", 9],
    ["slow", 5],
  ],
});
