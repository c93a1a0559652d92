import * as pulumi from "@pulumi/pulumi";
import { hetznerApi, type HetznerApi } from "../config/hetzner-api";
import {
  askProject,
  attachmentProblem,
  projectProblems,
  projectReport,
  stockOf,
  stockProblem,
  type StackAtHetzner,
} from "../config/hetzner-project";
import { importPlace, type Belonging } from "../config/import-command";
import { CloudQuestions } from "./cloud-questions";
import { newServerType } from "./server-stays";

export interface ProjectIsReadyArgs extends Belonging {
  readonly at: StackAtHetzner;
  readonly token: pulumi.Output<string>;
  /** Absent: Hetzner's own. */
  readonly endpoint: string | undefined;
}

/** What is asked before something at Hetzner is made or changed. */
export interface ProjectChecks {
  /** Before one of the stack's things is made. @param urn its own */
  readonly beforeMaking: (urn: string) => Promise<void>;
  /** Before a server is switched off for another type. */
  readonly beforeAnotherType: () => Promise<void>;
  /** Before the volume is attached. @param urn the attachment's */
  readonly beforeAttaching: (urn: string) => Promise<void>;
}

export function projectChecks(args: ProjectIsReadyArgs, preview: boolean): ProjectChecks {
  const { at, endpoint = hetznerApi } = args;
  const questions = new CloudQuestions({
    ...{ token: args.token, preview, about: `whether Hetzner has what ${at.serverName} needs` },
    report: (problems) => projectReport(at, problems),
  });
  const refuse = (problemsOf: (api: HetznerApi) => Promise<readonly string[]>): Promise<void> =>
    questions.refuse((token) => problemsOf({ token, endpoint }));
  return {
    beforeMaking: (urn) =>
      refuse(async (api) =>
        projectProblems(at, await askProject(api, at, importPlace(urn, args).type), urn, args, preview),
      ),
    beforeAnotherType: () =>
      refuse(async (api) => {
        const problem = stockProblem(at, await stockOf(api), true);
        return problem === undefined ? [] : [problem];
      }),
    beforeAttaching: (urn) =>
      refuse(async (api) => {
        const problem = await attachmentProblem(api, at, urn, args);
        return problem === undefined ? [] : [problem];
      }),
  };
}

/** The engine asks the first before it makes anything of the stack's at Hetzner, the second before it changes the firewall. */
export function projectHooks(
  args: ProjectIsReadyArgs,
): Readonly<Record<keyof ProjectChecks, pulumi.ResourceHook>> {
  const checks = projectChecks(args, pulumi.runtime.isDryRun());
  return {
    beforeMaking: new pulumi.ResourceHook(
      "the project at Hetzner is ready",
      ({ urn }) => checks.beforeMaking(urn),
      { onDryRun: true },
    ),
    // Not in previews: where a server is replaced, the volume is still attached to the one that goes.
    beforeAttaching: new pulumi.ResourceHook("the volume is attached to nothing", ({ urn }) =>
      checks.beforeAttaching(urn),
    ),
    beforeAnotherType: new pulumi.ResourceHook(
      "another server type is to be had",
      async ({ oldInputs, newInputs }) => {
        if (newServerType(oldInputs ?? {}, newInputs ?? {}) !== undefined) await checks.beforeAnotherType();
      },
      { onDryRun: true },
    ),
  };
}
