import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Configuration } from "../config/load";
import { gatewaySecretKeys } from "../config/secrets";
import { buildContext } from "../config-files/build-context";
import { bundleRelay } from "../config-files/relay/bundle";
import {
  relayConfiguration,
  relayContainerName,
  relayedGateways,
  relayUser,
  type RelayDeployment,
} from "../config-files/relay/deployment";
import { Component } from "./component";
import { serviceContainer, type ServiceContainer } from "./container";
import type { Host } from "./host";
import { builtImage, pulledImage } from "./image";
import type { Networks } from "./networks";

export interface RelayArgs {
  readonly configuration: Configuration;
  readonly host: Host;
  readonly networks: Networks;
  /** The one way out, by its host name, and there before the relay is. */
  readonly egressProxy: { readonly containerName: string; readonly settled: pulumi.Resource };
}

const folder = join(__dirname, "..", "config-files", "relay");

/** The channel relay: holds the bot tokens, and puts them into the calls of gateways that do not have them. */
export class Relay extends Component {
  readonly service: ServiceContainer;

  constructor(name: string, args: RelayArgs, options?: pulumi.ComponentResourceOptions) {
    super("Relay", name, options);
    const { configuration, host, networks, egressProxy } = args;
    const { settings, addresses, tier, images, secret } = configuration;
    const extraCa = settings.extraCaCertificates;
    const deployment: RelayDeployment = {
      gateways: settings.gateways,
      addresses,
      egressProxy: egressProxy.containerName,
      extraCa: extraCa !== undefined,
    };
    const files = host.configuration(this, this.child("config"), {
      service: "relay",
      owner: 0,
      files: [
        { path: "configuration.json", content: relayConfiguration(deployment) },
        ...(extraCa === undefined ? [] : [{ path: "extra-ca.pem", content: extraCa }]),
      ],
    });
    const tokens = relayedGateways(deployment).map(
      (gateway) => [gateway.name, secret(gatewaySecretKeys(gateway.name).telegramBotToken)] as const,
    );
    const secrets = host.secrets(this, this.child("secrets"), {
      service: "relay",
      owner: relayUser,
      files: [{ path: "tokens.json", content: pulumi.jsonStringify(Object.fromEntries(tokens)) }],
    });
    this.service = serviceContainer(this, this.child("container"), {
      containerName: relayContainerName,
      host,
      image: builtImage(this, this.child("image"), host, {
        context: buildContext("relay", {
          Dockerfile: readFileSync(join(folder, "Dockerfile"), "utf8"),
          "relay.js": bundleRelay(),
        }),
        bases: { BASE: pulledImage(this, this.child("base-image"), host, images.node) },
      }),
      user: `${relayUser}:${relayUser}`,
      limits: tier.services.relay,
      networks: [{ network: networks.openclaw, address: addresses.relay }],
      mounts: [
        { hostPath: files.directory, containerPath: "/etc/relay" },
        { hostPath: secrets.directory, containerPath: "/run/secrets/relay" },
      ],
      healthcheck: ["node", "/opt/relay/relay.js", "--health", "/etc/relay/configuration.json"],
      startedBy: "docker",
      running: settings.role === "active",
      dependsOn: [files.installed, secrets.installed, egressProxy.settled],
    });
    this.finish();
  }
}
