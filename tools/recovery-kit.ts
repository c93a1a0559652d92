/**
 * `make recovery-kit STACK=prod [FILE=PATH]`: the page to keep offline: repository, its password and credentials, passphrase,
 * stack file, commands. It is printed to a terminal, or written to a new file that only you may read; never into a pipe or log,
 * nor where git would take it along.
 *
 *   npx tsx tools/recovery-kit.ts STACK [FILE]
 *
 * The passphrase is on it where PULUMI_CONFIG_PASSPHRASE or the file of PULUMI_CONFIG_PASSPHRASE_FILE has it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryKind } from "../config/repository";
import { sayBackend } from "./backend";
import { programOf, refuseTracked } from "./recovery-kit/checkout";
import { kitSecrets, recoveryPage } from "./recovery-kit/page";
import { endWith, say } from "./terminal";
import { stackConfig } from "./verify/deployed-stack";

function passphrase(): string | undefined {
  const file = process.env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  const value =
    process.env["PULUMI_CONFIG_PASSPHRASE"] ??
    (file === undefined ? "" : readFileSync(file, "utf8").trimEnd());
  return value === "" ? undefined : value;
}

function main([stack, file]: readonly string[]): void {
  if (stack === undefined) throw new Error("usage: npx tsx tools/recovery-kit.ts STACK [FILE]");
  if (file === undefined && !process.stdout.isTTY)
    throw new Error(
      "this is no terminal, and the page is secret: FILE=PATH writes it to a new file that only you may read",
    );
  if (file !== undefined) refuseTracked(file);
  sayBackend(stack);
  const config = stackConfig(stack);
  const text = config["clawkeep:backups"]?.value;
  const repository =
    text === undefined ? undefined : (JSON.parse(text) as { repository?: string }).repository;
  const kind = repositoryKind(repository);
  if (repository === undefined || kind === undefined)
    throw new Error(
      `stack ${stack} has no clawkeep:backups: there is nothing off the host to recover from (docs/backups.md)`,
    );
  const secrets = kitSecrets(stack, kind, (key) => config[`clawkeep:${key}`]?.value);
  const page = recoveryPage({
    ...{ stack, repository, secrets, passphrase: passphrase(), made: new Date().toISOString().slice(0, 10) },
    program: programOf(join(__dirname, "..")),
    // Where pulumi is told to work elsewhere, the file is there.
    stackFile: readFileSync(
      join(process.env["PULUMI_OPTION_CWD"] ?? join(__dirname, ".."), `Pulumi.${stack}.yaml`),
      "utf8",
    ),
  });
  if (file === undefined) return say(page);
  // Never over something that is there, and never through a link.
  writeFileSync(file, page, { mode: 0o600, flag: "wx" });
  say(`${file}: print it, put it where no fire reaches both, and delete the file`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  endWith(error);
}
