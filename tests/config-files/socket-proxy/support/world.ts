import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gatewayCgroup, type CgroupDriver } from "../../../../config/cgroups";
import type { FilterConfiguration } from "../../../../config-files/socket-proxy/configuration";
import { controls, type Controls } from "../../../../config-files/socket-proxy/controls";
import { DecisionLog, type Decision } from "../../../../config-files/socket-proxy/decision-log";
import { FilterServer } from "../../../../config-files/socket-proxy/server";
import { exampleConfiguration, nodePath } from "./configuration";
import type { Engine } from "../../../../lab/vps/engines";
import { FlavouredEngine } from "./flavoured-engine";
import { createBody, type Body } from "./legal";
import { dockerCli, PrivateEngine, type WorldEngine } from "./private-engine";
import { http, send, type RawAnswer } from "./raw-http";
import { SandboxesMount } from "./sandboxes-mount";
import { Tee } from "./tee";

/** What no gateway may ever read: the environment of a container that is not its own. */
export const secret = "sk-test-value-that-must-not-leak";

/**
 * A host in small: a real engine, the sandboxes filesystem, a gateway, another container with a secret, and the
 * filter between the gateway and the engine.
 */
export class World {
  readonly directory = mkdtempSync(join(tmpdir(), "clawkeep-filter-"));
  readonly engine: WorldEngine;
  readonly parent = join(this.directory, "host");
  readonly mount: SandboxesMount;
  readonly image: string = "openclaw-sandbox:bookworm-slim";
  readonly otherImage: string = "clawkeep-test-other:1";
  readonly workspace: string = "workspace-0123456789abcdef0123456789abcdef";
  readonly gateway: string = "clawkeep-test-gateway";
  readonly victim: string = "clawkeep-test-victim";
  readonly filterSocket = join(this.directory, "filter.sock");
  readonly tee: Tee;
  readonly lines: Decision[] = [];
  imageId = "";
  private cgroupParent = "";
  victimId = "";
  gatewayId = "";
  private filter: FilterServer | undefined;
  private counter = 0;

  /**
   * On the machine's own dockerd, or the engine that `CLAWKEEP_TEST_ENGINE` names.
   * @param engine another one. It gets the world's directory
   */
  constructor(engine?: (directory: string) => WorldEngine) {
    const flavour = process.env["CLAWKEEP_TEST_ENGINE"] as Engine | undefined;
    this.engine =
      engine?.(this.directory) ??
      (flavour === undefined
        ? new PrivateEngine(this.directory)
        : new FlavouredEngine(this.directory, flavour));
    mkdirSync(this.parent);
    this.mount = new SandboxesMount(this.parent);
    this.tee = new Tee(join(this.directory, "tee.sock"), this.engine.socket);
  }

  async start(overrides: Partial<Controls> = {}): Promise<void> {
    await this.engine.prepare?.();
    this.mount.mount();
    this.mount.workspace(this.workspace);
    await this.engine.start();
    await this.tee.listen();
    await this.importImages();
    this.imageId = await this.engine.cli(["image", "inspect", "--format", "{{.Id}}", this.image]);
    const driver = await this.engine.cli(["info", "--format", "{{.CgroupDriver}}"]);
    this.cgroupParent = gatewayCgroup("clawkeep-test", driver as CgroupDriver);
    const run = [
      "run",
      "--detach",
      "--label",
      "clawkeep.test=1",
      "--network",
      "none",
      "--env",
      `SECRET=${secret}`,
    ];
    const state = join(this.directory, "state");
    mkdirSync(state);
    this.gatewayId = await this.engine.cli([
      ...run,
      ...[
        "--name",
        this.gateway,
        "--hostname",
        this.gateway,
        "--user",
        "1000:1000",
        "--tmpfs",
        "/tmp:rw,size=1m",
      ],
      ...["--volume", `${state}:/state`, "--volume", `${this.mount.directory}:/state/sandboxes`],
      ...[this.otherImage, "sleep", "infinity"],
    ]);
    this.victimId = await this.engine.cli([
      ...run,
      "--name",
      this.victim,
      this.otherImage,
      "sleep",
      "infinity",
    ]);
    await this.startFilter(overrides);
  }

  /** Starts the filter, or starts it anew with other controls. */
  async startFilter(
    overrides: Partial<Controls> = {},
    limits: Partial<FilterConfiguration["limits"]> = {},
  ): Promise<void> {
    await this.stopFilter();
    const all = { refused: Infinity, looks: Infinity };
    const log = new DecisionLog("test", (line) => this.lines.push(JSON.parse(line) as Decision), all);
    this.filter = new FilterServer(this.configuration(limits), log, { ...controls, ...overrides });
    await this.filter.listen();
  }

  async stopFilter(): Promise<void> {
    await this.filter?.close();
    this.filter = undefined;
  }

  async stop(): Promise<void> {
    await this.stopFilter();
    this.tee.close();
    await this.engine.remove();
    this.mount.unmount();
    rmSync(this.directory, { recursive: true, force: true });
  }

  configuration(limits: Partial<FilterConfiguration["limits"]> = {}): FilterConfiguration {
    const example = exampleConfiguration();
    return {
      gateway: { name: "test", container: this.gateway, nodePath },
      listen: this.filterSocket,
      upstream: this.tee.socket,
      sandbox: {
        ...example.sandbox,
        image: this.image,
        imageId: this.imageId,
        hostDirectory: this.mount.directory,
        sourceDirectory: this.mount.directory,
        cgroupParent: this.cgroupParent,
      },
      limits: { ...example.limits, ...limits },
    };
  }

  /** A create body that is allowed as it is. */
  createBody(): Body {
    return createBody({ image: this.image, hostDirectory: this.mount.directory, workspace: this.workspace });
  }

  freshName(): string {
    return `test.workspace-${String(++this.counter).padStart(8, "0")}`;
  }

  /** Makes a request of the engine itself, past the filter. */
  async raw(method: string, path: string, body?: object): Promise<RawAnswer & { readonly json: Body }> {
    const [answer] = await send(this.engine.socket, [http(method, path, body)]);
    if (answer === undefined) throw new Error(`no answer to ${method} ${path}`);
    return { ...answer, json: answer.body.startsWith("{") ? (JSON.parse(answer.body) as Body) : {} };
  }

  /** Makes a running container past the filter: a sandbox of this gateway, or somebody else's container. */
  async container(kind: "sandbox" | "foreign"): Promise<{ id: string; name: string }> {
    const name = kind === "sandbox" ? this.freshName() : `clawkeep-test-foreign-${++this.counter}`;
    const body = this.createBody();
    body["Labels"] =
      kind === "sandbox" ? { ...body["Labels"], "clawkeep.gateway": "test" } : { "clawkeep.test": "1" };
    body["Env"] = [`SECRET=${secret}`];
    body["HostConfig"].Binds = [];
    const { json } = await this.raw("POST", `/containers/create?name=${name}`, body);
    await this.raw("POST", `/containers/${json["Id"]}/start`);
    return { id: json["Id"], name };
  }

  async remove(idOrName: string): Promise<void> {
    await this.raw("DELETE", `/containers/${idOrName}?force=1`);
  }

  private async importImages(): Promise<void> {
    const root = join(this.directory, "root");
    for (const each of [
      "bin",
      "usr/local/bin",
      "etc",
      "proc",
      "sys",
      "dev",
      "tmp",
      "run",
      "var/tmp",
      "workspace/skills",
    ]) {
      mkdirSync(join(root, each), { recursive: true });
    }
    const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path));
    if (busybox === undefined) throw new Error("busybox is missing: apt-get install busybox-static");
    copyFileSync(busybox, join(root, "bin/busybox"));
    for (const name of [
      "sh",
      "sleep",
      "cat",
      "id",
      "ls",
      "touch",
      "readlink",
      "printf",
      "head",
      "tr",
      "wc",
      "md5sum",
      "mount",
      "env",
    ]) {
      symlinkSync("busybox", join(root, "bin", name));
    }
    // Answers the self-identification like Node in the gateway's image.
    const identify = `#!/bin/sh\nprintf '["%s","%s"]' "$(cat /proc/sys/kernel/random/boot_id)" "$(readlink /proc/self/ns/mnt)"\n`;
    writeFileSync(join(root, nodePath), identify);
    chmodSync(join(root, nodePath), 0o755);
    const archive = execFileSync("tar", ["--create", "--directory", root, "."], {
      maxBuffer: 64 * 1024 * 1024,
    });
    for (const [image, change] of [
      [this.image, "ENV IMAGE_SECRET=in-the-image"],
      [this.otherImage, "LABEL clawkeep.test=1"],
    ] as const) {
      await this.engine.cli(["import", "--change", change, "-", image], archive);
    }
  }

  /** Runs the docker CLI through the filter. */
  cli(words: readonly string[], input?: string): Promise<string> {
    return dockerCli(this.filterSocket, words, input, this.engine.client);
  }
}
