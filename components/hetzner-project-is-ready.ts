import * as pulumi from "@pulumi/pulumi";
import {
  askProject,
  hetznerApi,
  HetznerRefuses,
  projectProblems,
  projectReport,
  type StackAtHetzner,
} from "../config/hetzner-project";
import type { Belonging } from "../config/import-command";

export interface ProjectIsReadyArgs extends Belonging {
  readonly at: StackAtHetzner;
  readonly token: pulumi.Output<string>;
  /** Absent: Hetzner's own. */
  readonly endpoint: string | undefined;
}

/**
 * Asked before a stack orders anything at Hetzner. In a preview it only says what would be refused, each thing once. Where
 * Hetzner cannot be asked it lets by: the provider asks for longer, and says how that ends.
 *
 * @param told what this run has said already
 */
export async function projectIsReady(
  args: ProjectIsReadyArgs,
  urn: string,
  preview: boolean,
  told: Set<string>,
): Promise<void> {
  const { at, endpoint = hetznerApi } = args;
  const token = await new Promise<string>((resolve) => args.token.apply(resolve));
  const warn = async (text: string): Promise<void> => {
    if (told.has(text)) return;
    told.add(text);
    await pulumi.log.warn(text);
  };
  let problems: string[];
  try {
    const answer = await askProject({ token, endpoint }, at, urn.split("$").at(-1)?.split("::")[0] ?? "");
    problems = projectProblems(at, answer, urn, args);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (!(error instanceof HetznerRefuses)) {
      await warn(`nobody has looked whether Hetzner has what ${at.serverName} needs: ${said}`);
      return;
    }
    problems = [said];
  }
  if (problems.length === 0) return;
  if (!preview) throw new Error(projectReport(at, problems));
  for (const problem of problems) await warn(`pulumi up will be refused: ${problem}`);
}

/** One for all that a stack has at Hetzner: the engine asks it before it makes one of them. */
export function projectHook(args: ProjectIsReadyArgs): pulumi.ResourceHook {
  const preview = pulumi.runtime.isDryRun();
  const told = new Set<string>();
  return new pulumi.ResourceHook(
    "the project at Hetzner is ready",
    ({ urn }) => projectIsReady(args, urn, preview, told),
    { onDryRun: true },
  );
}
