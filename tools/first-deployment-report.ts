/**
 * `make report-first-deployment STACK=prod`: writes first-deployment-STACK.json, which tells Clawkeep's maintainers how a
 * real deployment went: versions, facts of the host, what `make verify` says, how long the last updates took. What is
 * taken is a list (first-deployment/), and a report that holds a secret, an address or a name of the stack is not written.
 *
 *   npx tsx tools/first-deployment-report.ts STACK [--without FIELD,FIELD]
 *
 * Nothing is changed, and nothing is sent: read the file, then send it (docs/first-real-deployment.md). Needs pulumi on the
 * PATH and the key in your ssh-agent. A host that does not answer is part of the report. VERIFY_CURL_ARGS as for verify.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sayBackend } from "./backend";
import { hostScript, readFacts } from "./first-deployment/host-facts";
import { report, without, written, type Asked, type Parts } from "./first-deployment/report";
import { forbiddenOf, stackKind, withoutNames } from "./first-deployment/stack";
import { readUpdates } from "./first-deployment/updates";
import { readVersions } from "./first-deployment/versions";
import { sshTarget, withHost } from "./host-shell";
import { verify } from "./verify/row";
import { rowsOf } from "./verify/rows";
import { stackConfig, stackOutputs, stackSettings, deployedStack } from "./verify/deployed-stack";
import { visibleLines } from "../config/visible";
import { complain, endWith, say } from "./terminal";

const root = join(__dirname, "..");

/** What it printed; empty where it fails, for the report can do without, and the reason goes to the asker alone. */
function askIfPossible(command: string, args: readonly string[], cwd?: string): string {
  const result = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    ...(cwd && { cwd }),
  });
  if (result.status === 0) return result.stdout;
  const said = result.error?.message ?? result.stderr.trim().split("\n")[0] ?? "";
  complain(`left out: ${command} ${args.join(" ")}: ${said}`);
  return "";
}

async function attempted<T>(work: () => Promise<T>): Promise<Asked<T>> {
  try {
    return await work();
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function program(): Parts["program"] {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return {
    version,
    commit: askIfPossible("git", ["rev-parse", "--short=10", "HEAD"], root).trim(),
    changed: askIfPossible("git", ["status", "--porcelain", "--untracked-files=no"], root).trim() !== "",
  };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { without: { type: "string", default: "" } },
    allowPositionals: true,
  });
  const [stack] = positionals;
  if (stack === undefined || !/^[A-Za-z0-9._/-]+$/.test(stack))
    throw new Error("usage: npx tsx tools/first-deployment-report.ts STACK [--without FIELD,FIELD]");
  sayBackend(stack);
  // With the values of secrets, only to see that the report has none of them.
  const config = stackConfig(stack);
  const read = stackSettings(stack, config);
  const { settings } = read;
  const outputs = stackOutputs(stack);
  const curlArgs = (process.env["VERIFY_CURL_ARGS"] ?? "").split(" ").filter((word) => word !== "");
  let machines = [hostname()];
  const seen = await attempted(async () =>
    withHost(sshTarget(stack, outputs), async (shell) => {
      complain("asking the host, then what make verify asks (a minute or two)");
      const names = await attempted(() => shell("hostname; hostname --fqdn || true"));
      if (typeof names === "string") machines = [...machines, ...names.split("\n")];
      const host = await attempted(async () => readFacts(await shell(hostScript)));
      const deployed = deployedStack(stack, outputs, shell, curlArgs, read);
      return { host, verify: await attempted(() => verify(deployed, rowsOf(deployed))) };
    }),
  );
  const { host, verify: rows } = "problem" in seen ? { host: seen, verify: seen } : seen;
  const forbidden = forbiddenOf(settings, config, outputs, machines);
  const document = report(
    {
      program: program(),
      node: process.version,
      versions: readVersions(
        askIfPossible("pulumi", ["about", "--json"]),
        askIfPossible("pulumi", ["plugin", "ls", "--json"]),
      ),
      stack: stackKind(settings),
      host,
      verify: rows,
      updates: readUpdates(askIfPossible("pulumi", ["stack", "history", "--json", "--stack", stack])),
    },
    forbidden,
    (text) => withoutNames(text, settings),
    new Date(),
  );
  // Who came here by LAB=1 has to say so again, or somebody else's stack is asked.
  const again = `make report-first-deployment STACK=${stack}${process.env["LAB"] === "1" ? " LAB=1" : ""}`;
  const left = values.without.split(",").filter((path) => path !== "");
  const file = `first-deployment-${stack.replaceAll("/", "-")}.json`;
  writeFileSync(file, visibleLines(written(without(document, left), forbidden, again)));
  say(`${file}: read it, then send it as docs/first-real-deployment.md says`);
}

main().catch((error: unknown) => endWith(error));
