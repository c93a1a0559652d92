/** A provider plugin of the lab's toolchain, spoken to as the engine does, without an engine. */
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { spawn, type ChildProcessByStdio } from "node:child_process";
import * as fs from "node:fs";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { labDir } from "../../../lab/lib/paths";

export type Properties = Record<string, JavaScriptValue>;

/** What a plugin says of one resource: its id, and inputs and outputs as they go into the state. */
export interface Stored {
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

const struct = (values: Properties): Struct => Struct.fromJavaScript(values);
const plain = (values: Struct | undefined): Properties => values?.toJavaScript() ?? {};

/** The file of an installed plugin: where the toolchain's environment, or else Pulumi's default, says. */
export function pluginFile(name: string, version: string): string {
  const environment = path.join(labDir(), "toolchain.env");
  const said = fs.existsSync(environment) ? fs.readFileSync(environment, "utf8") : "";
  const home =
    /^export PULUMI_HOME=(.+)$/m.exec(said)?.[1] ??
    process.env["PULUMI_HOME"] ??
    path.join(os.homedir(), ".pulumi");
  return path.join(home, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`);
}

export class Plugin {
  private constructor(
    /** Lines that the plugin has sent to the engine: `ERROR text`. */
    readonly said: string[],
    private readonly engine: grpc.Server,
    private readonly process: ChildProcessByStdio<null, Readable, null>,
    private readonly client: ResourceProviderClient,
    private readonly urn: string,
  ) {}

  /** @param token the resource type that all calls are about @param variables added to the plugin's environment */
  static async start(file: string, token: string, variables: Record<string, string> = {}): Promise<Plugin> {
    const engine = new grpc.Server();
    const said: string[] = [];
    const severities = ["DEBUG", "INFO", "WARNING", "ERROR"];
    engine.addService(EngineService, {
      log: (call: { request: LogRequest }, answer: grpc.sendUnaryData<Empty>) => {
        said.push(`${severities[call.request.getSeverity()] ?? ""} ${call.request.getMessage()}`);
        answer(null, new Empty());
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      engine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    const child = spawn(file, [`127.0.0.1:${port}`], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...variables },
    });
    const own = await new Promise<string>((resolve, reject) => {
      createInterface(child.stdout).once("line", resolve);
      child.once("error", reject).once("exit", (code) => reject(new Error(`the plugin ended with ${code}`)));
    });
    const client = new ResourceProviderClient(`127.0.0.1:${own}`, grpc.credentials.createInsecure());
    return new Plugin(said, engine, child, client, `urn:pulumi:test::test::${token}::it`);
  }

  stop(): void {
    this.client.close();
    this.process.removeAllListeners("exit");
    this.process.kill();
    this.engine.forceShutdown();
  }

  /** @returns what is wrong with the provider's configuration, in a preview */
  async checkConfig(config: Properties): Promise<string[]> {
    const request = new messages.CheckRequest();
    request.setUrn("urn:pulumi:test::test::pulumi:providers:it::it");
    request.setNews(struct(config));
    const answer = await this.ask<messages.CheckResponse>("checkConfig", request);
    return answer.getFailuresList().map((failure) => failure.getReason());
  }

  /** @throws Error in the plugin's words, here as in all that follows */
  async configure(config: Properties): Promise<void> {
    const request = new messages.ConfigureRequest();
    request.setArgs(struct(config));
    await this.ask("configure", request);
  }

  /** @returns the inputs as a state would hold them, and what a preview would refuse */
  async check(inputs: Properties): Promise<{ inputs: Properties; failures: string[] }> {
    const request = new messages.CheckRequest();
    request.setUrn(this.urn);
    request.setNews(struct(inputs));
    const answer = await this.ask<messages.CheckResponse>("check", request);
    const failures = answer.getFailuresList().map((failure) => failure.getReason());
    return { inputs: plain(answer.getInputs()), failures };
  }

  /** @returns what a preview would plan: nothing, or the inputs that change, behind `replace` where it is a new one */
  async diff({ id, inputs, outputs }: Stored, wanted: Properties): Promise<string> {
    const request = new messages.DiffRequest();
    request.setUrn(this.urn);
    request.setId(id);
    request.setOldInputs(struct(inputs));
    request.setOlds(struct(outputs));
    request.setNews(struct(wanted));
    const answer = await this.ask<messages.DiffResponse>("diff", request);
    if (answer.getChanges() === messages.DiffResponse.DiffChanges.DIFF_NONE) return "nothing";
    const replaced = answer.getReplacesList();
    const changed = [...answer.getDiffsList()].sort().join(" ");
    return replaced.length === 0
      ? changed
      : `${answer.getDeletebeforereplace() ? "delete, " : ""}replace: ${changed}`;
  }

  async create(inputs: Properties): Promise<Stored> {
    const request = new messages.CreateRequest();
    request.setUrn(this.urn);
    request.setProperties(struct(inputs));
    const answer = await this.ask<messages.CreateResponse>("create", request);
    return { id: answer.getId(), inputs, outputs: plain(answer.getProperties()) };
  }

  async update({ id, inputs, outputs }: Stored, wanted: Properties): Promise<Stored> {
    const request = new messages.UpdateRequest();
    request.setUrn(this.urn);
    request.setId(id);
    request.setOldInputs(struct(inputs));
    request.setOlds(struct(outputs));
    request.setNews(struct(wanted));
    const answer = await this.ask<messages.UpdateResponse>("update", request);
    return { id, inputs: wanted, outputs: plain(answer.getProperties()) };
  }

  /** Refreshes, or imports by an id alone. @returns an empty id where it is gone */
  async read({ id, inputs, outputs }: Pick<Stored, "id"> & Partial<Stored>): Promise<Stored> {
    const request = new messages.ReadRequest();
    request.setUrn(this.urn);
    request.setId(id);
    request.setInputs(struct(inputs ?? {}));
    request.setProperties(struct(outputs ?? {}));
    const answer = await this.ask<messages.ReadResponse>("read", request);
    return { id: answer.getId(), inputs: plain(answer.getInputs()), outputs: plain(answer.getProperties()) };
  }

  async delete({ id, inputs, outputs }: Stored): Promise<void> {
    const request = new messages.DeleteRequest();
    request.setUrn(this.urn);
    request.setId(id);
    request.setOldInputs(struct(inputs));
    request.setProperties(struct(outputs));
    await this.ask("delete", request);
  }

  private ask<T>(method: string, request: object): Promise<T> {
    type Ask = (request: object, answer: (error: grpc.ServiceError | null, value: T) => void) => void;
    const ask = (this.client as unknown as Record<string, Ask>)[method];
    if (ask === undefined) throw new Error(`plugins have no ${method}`);
    return new Promise((resolve, reject) =>
      ask.call(this.client, request, (error, value) =>
        error === null ? resolve(value) : reject(new Error(error.details)),
      ),
    );
  }
}
