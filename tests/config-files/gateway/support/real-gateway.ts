/** A gateway of the real software in the image that is deployed, without a network unless a test brings one. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildContext } from "../../../../config-files/build-context";
import { policyDocument, type PolicyArgs } from "../../../../config-files/gateway/hardening-policy";
import { gatewayImageFiles } from "../../../../config-files/gateway/image-files";
import { gatewayEnvironment } from "../../../../config-files/gateway/order";
import { gatewaySecretsDirectory, soulFile, stateDirectory } from "../../../../config-files/gateway/paths";
import { soul } from "../../../../config-files/gateway/soul";
import { imagePins } from "../../../../config/images";
import { releaseProfiles, type ReleaseLine } from "../../../../config/release-lines";
import { onDemand, published } from "../../../../lab/images/catalogue";
import { buildLocal } from "../../../../lab/images/local-image";
import { docker, inspect, labLabel } from "../../../../lab/lib/docker";
import { attempt, run, type Outcome } from "../../../../lab/lib/exec";

const uid = 1000;

/** Made-up secrets, under the names of the real ones. */
export const secrets = {
  gatewayToken: "7e57".repeat(16),
  litellmKey: `sk-${"7e57".repeat(16)}`,
  telegramBotToken: `1234567890:${"A".repeat(35)}`,
} as const;

/** @param pin its digest is the published image's, of which the lab has its own */
async function labImage(pin: string): Promise<string> {
  const ref = pin.replace(/@.*$/, "");
  const item = [...published, ...onDemand].find((one) => one.ref === ref);
  if (item === undefined) throw new Error(`${ref} is not in lab/images/catalogue.ts`);
  return buildLocal(item.image);
}

/** The derived image of a release line, from the same files as on a host; built once. */
export async function derivedImage(line: ReleaseLine): Promise<string> {
  const bases = {
    BASE: await labImage(imagePins[releaseProfiles[line].image]),
    CLI: await labImage(imagePins.dockerCli),
  };
  const context = buildContext("openclaw", gatewayImageFiles(line));
  const tag = context.tag(bases).replace("clawkeep/", "clawkeep-test-");
  if ((await inspect("image", tag, "{{.Id}}")) === undefined) {
    const build = Object.entries(bases).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
    const input = Buffer.from(context.tarBase64, "base64");
    await docker(["build", "--quiet", "--label", labLabel, ...build, "--tag", tag, "-"], { input });
  }
  return tag;
}

/** Names of everything start with this and the number of the process, so that what a killed one left behind is found. */
const family = "clawkeep-policy-";
export const prefix = `${family}${process.pid}-`;

export interface GatewayOptions {
  /** The file in place of the one that the policy makes. */
  readonly document?: unknown;
  /** Network in place of none. */
  readonly network?: string;
  /** More arguments for `docker run`. */
  readonly docker?: readonly string[];
}

export class RealGateway {
  private constructor(
    readonly name: string,
    readonly directory: string,
    private readonly args: PolicyArgs,
    private readonly image: string,
    private readonly options: GatewayOptions,
  ) {}

  /** Lays out state, configuration and secrets as on a host. Nothing runs yet. */
  static async create(label: string, args: PolicyArgs, options: GatewayOptions = {}): Promise<RealGateway> {
    const image = await derivedImage(args.gateway.release);
    const directory = mkdtempSync(join(tmpdir(), prefix));
    chmodSync(directory, 0o755);
    const gateway = new RealGateway(`${prefix}${label}`, directory, args, image, options);
    // As the canary leaves it: the place that SOUL.md is mounted over.
    gateway.plant("workspace/SOUL.md", "");
    gateway.write(
      "configuration/openclaw.json",
      JSON.stringify(options.document ?? policyDocument(args)),
      0o400,
    );
    gateway.write("configuration/SOUL.md", soul(args.gateway), 0o400);
    gateway.write("secrets/secrets.json", JSON.stringify(secrets), 0o400);
    return gateway;
  }

  /** Puts a file into the state directory. */
  plant(path: string, content: string): void {
    this.write(`state/${path}`, content, 0o600);
  }

  async start(): Promise<void> {
    await docker(["run", "--detach", "--name", this.name, ...this.shape(), this.image]);
  }

  /** Waits until HTTP answers, which both lines do once everything is loaded. */
  async ready(timeoutSeconds = 300): Promise<void> {
    const deadline = Date.now() + timeoutSeconds * 1000;
    for (;;) {
      const probe = await this.exec("curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:18789/startupz");
      if (probe.code === 0) return;
      if ((await inspect("container", this.name, "{{.State.Running}}")) !== "true" || Date.now() > deadline) {
        throw new Error(`${this.name} does not get ready:\n${(await this.logs()).slice(-3000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  exec(...command: string[]): Promise<Outcome> {
    return attempt("docker", ["exec", this.name, ...command], { timeoutSeconds: 300 });
  }

  /** Runs an `openclaw` command in the started gateway's container. */
  async openclaw(...command: string[]): Promise<string> {
    const program = releaseProfiles[this.args.gateway.release].command.split(" ");
    const outcome = await this.exec(...program, ...command);
    if (outcome.code !== 0)
      throw new Error(`openclaw ${command.join(" ")}: ${outcome.stderr || outcome.stdout}`);
    return outcome.stdout;
  }

  /** Runs a command in a container of the same shape, in place of the gateway. */
  instead(...command: string[]): Promise<Outcome> {
    const [program = "", ...rest] = command;
    const words = ["run", "--rm", ...this.shape(), "--entrypoint", program, this.image, ...rest];
    // One that was to refuse something, and serves, ends by this alone.
    return attempt("docker", words, { timeoutSeconds: 120 });
  }

  /** The configuration that the running gateway works with. */
  async effective(): Promise<unknown> {
    const answer = await this.openclaw(
      ...["gateway", "call", "config.get", "--json", "--timeout", "60000", "--token", secrets.gatewayToken],
    );
    return (JSON.parse(answer) as { readonly config: unknown }).config;
  }

  /** Posts to the gateway from inside. @returns the status */
  async post(path: string, body: unknown): Promise<number> {
    const script = `fetch("http://127.0.0.1:18789${path}", { method: "POST",
      headers: { authorization: "Bearer ${secrets.gatewayToken}", "content-type": "application/json" },
      body: ${JSON.stringify(JSON.stringify(body))} }).then((r) => console.log(r.status))`;
    return Number((await this.exec("node", "-e", script)).stdout);
  }

  async logs(): Promise<string> {
    const { stdout, stderr } = await attempt("docker", ["logs", this.name]);
    return stdout + stderr;
  }

  async remove(): Promise<void> {
    await docker(["rm", "--force", "--volumes", this.name]).catch(() => undefined);
    rmSync(this.directory, { recursive: true, force: true });
  }

  private shape(): string[] {
    const place = (folder: string) => join(this.directory, folder);
    // No filter of the Docker API is here.
    const environment = { ...gatewayEnvironment(this.args.gateway.release) };
    delete environment["DOCKER_HOST"];
    return [
      ...[
        "--label",
        labLabel,
        "--hostname",
        this.name,
        "--init",
        "--network",
        this.options.network ?? "none",
        "--user",
        `${uid}:${uid}`,
      ],
      ...["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
      ...["--memory", "4g", "--pids-limit", "512", "--tmpfs", "/tmp:rw,nosuid,nodev,size=512m,mode=1777"],
      ...["--tmpfs", `/home/node:rw,nosuid,nodev,size=64m,uid=${uid},gid=${uid},mode=0700`],
      ...["--volume", `${place("state")}:${stateDirectory}`],
      ...["--volume", `${place("configuration")}:/etc/openclaw:ro`],
      ...["--volume", `${place("configuration/SOUL.md")}:${soulFile}:ro`],
      ...["--volume", `${place("secrets")}:${gatewaySecretsDirectory}:ro`],
      ...Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
      ...(this.options.docker ?? []),
    ];
  }

  private write(path: string, content: string, mode: number): void {
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = join(this.directory, ...parts.slice(0, depth));
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      chownSync(folder, uid, uid);
    }
    const file = join(this.directory, path);
    writeFileSync(file, content, { mode });
    chownSync(file, uid, uid);
  }
}

/** Removes what processes that are dead left behind; what another one is at work with stays. */
export async function clearLeftovers(): Promise<void> {
  const dead = (name: string): boolean =>
    name.startsWith(family) && !existsSync(`/proc/${name.slice(family.length).split("-")[0]}`);
  const listed = async (...command: string[]): Promise<string[]> =>
    (await run("docker", [...command, "--filter", `name=${family}`])).split("\n").filter(dead);
  for (const name of await listed("ps", "--all", "--format", "{{.Names}}"))
    await docker(["rm", "--force", name]);
  for (const name of await listed("network", "ls", "--format", "{{.Name}}"))
    await docker(["network", "rm", name]);
  for (const name of readdirSync(tmpdir()).filter(dead))
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
}
