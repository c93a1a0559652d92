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
import { whatIsThere, type There } from "../config/hetzner-there";
import { importPlace, type Belonging } from "../config/import-command";
import { CloudQuestions } from "./cloud-questions";
import { newServerType, serverStays } from "./server-stays";

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
  /** Before a server is switched off for this type. */
  readonly beforeAnotherType: (type: string) => Promise<void>;
  /** Before the volume is attached. @param urn the attachment's */
  readonly beforeAttaching: (urn: string) => Promise<void>;
  /** What is there; undefined where Hetzner cannot be asked now. */
  readonly there: () => Promise<There | undefined>;
}

export function projectChecks(args: ProjectIsReadyArgs, preview: boolean): ProjectChecks {
  const { at, endpoint = hetznerApi } = args;
  const questions = new CloudQuestions({
    ...{ token: args.token, preview, about: `whether Hetzner has what ${at.serverName} needs` },
    report: (problems) => projectReport(at, problems),
  });
  const refuse = (problemsOf: (api: HetznerApi) => Promise<readonly (string | undefined)[]>): Promise<void> =>
    questions.refuse(async (token) =>
      (await problemsOf({ token, endpoint })).filter((problem) => problem !== undefined),
    );
  return {
    beforeMaking: (urn) =>
      refuse(async (api) =>
        projectProblems(at, await askProject(api, at, importPlace(urn, args).type), urn, args, preview),
      ),
    beforeAnotherType: (type) =>
      refuse(async (api) => {
        // Nobody orders what is there: a change that failed is taken back, or somebody has made it by hand.
        if ((await whatIsThere(api, at)).server?.type === type) return [];
        return [stockProblem(at, await stockOf(api), true)];
      }),
    beforeAttaching: (urn) => refuse(async (api) => [await attachmentProblem(api, at, urn, args)]),
    there: async () => {
      let found: There | undefined;
      await refuse(async (api) => {
        found = await whatIsThere(api, at);
        return [];
      });
      return found;
    },
  };
}

/** The engine asks the first before it makes anything of the stack's at Hetzner, the others before it changes the firewall. */
export function projectHooks(
  args: ProjectIsReadyArgs,
): Readonly<
  Record<"beforeMaking" | "serverStays" | "beforeAnotherType" | "beforeAttaching", pulumi.ResourceHook>
> {
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
    serverStays: serverStays(checks.there),
    beforeAnotherType: new pulumi.ResourceHook(
      "another server type is to be had",
      async ({ oldInputs, newInputs }) => {
        const type = newServerType(oldInputs ?? {}, newInputs ?? {});
        if (type !== undefined) await checks.beforeAnotherType(type);
      },
      { onDryRun: true },
    ),
  };
}
