import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Backups as Settings } from "../config/backups-schema";
import { backupPasswordKey, backupPingKey } from "../config/backup-secrets";
import { releaseProfiles } from "../config/release-lines";
import { repositoryOf, type Repository } from "../config/repository";
import { services } from "../config/services";
import { backupManifest } from "../config-files/backups/manifest";
import { backupOrder, orderFile } from "../config-files/backups/order";
import { credentialFiles, knownHostsLine, secretFiles } from "../config-files/backups/restic";
import {
  backupServices,
  backupTimers,
  backupUnitFiles,
  backupUnits,
  followService,
  followTimer,
  followUnitFiles,
} from "../config-files/backups/timers";
import { scriptRevision } from "../config-files/host/tools";
import { Component } from "./component";
import { settledBefore, type Place } from "./container";
import { toolDirectory, unitDirectory, type FilesOnHost, type HostFile } from "./host";
import { pulledImage } from "./image";

/** A gateway whose state is saved. */
export interface Saved {
  readonly name: string;
  readonly activated: pulumi.Resource;
}

interface Ordered {
  readonly settings: Settings;
  /** Stands for the repository and its secrets: the name of their directory is another one for others. */
  readonly place: pulumi.Output<string>;
  readonly there: pulumi.Resource[];
}

/** Units that systemd starts by the clock. */
interface Timed {
  readonly timers: readonly string[];
  readonly services: readonly string[];
  readonly units: readonly string[];
  /** Tar of all units, base64. */
  readonly files: string;
  readonly dependsOn: pulumi.Resource[];
}

const { version } = JSON.parse(readFileSync(join(__dirname, "..", "package.json"), "utf8")) as {
  version: string;
};

/**
 * Snapshots of every gateway and of what was spent, off the host: what restic has to know, a repository, a first snapshot,
 * and the timers that make the others. Without `clawkeep:backups` only what a copy on the host needs is looked at.
 * In two steps: before a gateway begins on a host, the repository is asked whether it holds it.
 */
export class Backups extends Component {
  /** There before the repository is asked anything. Nothing without `clawkeep:backups`. */
  readonly before: readonly pulumi.Resource[];
  private readonly ordered: Ordered | undefined;

  /** Writes down what the host's scripts read. */
  constructor(
    name: string,
    private readonly place: Place,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("Backups", name, options);
    const { settings } = place.configuration;
    const [backups, repository] = [settings.backups, repositoryOf(settings)];
    this.ordered =
      backups === undefined || repository === undefined ? undefined : this.order(backups, repository);
    this.before = this.ordered?.there ?? [];
  }

  /** Has these gateways saved, once they are in their role. The component is whole after that. */
  save(saved: readonly Saved[]): void {
    for (const gateway of saved) {
      this.place.host.command(this, this.child(`${gateway.name}-checked`), {
        create: `${toolDirectory}/gateway-snapshot --check ${gateway.name}`,
        dependsOn: [gateway.activated],
      });
    }
    const activated = saved.map((gateway) => gateway.activated);
    if (this.ordered !== undefined) {
      // A standby makes no snapshot of what does not run, and has the newest of the active stack's at hand.
      if (this.place.configuration.settings.role === "active") this.scheduled(this.ordered, activated);
      else this.followed(this.ordered, activated);
    }
    this.finish();
  }

  /** @returns what is there before the repository is asked */
  private order(backups: Settings, repository: Repository): Ordered {
    const { configuration, host } = this.place;
    const { settings, images, stack, addresses } = configuration;
    const restic = pulledImage(this, this.child("image"), host, images[services.backup.image]);
    const secrets = host.secrets(this, this.child("secrets"), {
      service: "backups",
      // restic is root in its container, without any right.
      owner: services.backup.uid,
      files: this.secretFiles(backups, repository),
    });
    const certificates = this.certificates();
    const pinged = configuration.optionalSecret(backupPingKey) !== undefined;
    const content = pulumi
      .all([secrets.directory, certificates?.directory ?? ""])
      .apply(([directory, trusted]) =>
        JSON.stringify(
          backupOrder({
            of: { stack, gateways: settings.gateways.map(({ name }) => name) },
            storage: settings.storage,
            repository,
            ...(backups.region === undefined ? {} : { region: backups.region }),
            images: { restic: restic.reference, python: images[services.litellm.image] },
            secrets: directory,
            certificates: trusted,
            address: addresses.backup,
            ping: pinged ? `${directory}/${secretFiles.ping}` : "",
            commands: Object.fromEntries(
              settings.gateways.map(({ name, release }) => [name, releaseProfiles[release].command]),
            ),
            manifest: backupManifest(version, images, settings.gateways),
          }),
        ),
      );
    const written = host.command(this, this.child("order"), {
      create: `install -d -m 0755 /etc/clawkeep && ${toolDirectory}/put-file ${orderFile}`,
      delete: `rm -f ${orderFile}`,
      stdin: content,
      dependsOn: [secrets.installed, ...(certificates === undefined ? [] : [certificates.installed])],
    });
    const place = pulumi.interpolate`${backups.repository} ${secrets.directory}`;
    return { settings: backups, place, there: [written, secrets.installed, restic.present] };
  }

  private secretFiles(backups: Settings, repository: Repository): HostFile[] {
    const { configuration } = this.place;
    const files: HostFile[] = [
      { path: secretFiles.password, content: configuration.secret(backupPasswordKey) },
      ...Object.entries(credentialFiles[repository.kind]).map(([path, key]) => ({
        path,
        // ssh takes no key whose last line does not end.
        content: configuration.secret(key).apply((text) => `${text.trimEnd()}\n`),
      })),
    ];
    if (repository.kind === "ssh" && backups.hostKey !== undefined)
      files.push({ path: secretFiles.knownHosts, content: knownHostsLine(repository, backups.hostKey) });
    const ping = configuration.optionalSecret(backupPingKey);
    if (ping !== undefined) files.push({ path: secretFiles.ping, content: ping });
    return files;
  }

  private certificates(): FilesOnHost | undefined {
    const { configuration, host } = this.place;
    const content = configuration.settings.extraCaCertificates;
    if (content === undefined) return undefined;
    return host.configuration(this, this.child("certificates"), {
      service: "backups",
      owner: 0,
      files: [{ path: "extra-ca.pem", content }],
    });
  }

  /** A repository, a first snapshot, the timers. None of it fails because the repository is away. */
  private scheduled({ place, there, settings }: Ordered, activated: pulumi.Resource[]): void {
    const { host } = this.place;
    const revision = scriptRevision("backup-run");
    const repository = host.command(this, this.child("repository"), {
      create: `${toolDirectory}/backup-run init`,
      stdin: pulumi.interpolate`${revision} ${place}`,
      dependsOn: [...there, ...settledBefore(this.place, "backup")],
    });
    const firstSnapshot = host.command(this, this.child("first"), {
      create: `${toolDirectory}/backup-run first`,
      stdin: revision,
      dependsOn: [repository, ...activated],
    });
    this.timed("timers", {
      ...{ timers: backupTimers, services: backupServices, units: backupUnits },
      ...{ files: backupUnitFiles(settings), dependsOn: [firstSnapshot] },
    });
  }

  /** Begins some seconds later: what it restores is put there by images and gateways that are in place. */
  private followed({ there, settings }: Ordered, activated: pulumi.Resource[]): void {
    const egressProxy = this.place.settled.get(services.egressProxy.name);
    if (egressProxy === undefined) throw new Error("backups are declared after the egress proxy");
    this.timed("follow", {
      ...{ timers: [followTimer], services: [followService], units: [followService, followTimer] },
      files: followUnitFiles(settings),
      dependsOn: [...there, egressProxy, ...activated],
    });
  }

  private timed(name: string, { timers, services: run, units, ...args }: Timed): void {
    const named = timers.join(" ");
    this.place.host.command(this, this.child(name), {
      create:
        `${toolDirectory}/install-archive ${unitDirectory} && systemctl daemon-reload && ` +
        `systemctl enable --quiet ${named} && systemctl restart ${named}`,
      delete:
        `systemctl disable --quiet --now ${named}; systemctl stop ${run.join(" ")}; cd ${unitDirectory} && rm -f ${units.join(" ")} && ` +
        "systemctl daemon-reload",
      stdin: args.files,
      dependsOn: args.dependsOn,
    });
  }
}
