/**
 * The Pulumi project of the lab: this checkout's program under other stack files, so that a rehearsal never touches
 * the stack files a user keeps. Everything but those files is a link to the checkout.
 */
import { copyFileSync, existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { labDir, repoDir } from "../lib/paths";
import { ensurePolicyPack } from "./policy-pack";

const linked = [
  "index.ts",
  "components",
  "config",
  "config-files",
  "package.json",
  "tsconfig.json",
  "tsconfig.pulumi.json",
  "node_modules",
];

export const projectDirectory = (lab = labDir()): string => join(lab, "project");

/** @param checkout whose program it is; another checkout's with the same lab in the two-checkouts test */
export function ensureProject(directory = projectDirectory(), checkout = repoDir): void {
  mkdirSync(directory, { recursive: true });
  for (const name of linked) {
    const [link, target] = [join(directory, name), join(checkout, name)];
    if (
      lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true &&
      readlinkSync(link) === target
    )
      continue;
    rmSync(link, { force: true, recursive: true });
    if (!existsSync(target)) throw new Error(`${target} is missing: run make setup`);
    symlinkSync(target, link);
  }
  copyFileSync(join(checkout, "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
  ensurePolicyPack(directory, checkout);
}
