/** A stand-in that is prepared, with the tools and units of this checkout, for tests of what runs on a host. */
import {
  firewallUnitFiles,
  hostTools,
  hostUnitFiles,
  prepareHostScript,
} from "../../../config-files/host/tools";
import { debianBase } from "../../../lab/images/debian";
import { addresses, debianNames } from "../../../lab/internet/addresses";
import { upDebian } from "../../../lab/internet/debian/debian";
import { docker } from "../../../lab/lib/docker";
import { attempt, run } from "../../../lab/lib/exec";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "../../../lab/vps/engines";
import * as vps from "../../../lab/vps/stand-in";

export const tools = "/opt/openclaw/bin";

/** Runs prepare-host on a server that runs, with packages from the lab. */
export async function prepare(name: string): Promise<void> {
  await upDebian();
  const inside = ["exec", "--interactive", `clawkeep-vps-${name}`, "bash"];
  const known = `${addresses.admin} ${debianNames.join(" ")}`;
  await docker([...inside, "-ec", `cloud-init status --wait >/dev/null; echo ${known} >>/etc/hosts`]);
  await docker([...inside, "-s", "--", "1"], { input: prepareHostScript() });
}

/**
 * Boots a server on which prepare-host has been: a warm one, or with `CLAWKEEP_TEST_ENGINE` one that had that engine
 * before, without images.
 */
export async function bootPrepared(spec: Omit<vps.StandInSpec, "disk" | "engine">): Promise<void> {
  const engine = process.env["CLAWKEEP_TEST_ENGINE"] as Engine | undefined;
  if (engine === undefined) return vps.boot({ ...spec, disk: "warm" });
  await vps.boot({ ...spec, disk: "bare", engine });
  await prepare(spec.name);
}

export class PreparedHost {
  private readonly lab = mkdtempSync(join(tmpdir(), "clawkeep-prepared-host-"));

  /** @param ipv4 one that no other test takes */
  constructor(
    readonly name: string,
    readonly ipv4: string,
  ) {}

  private get container(): string {
    return `clawkeep-vps-${this.name}`;
  }

  /** Boots it as it is handed over with that engine, and does nothing else. */
  async boot(engine: Engine): Promise<void> {
    await this.clear();
    await vps.boot({ name: this.name, ipv4: this.ipv4, disk: "bare", engine, authorizedKeys: [] });
  }

  private async clear(): Promise<void> {
    process.env["CLAWKEEP_LAB"] = this.lab;
    await run(join(__dirname, "../../../lab/engine/up.sh"), []);
    await vps.destroy(this.name);
  }

  async start(): Promise<void> {
    await this.clear();
    await bootPrepared({ name: this.name, ipv4: this.ipv4, authorizedKeys: [] });
    await this.run("cloud-init status --wait >/dev/null || [ $? = 2 ]");
    await this.run(`mkdir -p ${tools}; bash -s -- ${tools}`, hostTools());
    for (const units of [hostUnitFiles(), firewallUnitFiles()])
      await this.run(`${tools}/install-archive /etc/systemd/system; systemctl daemon-reload`, units);
    await this.run("systemctl enable --quiet --now clawkeep-stop; systemctl enable --quiet clawkeep-boot");
  }

  /** Gives its engine Debian's smallest system, as `small:1`. */
  async loadSmallImage(): Promise<void> {
    const [image, archive] = [await debianBase("trixie"), join(this.lab, "image.tar")];
    await docker(["save", "--output", archive, image]);
    await docker(["cp", archive, `${this.container}:/var/tmp/image.tar`]);
    await this.run(
      `docker load --quiet --input /var/tmp/image.tar; docker tag ${image} small:1; rm /var/tmp/image.tar`,
    );
  }

  try(command: string, input = ""): ReturnType<typeof attempt> {
    return attempt("docker", ["exec", "--interactive", this.container, "bash", "-c", command], {
      input,
      timeoutSeconds: 300,
    });
  }

  /** The same for what has to succeed. @returns its standard output */
  run(command: string, input = ""): Promise<string> {
    return docker(["exec", "--interactive", this.container, "bash", "-ec", command], { input });
  }

  put(path: string, file: string): Promise<string> {
    return docker(["cp", path, `${this.container}:${file}`]);
  }

  async stop(): Promise<void> {
    await vps.destroy(this.name);
    rmSync(this.lab, { recursive: true, force: true });
  }
}

/** Whether it comes true. */
export async function within(seconds: number, look: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await look())) {
    if (Date.now() > deadline) return false;
    await new Promise((wake) => setTimeout(wake, 300));
  }
  return true;
}

export async function until(what: string, look: () => Promise<boolean>, seconds = 90): Promise<void> {
  if (!(await within(seconds, look))) throw new Error(`${what}: not within ${seconds} s`);
}
