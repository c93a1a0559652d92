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
import {
  sizeProblem,
  startServer,
  typeProblem,
  whatIsThere,
  type Change,
  type There,
} from "../config/hetzner-there";
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
  /** Before the server itself is given another type. @param shutDown whether this run has had it shut down for that */
  readonly beforeTypeChange: (change: Change<string>, shutDown: boolean) => Promise<void>;
  /** Before the volume is given another size. */
  readonly beforeResize: (change: Change<number>) => Promise<void>;
  /** Starts the server where nothing else would. @param shutDown as above @param type absent: of any type */
  readonly start: (shutDown: boolean, type?: string) => Promise<void>;
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
    beforeTypeChange: (change, shutDown) =>
      refuse(async (api) => [typeProblem(at, await whatIsThere(api, at), change, shutDown)]),
    beforeResize: (change) => refuse(async (api) => [sizeProblem(at, await whatIsThere(api, at), change)]),
    start: (shutDown, type) =>
      refuse(async (api) => {
        // One that gets another type is started by Hetzner.
        if (type !== undefined && (await whatIsThere(api, at)).server?.type !== type) return [];
        const done = await startServer(api, at, shutDown);
        if (done !== undefined) await pulumi.log.info(done);
        return [];
      }),
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

export interface ProjectHooks {
  /** Of everything that is made there. */
  readonly beforeMaking: pulumi.ResourceHook;
  readonly beforeAttaching: pulumi.ResourceHook;
  /** Of a firewall that is to remember something else. */
  readonly serverStays: pulumi.ResourceHook;
  readonly beforeAnotherType: pulumi.ResourceHook;
  /** Of the server that changes. */
  readonly beforeTypeChange: pulumi.ResourceHook;
  /** Of what shuts the server down for another type, as soon as it has. */
  readonly afterShutdown: pulumi.ResourceHook;
  /** Of the volume that changes. */
  readonly beforeResize: pulumi.ResourceHook;
  /** Of what logs in first on a server. */
  readonly beforeFirstLogin: pulumi.ResourceHook;
}

/** The engine asks the first before it makes anything of the stack's at Hetzner, the others before it changes the firewall. */
export function projectHooks(args: ProjectIsReadyArgs): ProjectHooks {
  const checks = projectChecks(args, pulumi.runtime.isDryRun());
  // Said by the firewall, which changes first: then the server is shut down in this run.
  let shutDown = false;
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
        if (type === undefined) return;
        await checks.beforeAnotherType(type);
        shutDown = true;
      },
      { onDryRun: true },
    ),
    beforeTypeChange: new pulumi.ResourceHook(
      "the server is of the type that is known",
      async ({ oldOutputs, newInputs }) => {
        const [was, is] = [oldOutputs?.["serverType"] as unknown, newInputs?.["serverType"] as unknown];
        if (typeof was === "string" && typeof is === "string" && was !== is)
          await checks.beforeTypeChange({ was, is }, shutDown);
      },
      { onDryRun: true },
    ),
    // It has the type already, so the provider has nothing to do, and nobody would start it.
    afterShutdown: new pulumi.ResourceHook("a server that keeps its type is started", () =>
      checks.start(shutDown, args.at.host.serverType),
    ),
    beforeResize: new pulumi.ResourceHook(
      "the volume is of the size that is known",
      async ({ oldOutputs, newInputs }) => {
        const [was, is] = [oldOutputs?.["size"] as unknown, newInputs?.["size"] as unknown];
        if (typeof was === "number" && typeof is === "number" && was !== is)
          await checks.beforeResize({ was, is });
      },
      { onDryRun: true },
    ),
    // A destroy that was refused half way has left it switched off, and forgotten all that was on it.
    beforeFirstLogin: new pulumi.ResourceHook("the server is on", () => checks.start(false)),
  };
}
