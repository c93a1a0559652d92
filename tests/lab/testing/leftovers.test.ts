/** After a row that was ended: what it had made goes, nothing else does. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeMadeSince, thereNow } from "../../../lab/testing/leftovers";

// Processes on a busy machine.
jest.setTimeout(120_000);

const directory = mkdtempSync(join(tmpdir(), "clawkeep-leftovers-"));
const path = process.env["PATH"];
/** An engine of two lists, which notes what it is told besides. */
const engine = `#!/bin/sh
cd ${directory}
case "$1 $2" in "ps "*) cat containers ;; "network ls") cat networks ;; *) echo "$@" >>told ;; esac
`;
const has = (containers: string, networks: string): void => {
  writeFileSync(join(directory, "containers"), containers);
  writeFileSync(join(directory, "networks"), networks);
};

beforeAll(() => {
  writeFileSync(join(directory, "docker"), engine, { mode: 0o755 });
  process.env["PATH"] = `${directory}:${path}`;
});
afterAll(() => {
  process.env["PATH"] = path;
  rmSync(directory, { recursive: true, force: true });
});

it("removes containers, then networks, with our name and not there before", async () => {
  has("clawkeep-world\ntheirs\n", "bridge\nclawkeep-internet\n");
  const before = await thereNow();
  has(
    "clawkeep-world\nclawkeep-left\ntheirs\ntheirs-new\n",
    "bridge\nclawkeep-internet\nclawkeep-net\nnew\n",
  );
  await removeMadeSince(before);
  expect(readFileSync(join(directory, "told"), "utf8")).toBe(
    "rm --force --volumes clawkeep-left\nnetwork rm clawkeep-net\n",
  );
});
