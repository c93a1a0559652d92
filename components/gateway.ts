import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { slotNamed } from "../config/addresses";
import { awaitsRestore, isAwaitingRestore } from "../config/await-restore";
import { gatewayCgroup } from "../config/cgroups";
import { shapeOf } from "../config/container-shape";
import { needsOf } from "../config/containers";
import { telegramSettings, type GatewaySettings } from "../config/gateway-schema";
import { volumeReserveGiB } from "../config/cross-checks";
import { releaseProfiles } from "../config/release-lines";
import { gatewaySecretKeys } from "../config/secrets";
import { services, userOf, usersOf } from "../config/services";
import { buildContext } from "../config-files/build-context";
import { gatewayImageFiles } from "../config-files/gateway/image-files";
import { gatewaySecretNames, openclawConfig } from "../config-files/gateway/openclaw-config";
import { canaryOrder, gatewayEnvironment, gatewayMounts, gatewayTmpfs } from "../config-files/gateway/order";
import { scriptRevision } from "../config-files/host/tools";
import { policyArgs } from "../config-files/gateway/policy/args";
import { soul } from "../config-files/gateway/soul";
import { placeholderToken } from "../config-files/relay/deployment";
import { Component } from "./component";
import { serviceContainer, settledBefore, type Place } from "./container";
import { toolDirectory, type FilesOnHost } from "./host";
import { builtImage, pulledImage, type BuiltImage } from "./image";
import { SocketProxy } from "./socket-proxy";

export interface GatewayArgs extends Place {
  readonly gateway: GatewaySettings;
  readonly dockerGroup: pulumi.Output<string>;
  /** There before the repository of the backups is asked whether it holds a gateway that has nothing on this host. */
  readonly beforeAsked: readonly pulumi.Resource[];
}

const configFolder = join(__dirname, "..", "config-files");
const { readyWithinSeconds } = services.gateway;
/** The canary starts cold, beside everything that runs, and is in nobody's way. */
const canarySeconds = 180;

/**
 * One OpenClaw gateway with all that is its own: file systems for state and sandboxes, the filtered Docker API, the
 * sandbox image, configuration and secrets, a canary that proves them, the container, and the unit that starts it.
 * A change makes a new container beside the one that serves; the one of before serves again if the new one does not.
 */
export class Gateway extends Component {
  readonly token: pulumi.Output<string>;
  /** There once the gateway is in its role: ready, or down on a standby and before a cold restore. */
  readonly activated: pulumi.Resource;
  private readonly slot: number;

  constructor(name: string, args: GatewayArgs, options?: pulumi.ComponentResourceOptions) {
    super("Gateway", name, options);
    const { configuration, host, gateway } = args;
    const { settings, secret } = configuration;
    this.token = secret(gatewaySecretKeys(gateway.name).token);

    this.slot = slotNamed(settings.gateways, gateway.name);
    const users = usersOf(this.slot);
    const storage = host.command(this, this.child("storage"), {
      create: `${toolDirectory}/gateway-storage ${gateway.name} ${settings.storage.stateGiB} ${settings.storage.sandboxesGiB} ${volumeReserveGiB} ${users.gateway} ${users.sandbox} ${users.filter}`,
      stdin: scriptRevision("gateway-storage"),
    });
    const sandboxImage = this.sandboxImage(args);
    const image = this.gatewayImage(args);
    const files = this.configurationFiles(args, sandboxImage);
    const secrets = this.secretFiles(args);
    const proven = host.command(this, this.child("canary"), {
      create: `${toolDirectory}/gateway-canary ${gateway.name}`,
      stdin: this.canaryOrder(args, image, files),
      dependsOn: [image.present, files.installed, storage],
    });
    const filter = new SocketProxy(
      this.child("socket-proxy"),
      { ...args, storage, proven, sandboxImage },
      { parent: this },
    );
    const toolsProven = this.toolsProven(args, image, files, filter);
    const needed = settledBefore(args, "gateway", gateway);
    // Made before the container, so that one whose activation has never succeeded is taken down too; after all that the
    // gateway uses, so that it is taken down before any of that.
    const retiring = host.command(this, this.child("retiring"), {
      create: `test -x ${toolDirectory}/gateway-retire`,
      delete: `${toolDirectory}/gateway-retire ${gateway.name}`,
      dependsOn: [
        ...[proven, storage, files.installed, secrets.installed],
        ...[args.networks.openclaw, args.networks.proxy, ...needed],
      ],
    });
    const { container, settled } = this.container(args, image, files, secrets, [retiring]);
    // At boot too.
    const needs = needsOf("gateway", gateway).map((need) => need.name);
    // Empty it would answer people, and be somebody else to them.
    const awaiting = settings.role === "active" && isAwaitingRestore(process.env);
    const role = awaiting ? awaitsRestore : settings.role;
    this.activated = host.command(this, this.child("activated"), {
      create: pulumi.interpolate`${toolDirectory}/gateway-activate ${gateway.name} ${container.id} ${role} ${readyWithinSeconds} ${needs.join(" ")}`,
      // It asks the repository itself, where the gateway is to be active and has nothing on this host.
      dependsOn: [settled, toolsProven, ...needed, ...args.beforeAsked],
    });
    this.finish({ token: this.token });
  }

  /** A sandbox made and removed through the filter, before the gateway's container changes. On a standby none runs. */
  private toolsProven(
    { configuration, host, gateway }: GatewayArgs,
    image: BuiltImage,
    files: FilesOnHost,
    filter: SocketProxy,
  ): pulumi.Resource {
    const users = usersOf(this.slot);
    return host.command(this, this.child("tools-proven"), {
      create: pulumi.interpolate`${toolDirectory}/gateway-prove-sandbox ${gateway.name} ${image.reference} ${files.directory} ${users.gateway} ${users.sandbox} ${configuration.settings.role}`,
      // Another filter, or another way to ask it, is asked again.
      stdin: pulumi.interpolate`${filter.id} ${scriptRevision("gateway-prove-sandbox")} ${scriptRevision("prove-sandbox.mjs")}`,
      dependsOn: [filter.settled],
    });
  }

  private gatewayImage({ configuration, host, gateway }: GatewayArgs): BuiltImage {
    const base = configuration.images[releaseProfiles[gateway.release].image];
    return builtImage(this, this.child("image"), host, {
      context: buildContext("openclaw", gatewayImageFiles(gateway.release)),
      bases: {
        BASE: pulledImage(this, this.child("base-image"), host, base),
        CLI: pulledImage(this, this.child("docker-cli-image"), host, configuration.images.dockerCli),
      },
    });
  }

  private sandboxImage({ configuration, host }: GatewayArgs): BuiltImage {
    return builtImage(this, this.child("sandbox-image"), host, {
      context: buildContext("sandbox", {
        Dockerfile: readFileSync(join(configFolder, "sandbox", "Dockerfile"), "utf8"),
      }),
      bases: {
        BASE: pulledImage(this, this.child("sandbox-base-image"), host, configuration.images.sandboxBase),
      },
      network: "default",
    });
  }

  private configurationFiles(
    { configuration, host, gateway }: GatewayArgs,
    sandboxImage: BuiltImage,
  ): FilesOnHost {
    return host.configuration(this, this.child("config"), {
      service: `gateway-${gateway.name}`,
      owner: usersOf(this.slot).gateway,
      // OpenClaw's audit takes a file that others can read for a critical fault.
      closed: true,
      files: [
        {
          path: "openclaw.json",
          content: openclawConfig(policyArgs(configuration, gateway, sandboxImage.reference)),
        },
        { path: "SOUL.md", content: soul(gateway) },
      ],
    });
  }

  private secretFiles({ configuration, host, gateway }: GatewayArgs): FilesOnHost {
    const keys = gatewaySecretKeys(gateway.name);
    return host.secrets(this, this.child("secrets"), {
      service: `gateway-${gateway.name}`,
      owner: usersOf(this.slot).gateway,
      files: [
        {
          path: "secrets.json",
          content: pulumi.jsonStringify({
            gatewayToken: this.token,
            litellmKey: configuration.secret(keys.litellmKey),
            // Never the real one: that is the relay's.
            ...(telegramSettings(gateway) !== undefined && {
              telegramBotToken: configuration.secret(keys.telegramBotToken).apply(placeholderToken),
            }),
          }),
        },
      ],
    });
  }

  private canaryOrder({ configuration, gateway }: GatewayArgs, image: BuiltImage, files: FilesOnHost) {
    const limits = configuration.tier.services.gateway;
    const cgroupParent = gatewayCgroup(gateway.name, configuration.settings.host.cgroupDriver);
    return pulumi.all([image.reference, files.directory]).apply(([reference, directory]) =>
      JSON.stringify(
        canaryOrder({
          gateway,
          shape: shapeOf(services.gateway, gateway.name, limits, cgroupParent, this.slot),
          limits,
          image: reference,
          configuration: directory,
          timeoutSeconds: canarySeconds,
          secrets: madeUpSecrets(gateway),
        }),
      ),
    );
  }

  private container(
    args: GatewayArgs,
    image: BuiltImage,
    files: FilesOnHost,
    secrets: FilesOnHost,
    dependsOn: pulumi.Resource[],
  ) {
    const { gateway } = args;
    return serviceContainer(this, this.child("container"), {
      place: args,
      service: "gateway",
      gateway: gateway.name,
      image,
      mounts: gatewayMounts<pulumi.Output<string>>(gateway, {
        configuration: files.directory,
        soul: pulumi.interpolate`${files.directory}/SOUL.md`,
        secrets: secrets.directory,
      }),
      tmpfs: gatewayTmpfs(userOf(services.gateway, this.slot)),
      environment: gatewayEnvironment(gateway.release),
      dependsOn: [...dependsOn, files.installed, secrets.installed],
    });
  }
}

/** What the canary gets in place of the gateway's secrets. */
const madeUpSecrets = (gateway: GatewaySettings): Record<string, string> =>
  Object.fromEntries(gatewaySecretNames(gateway).map((name) => [name, `canary-${name}-canary-${name}`]));
