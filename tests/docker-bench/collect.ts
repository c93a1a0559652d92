/** Asks a host, once, for everything that the checks are judged by. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Facts } from "./facts";

const program = readFileSync(join(__dirname, "collect.py"), "utf8");

/** @param python runs `python3 -` as root on the host with this standard input and returns what it printed */
export const collectFacts = async (python: (program: string) => Promise<string>): Promise<Facts> =>
  JSON.parse(await python(program)) as Facts;
