import * as pulumi from "@pulumi/pulumi";
import {
  askProject,
  attachmentProblem,
  hetznerApi,
  HetznerRefuses,
  projectProblems,
  projectReport,
  stockOf,
  stockProblem,
  type HetznerApi,
  type StackAtHetzner,
} from "../config/hetzner-project";
import { importPlace, type Belonging } from "../config/import-command";
import { newServerType } from "./server-stays";

export interface ProjectIsReadyArgs extends Belonging {
  readonly at: StackAtHetzner;
  readonly token: pulumi.Output<string>;
  /** Absent: Hetzner's own. */
  readonly endpoint: string | undefined;
}

/** Says what is in the way: in a preview as warnings, each once; else as an error. */
class Asking {
  private readonly told = new Set<string>();

  constructor(
    private readonly args: ProjectIsReadyArgs,
    private readonly preview: boolean,
  ) {}

  /** Where Hetzner cannot be asked it lets by: the provider asks for longer, and says how that ends. */
  async refuse(problemsOf: (api: HetznerApi) => Promise<readonly string[]>): Promise<void> {
    const { at, endpoint = hetznerApi } = this.args;
    const token = await new Promise<string>((resolve) => this.args.token.apply(resolve));
    let problems: readonly string[];
    try {
      problems = await problemsOf({ token, endpoint });
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (!(error instanceof HetznerRefuses)) {
        await this.warn(`nobody has looked whether Hetzner has what ${at.serverName} needs: ${said}`);
        return;
      }
      problems = [said];
    }
    if (problems.length === 0) return;
    if (!this.preview) throw new Error(projectReport(at, problems));
    for (const problem of problems) await this.warn(`pulumi up will be refused: ${problem}`);
  }

  private async warn(text: string): Promise<void> {
    if (this.told.has(text)) return;
    this.told.add(text);
    await pulumi.log.warn(text);
  }
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
  const { at } = args;
  const asking = new Asking(args, preview);
  return {
    beforeMaking: (urn) =>
      asking.refuse(async (api) =>
        projectProblems(at, await askProject(api, at, importPlace(urn, args).type), urn, args, preview),
      ),
    beforeAnotherType: () =>
      asking.refuse(async (api) => {
        const problem = stockProblem(at, await stockOf(api), true);
        return problem === undefined ? [] : [problem];
      }),
    beforeAttaching: (urn) =>
      asking.refuse(async (api) => {
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
