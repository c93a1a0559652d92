/** Where the gateway's container keeps what is no state. */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { releaseLines } from "../../../config/release-lines";
import { gatewayEnvironment, gatewayTmpfs } from "../../../config-files/gateway/order";
import { stateDirectory } from "../../../config-files/gateway/paths";

const copies = readFileSync(join(__dirname, "../../../config-files/host/bin/copy-state.mjs"), "utf8");

it.each(releaseLines)(
  "%s: databases are copied at a start to the state's disk, not into memory, and no copy of the state takes that along",
  (line) => {
    const cache = gatewayEnvironment(line)["XDG_CACHE_HOME"] ?? "";
    // A mount of its own in the home directory, which is in memory.
    expect(dirname(cache)).toBe(stateDirectory);
    expect(Object.keys(gatewayTmpfs("1:1"))).not.toContain(stateDirectory);
    const [, leftOut = ""] = /const leftOut = new Set\((.*)\);/.exec(copies) ?? [];
    expect(leftOut).toContain(`"${basename(cache)}"`);
  },
);
