import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Configuration } from "../config/load";
import { telegramSettings, type GatewaySettings } from "../config/gateway-schema";
import { volumeReserveGiB } from "../config/cross-checks";
import { gatewayImage } from "../config/images";
import { gatewaySecretKeys } from "../config/secrets";
import { buildContext } from "../config-files/build-context";
import { policyEnvironment } from "../config-files/gateway/hardening-policy";
import { gatewayImageFiles } from "../config-files/gateway/image-files";
import {
  gatewayPort,
  gatewaySecretNames,
  gatewaySecretsDirectory,
  openclawConfig,
  stateDirectory,
} from "../config-files/gateway/openclaw-config";
import { sandboxesDirectory, soulFile } from "../config-files/gateway/paths";
import { scriptRevision } from "../config-files/host/tools";
import { soul } from "../config-files/gateway/soul";
import { placeholderToken } from "../config-files/relay/deployment";
import { modelsOf } from "../config-files/litellm/limits";
import { Component } from "./component";
import { serviceContainer } from "./container";
import type { EgressProxy } from "./egress-proxy";
import { toolDirectory, type FilesOnHost, type Host } from "./host";
import { builtImage, pulledImage, type BuiltImage } from "./image";
import type { LiteLLM } from "./litellm";
import type { Networks } from "./networks";
import { SocketProxy } from "./socket-proxy";

export interface GatewayArgs {
  readonly configuration: Configuration;
  readonly host: Host;
  readonly networks: Networks;
  readonly litellm: LiteLLM;
  readonly egressProxy: EgressProxy;
  readonly gateway: GatewaySettings;
  /** Place in the configuration's list; it decides the fixed addresses. */
  readonly index: number;
  readonly dockerGroup: pulumi.Output<string>;
  /** Containers that have to be healthy before the gateway starts, at boot too. */
  readonly needs: readonly string[];
}

const configFolder = join(__dirname, "..", "config-files");
const gatewayUser = 1000;
/** OpenClaw finishes running work within 330 s. */
const drainSeconds = 340;
/** The guide's measure: still starting after this is a fault. */
const readyWithinSeconds = 90;
/** The canary starts cold, beside everything that runs, and is in nobody's way. */
const canarySeconds = 180;

/**
 * One OpenClaw gateway with all that is its own: file systems for state and sandboxes, the filtered Docker API, the
 * sandbox image, configuration and secrets, a canary that proves them, the container, and the unit that starts it.
 * A change makes a new container beside the one that serves; the one of before serves again if the new one does not.
 */
export class Gateway extends Component {
  readonly token: pulumi.Output<string>;
  readonly socketProxy: SocketProxy;
  /** There once the gateway is in its role: ready, or down on a standby. */
  readonly activated: pulumi.Resource;

  constructor(name: string, args: GatewayArgs, options?: pulumi.ComponentResourceOptions) {
    super("Gateway", name, options);
    const { configuration, host, gateway } = args;
    const { settings, secret, tier } = configuration;
    this.token = secret(gatewaySecretKeys(gateway.name).token);

    const storage = host.command(this, this.child("storage"), {
      create: `${toolDirectory}/gateway-storage ${gateway.name} ${settings.storage.stateGiB} ${settings.storage.sandboxesGiB} ${volumeReserveGiB}`,
      stdin: scriptRevision("gateway-storage"),
    });
    const sandboxImage = this.sandboxImage(args);
    const image = this.gatewayImage(args);
    const files = this.configurationFiles(args, sandboxImage);
    const secrets = this.secretFiles(args);
    const proven = host.command(this, this.child("canary"), {
      create: pulumi.interpolate`${toolDirectory}/gateway-canary ${gateway.name} ${image.reference} ${files.directory} ${tier.services.gateway.memoryMiB} ${canarySeconds}`,
      stdin: madeUpSecrets(gateway),
      dependsOn: [image.present, files.installed, storage],
    });
    this.socketProxy = new SocketProxy(
      this.child("socket-proxy"),
      { configuration, host, gateway, storage, proven, sandboxImage, dockerGroup: args.dockerGroup },
      { parent: this },
    );
    const relay =
      telegramSettings(gateway) && args.egressProxy.relay ? [args.egressProxy.relay.service.settled] : [];
    const needed = [this.socketProxy.service.settled, args.litellm.service.settled, ...relay];
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
    this.activated = host.command(this, this.child("activated"), {
      create: pulumi.interpolate`${toolDirectory}/gateway-activate ${gateway.name} ${container.id} ${settings.role} ${readyWithinSeconds} ${args.needs.join(" ")}`,
      dependsOn: [settled, ...needed],
    });
    this.finish({ token: this.token });
  }

  private gatewayImage({ configuration, host, gateway }: GatewayArgs): BuiltImage {
    const base = configuration.images[gatewayImage[gateway.release]];
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
    const { settings, addresses, tier } = configuration;
    return host.configuration(this, this.child("config"), {
      service: `gateway-${gateway.name}`,
      owner: gatewayUser,
      // OpenClaw's audit takes a file that others can read for a critical fault.
      closed: true,
      files: [
        {
          path: "openclaw.json",
          content: openclawConfig({
            gateway,
            models: modelsOf(gateway, settings.models).filter(({ mode }) => mode === "chat"),
            sandbox: tier.sandbox,
            sandboxImage: sandboxImage.reference,
            hostname: settings.hostname,
            trustedProxy: addresses.reverseProxy.proxy,
          }),
        },
        { path: "SOUL.md", content: soul(gateway) },
      ],
    });
  }

  private secretFiles({ configuration, host, gateway }: GatewayArgs): FilesOnHost {
    const keys = gatewaySecretKeys(gateway.name);
    return host.secrets(this, this.child("secrets"), {
      service: `gateway-${gateway.name}`,
      owner: gatewayUser,
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

  private container(
    { configuration, host, networks, gateway, index }: GatewayArgs,
    image: BuiltImage,
    files: FilesOnHost,
    secrets: FilesOnHost,
    dependsOn: pulumi.Resource[],
  ) {
    const { settings, tier, addresses } = configuration;
    const own = addresses.gateways[index];
    if (own === undefined) throw new Error(`gateway ${gateway.name} has no address`);
    const home = `/opt/openclaw/gateways/${gateway.name}`;
    return serviceContainer(this, this.child("container"), {
      containerName: gateway.name,
      host,
      image,
      user: `${gatewayUser}:${gatewayUser}`,
      limits: tier.services.gateway,
      networks: [
        { network: networks.openclaw, address: own.openclaw },
        { network: networks.proxy, address: own.proxy },
      ],
      mounts: [
        { hostPath: `${home}/state`, containerPath: stateDirectory, writable: true },
        {
          hostPath: `${home}/sandboxes/workspaces`,
          containerPath: sandboxesDirectory(gateway),
          writable: true,
        },
        { hostPath: `${home}/socket`, containerPath: "/run/openclaw" },
        { hostPath: files.directory, containerPath: "/etc/openclaw" },
        { hostPath: pulumi.interpolate`${files.directory}/SOUL.md`, containerPath: soulFile },
        { hostPath: secrets.directory, containerPath: gatewaySecretsDirectory },
      ],
      tmpfs: {
        "/tmp": "rw,nosuid,nodev,size=1024m,mode=1777",
        "/home/node": `rw,nosuid,nodev,size=64m,uid=${gatewayUser},gid=${gatewayUser},mode=0700`,
      },
      environment: {
        OPENCLAW_STATE_DIR: stateDirectory,
        OPENCLAW_CONFIG_PATH: "/etc/openclaw/openclaw.json",
        DOCKER_HOST: "unix:///run/openclaw/docker.sock",
        ...policyEnvironment(gateway.release),
      },
      healthcheck: [
        "node",
        "-e",
        `fetch("http://127.0.0.1:${gatewayPort}/healthz").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`,
      ],
      healthcheckTimeoutSeconds: 10,
      readyWithinSeconds,
      stopGraceSeconds: drainSeconds,
      startedBy: "other",
      handedOver: true,
      running: settings.role === "active",
      dependsOn: [...dependsOn, files.installed, secrets.installed],
    });
  }
}

/** What the canary gets in place of the gateway's secrets. */
function madeUpSecrets(gateway: GatewaySettings): string {
  return JSON.stringify(
    Object.fromEntries(gatewaySecretNames(gateway).map((name) => [name, `canary-${name}-canary-${name}`])),
  );
}
