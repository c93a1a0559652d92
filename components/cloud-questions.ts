import * as pulumi from "@pulumi/pulumi";
import { CloudRefuses } from "../config/cloud-question";

export interface CloudQuestionsArgs {
  readonly token: pulumi.Output<string>;
  /** True: what is in the way is warned of, each thing once. */
  readonly preview: boolean;
  /** What nobody has looked at where the cloud cannot be asked: "whether ...". */
  readonly about: string;
  /** All that is in the way as one error. @default a problem a line */
  readonly report?: (problems: readonly string[]) => string;
}

/**
 * Asks a cloud before its provider makes or changes something, and says what is in the way: in a preview as warnings, for
 * nothing is known to be wrong with a preview; else as an error. Where the cloud cannot be asked it lets by: the provider asks
 * for longer, and says how that ends.
 */
export class CloudQuestions {
  private readonly told = new Set<string>();

  constructor(private readonly args: CloudQuestionsArgs) {}

  /** @throws Error with every problem that is found, outside previews */
  async refuse(problemsOf: (token: string) => Promise<readonly string[]>): Promise<void> {
    const { preview, about, report = (all) => all.join("\n") } = this.args;
    const token = await new Promise<string>((resolve) => this.args.token.apply(resolve));
    let problems: readonly string[];
    try {
      problems = await problemsOf(token);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (!(error instanceof CloudRefuses)) return this.warn(`nobody has looked ${about}: ${said}`);
      problems = [said];
    }
    if (problems.length === 0) return;
    if (!preview) throw new Error(report(problems));
    for (const problem of problems) await this.warn(`pulumi up will be refused: ${problem}`);
  }

  private async warn(text: string): Promise<void> {
    if (this.told.has(text)) return;
    this.told.add(text);
    await pulumi.log.warn(text);
  }
}
