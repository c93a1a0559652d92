/** Runs a program against mocks and records what the engine would be asked, as it would be asked. */
import * as pulumi from "@pulumi/pulumi";
import type {
  RegisterResourceOutputsRequest,
  RegisterResourceRequest,
} from "@pulumi/pulumi/proto/resource_pb";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- what an import gives cannot be changed
import childProcess = require("node:child_process");
import { join } from "node:path";
import { awaitRestoreVariable } from "../../../config/await-restore";
import { answer } from "./answers";
import {
  secretMark,
  unknownMark,
  type Graph,
  type RecordedOptions,
  type RecordedResource,
  type Run,
  type Wire,
} from "./graph-types";

const askedBefore = { spawnSync: childProcess.spawnSync };
const root = join(__dirname, "..", "..", "..");
const { specialSecretSig, specialSigKey, unknownValue } = pulumi.runtime;

type Callback = (error: unknown, response: unknown) => void;
/** The mock monitor of the SDK; its requests are the ones that the real engine would get. */
interface Monitor {
  registerResource(request: RegisterResourceRequest, callback: Callback): Promise<void>;
  registerResourceOutputs(request: RegisterResourceOutputsRequest, callback: Callback): void;
  readResource(request: unknown, callback: Callback): void;
  registerResourceHook(request: unknown, callback: Callback): void;
}

type Recorded = { -readonly [K in keyof RecordedResource]: RecordedResource[K] };

/** Records one run. Never throws: what went wrong is in the graph. */
export async function record(run: Run): Promise<Graph> {
  const resources = new Map<string, Recorded>();
  const errors: string[] = [];
  const note = (error: unknown): void =>
    void errors.push(error instanceof Error ? error.message : String(error));
  const secretOutputs = new Map<string, readonly string[]>();
  const agent = join(__dirname, "agent");
  if (!process.env["PATH"]?.startsWith(`${agent}:`))
    process.env["PATH"] = `${agent}:${process.env["PATH"] ?? ""}`;
  Object.assign(process.env, { SSH_AUTH_SOCK: "made up", CLAWKEEP_AGENT_KEYS: (run.agent ?? []).join("\n") });
  process.env[awaitRestoreVariable] = run.awaitsRestore === true ? "1" : "";

  answerForCloudflare(run.activeStack ?? "prod");

  await pulumi.runtime.setMocks(
    {
      call: ({ token }) => {
        const error = new Error(`the program calls ${token}: a provider function has no place in it`);
        note(error);
        throw error;
      },
      newResource: ({ type, name, inputs, custom }) => {
        if (run.preview || custom === false) return { id: undefined, state: inputs };
        const { id, outputs } = answer(run.stack, type, name, inputs);
        // As the engine does it. The command provider marks no output by itself, whatever its inputs are.
        const hidden = secretOutputs.get(`${type}::${name}`) ?? [];
        const state = Object.entries(outputs).map(([key, value]) => [
          key,
          hidden.includes(key) ? pulumi.secret(value) : value,
        ]);
        return { id, state: { ...inputs, ...Object.fromEntries(state) } };
      },
    },
    "clawkeep",
    run.stack,
    run.preview,
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    const urn = [request.getParent(), request.getType(), request.getName()].join("|");
    if (resources.has(urn)) {
      const error = new Error(`two resources are called ${request.getName()} (${request.getType()})`);
      note(error);
      callback(error, undefined);
      return Promise.resolve();
    }
    resources.set(urn, describe(request));
    secretOutputs.set(`${request.getType()}::${request.getName()}`, request.getAdditionalsecretoutputsList());
    return register(request, (error, response) => {
      if (error !== null && error !== undefined) note(error);
      callback(error, response);
    });
  };
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResourceOutputs = (request, callback) => {
    const { type, name } = parts(request.getUrn());
    const owner = [...resources.values()].find(
      (resource) => resource.type === type && resource.name === name,
    );
    if (owner !== undefined) owner.outputs = wireObject(request.getOutputs());
    registerOutputs(request, callback);
  };
  // The SDK's own mocks know no hooks; nothing calls one here, and which resource has one is in its options.
  monitor.registerResourceHook = (_, callback) => callback(null, {});
  monitor.readResource = () => note(new Error("the program reads a resource that it does not own"));

  pulumi.runtime.setAllConfig({ ...run.values }, [...run.secretKeys]);
  const declared: pulumi.Resource[] = [];
  let declaredAtOnce = 0;
  process.on("unhandledRejection", note);
  try {
    await pulumi.runtime.runInPulumiStack(() => {
      pulumi.runtime.registerStackTransformation(({ resource }) => {
        declared.push(resource);
        return undefined;
      });
      const outputs = load(run.program);
      declaredAtOnce = declared.length;
      return Promise.resolve(outputs);
    });
  } catch (error) {
    note(error);
  }
  await settle(declared);
  process.off("unhandledRejection", note);
  const [stack, ...others] = [...resources.values()];
  return {
    resources: others,
    stackOutputs: stack?.outputs ?? {},
    declaredAtOnce,
    ...(errors[0] === undefined ? {} : { error: errors[0] }),
    log: "",
  };
}

/** The one question that the program asks Cloudflare by itself, by a process of its own: which stack is the active one. */
function answerForCloudflare(stack: string): void {
  const real = askedBefore.spawnSync;
  const fake = (...[program, args, options]: Parameters<typeof real>): unknown => {
    if (!Array.isArray(args) || !String(args[0]).endsWith("cloudflare-request.mjs"))
      return real(program, args, options);
    const { url } = JSON.parse(String((options as { input?: unknown }).input)) as { url: string };
    if (!url.includes("name.startswith=_clawkeep-")) throw new Error(`the program asks for ${url}`);
    const hostname = "assistant.example.org";
    const record = { type: "CNAME", name: `_clawkeep-1.${hostname}`, content: `${stack}.${hostname}` };
    const reply = { status: 200, text: JSON.stringify({ success: true, result: [record] }) };
    return { status: 0, stdout: JSON.stringify(reply), stderr: "" };
  };
  Object.assign(childProcess, { spawnSync: fake });
}

/** Runs the program's own module again; what it imports keeps no state. */
function load(program: string): unknown {
  const path = join(root, program);
  delete require.cache[path];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a module that is run again has to be required
  return require(path);
}

/** Until nothing is under way any more: requests answered, applies run, and no further resource by that. */
async function settle(declared: readonly pulumi.Resource[]): Promise<void> {
  const runtime = pulumi.runtime as unknown as { waitForRPCs(): Promise<void> };
  for (let calm = 0, seen = declared.length; calm < 5; calm++) {
    await runtime.waitForRPCs();
    await new Promise((resolve) => setImmediate(resolve));
    if (seen !== declared.length) [calm, seen] = [0, declared.length];
  }
}

function describe(request: RegisterResourceRequest): Recorded {
  const parent = request.getParent();
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    ...(parent === "" ? {} : { parent: parts(parent).name }),
    inputs: wireObject(request.getObject()),
    options: options(request),
    dependencies: request
      .getDependenciesList()
      .map((urn) => parts(urn).name)
      .sort(),
  };
}

function options(request: RegisterResourceRequest): RecordedOptions {
  const list = (urns: readonly string[]) => urns.map((urn) => parts(urn).name).sort();
  const all = {
    provider: request.getProvider() === "" ? undefined : parts(request.getProvider()).name,
    protect: request.getProtect() || undefined,
    retainOnDelete: request.getRetainondelete() || undefined,
    deleteBeforeReplace: request.getDeletebeforereplacedefined()
      ? request.getDeletebeforereplace()
      : undefined,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    replaceWith: list(request.getReplaceWithList()),
    deletedWith: request.getDeletedwith() === "" ? undefined : parts(request.getDeletedwith()).name,
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: request.getAliasesList().length || undefined,
    hooks: [
      ...(request.getHooks()?.getBeforeCreateList() ?? []),
      ...(request.getHooks()?.getBeforeUpdateList() ?? []),
    ],
    importId: request.getImportid() || undefined,
  };
  const given = Object.entries(all).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(given);
}

/** Type and logical name in a URN, or in a provider reference (a URN and an id). */
function parts(urn: string): { type: string; name: string } {
  const [, , types = "", name = ""] = urn.split("::");
  return { type: types.split("$").at(-1) ?? "", name };
}

function wireObject(struct: { toJavaScript(): object } | undefined): Record<string, Wire> {
  return Object.fromEntries(
    Object.entries(struct?.toJavaScript() ?? {}).map(([key, value]) => [key, wire(value)]),
  );
}

function wire(value: unknown): Wire {
  if (value === unknownValue) return unknownMark;
  if (Array.isArray(value)) return value.map(wire);
  if (typeof value !== "object" || value === null) return value as Wire;
  const entries = value as Record<string, unknown>;
  if (entries[specialSigKey] === specialSecretSig) return { [secretMark]: wire(entries["value"]) };
  return Object.fromEntries(Object.entries(entries).map(([key, part]) => [key, wire(part)]));
}
