import * as pulumi from "@pulumi/pulumi";
import { gatewaySecretKeys } from "../config/secrets";
import { services } from "../config/services";
import { bundleRelay } from "../config-files/relay/bundle";
import {
  relayConfiguration,
  relayedGateways,
  withheld,
  type RelayDeployment,
} from "../config-files/relay/deployment";
import { Component } from "./component";
import { serviceContainer, settledBefore, type Place } from "./container";
import { programImage } from "./image";

/** The channel relay: holds the bot tokens, and puts them into the calls of gateways that do not have them. */
export class Relay extends Component {
  constructor(name: string, place: Place, options?: pulumi.ComponentResourceOptions) {
    super("Relay", name, options);
    const { configuration, host } = place;
    const { settings, addresses, images, secret } = configuration;
    const extraCa = settings.extraCaCertificates;
    const deployment: RelayDeployment = {
      gateways: settings.gateways,
      addresses,
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
      owner: services.relay.uid,
      files: [{ path: "tokens.json", content: pulumi.jsonStringify(Object.fromEntries(tokens)) }],
    });
    const orders = host.command(this, this.child("withheld"), {
      create: `install -d -m 0755 ${withheld.onHost}`,
      delete: `rm -rf ${withheld.onHost}`,
    });
    serviceContainer(this, this.child("container"), {
      place,
      service: "relay",
      image: programImage(this, host, images[services.relay.image], "relay", { "relay.js": bundleRelay() }),
      mounts: [
        { hostPath: files.directory, containerPath: "/etc/relay" },
        { hostPath: secrets.directory, containerPath: "/run/secrets/relay" },
        { hostPath: withheld.onHost, containerPath: withheld.inContainer },
      ],
      healthcheckArguments: ["/opt/relay/relay.js", "--health", "/etc/relay/configuration.json"],
      dependsOn: [files.installed, secrets.installed, orders, ...settledBefore(place, "relay")],
    });
    this.finish();
  }
}
