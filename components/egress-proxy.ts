import * as pulumi from "@pulumi/pulumi";
import { telegramSettings } from "../config/gateway-schema";
import { providerOf } from "../config/providers";
import { alertWebhookKey } from "../config/secrets";
import type { Configuration } from "../config/load";
import type { Settings } from "../config/schema";
import { telegramHost } from "../config-files/relay/deployment";
import {
  currentRevision,
  egressPort,
  egressProxyFiles,
  squidConf,
  type EgressClient,
} from "../config-files/egress-proxy/squid-conf";
import { Component } from "./component";
import { serviceContainer, type ServiceContainer } from "./container";
import { toolDirectory, type Host } from "./host";
import { pulledImage } from "./image";
import type { Networks } from "./networks";
import { Relay } from "./relay";

export interface EgressProxyArgs {
  readonly configuration: Configuration;
  readonly host: Host;
  readonly networks: Networks;
}

const containerName = "openclaw-egress";
/** The proxy's URL for its clients. */
export const egressProxyUrl = `http://${containerName}:${egressPort}`;
/** `proxy` of the Squid image. */
const proxyUser = 13;

/**
 * The only way out of openclaw-net: Squid, with a list of exact hosts for each client. Down means closed. Beside it the
 * relay of chat channels, where a gateway has one.
 */
export class EgressProxy extends Component {
  readonly service: ServiceContainer;
  /** Absent: no gateway has a channel. */
  readonly relay: Relay | undefined;

  constructor(name: string, args: EgressProxyArgs, options?: pulumi.ComponentResourceOptions) {
    super("EgressProxy", name, options);
    const { configuration, host, networks } = args;
    const { addresses, settings, tier, images } = configuration;
    const files = host.configuration(this, this.child("config"), {
      service: "egress-proxy",
      owner: 0,
      files: [
        { path: "squid.conf", content: egressClients(configuration).apply(squidConf) },
        ...egressProxyFiles(),
      ],
    });
    const image = pulledImage(this, this.child("image"), host, images.squid);
    // A new list is loaded by the running proxy, which keeps its tunnels; the container is replaced for all else.
    const loaded = host.command(this, this.child("list-loaded"), {
      create: pulumi.interpolate`${toolDirectory}/load-egress-list ${files.directory} '${image.reference}' ${containerName}`,
      dependsOn: [files.installed, image.present],
    });
    this.service = serviceContainer(this, this.child("container"), {
      containerName,
      host,
      image,
      // Not as root from the start: the image's own entrypoint wants to give root up and cannot without capabilities.
      entrypoint: ["/usr/sbin/squid"],
      command: ["-N", "-f", `${currentRevision}/squid.conf`],
      user: `${proxyUser}:${proxyUser}`,
      limits: tier.services.egressProxy,
      networks: [
        { network: networks.openclaw, address: addresses.egressProxy.openclaw },
        { network: networks.egress, address: addresses.egressProxy.egress },
      ],
      resolvesNames: true,
      // All revisions and the link to the one in force: a directory mounted whole shows what is renamed in it later.
      mounts: [{ hostPath: "/opt/openclaw/config/egress-proxy", containerPath: "/etc/squid/clawkeep" }],
      // The image declares volumes at the last two: without these they would lie on the disk, without a limit.
      tmpfs: {
        "/tmp": "rw,nosuid,nodev,noexec,size=16m",
        "/var/log/squid": "rw,nosuid,nodev,noexec,size=1m",
        "/var/spool/squid": "rw,nosuid,nodev,noexec,size=1m",
      },
      healthcheck: ["/bin/bash", `${currentRevision}/ask-revision`],
      startedBy: "docker",
      running: settings.role === "active",
      dependsOn: [loaded],
    });
    this.relay = hasChannels(settings)
      ? new Relay(
          this.child("relay"),
          { configuration, host, networks, egressProxy: { containerName, settled: this.service.settled } },
          { parent: this },
        )
      : undefined;
    this.finish();
  }
}

const hasChannels = ({ gateways }: Settings): boolean =>
  gateways.some((gateway) => telegramSettings(gateway) !== undefined);

/** The clients and their hosts. A gateway is none: it has no destination outside. */
function egressClients({
  addresses,
  settings,
  optionalSecret,
}: Configuration): pulumi.Output<EgressClient[]> {
  const providerHosts = settings.models.map((model) => providerOf(model.provider).host);
  // The host alone says nothing of the secret part of the address.
  const webhookHosts = optionalSecret(alertWebhookKey)?.apply((url) => [new URL(url).hostname]);
  return pulumi.unsecret(pulumi.output(webhookHosts ?? [])).apply((hosts) => [
    { name: "litellm", address: addresses.litellm, hosts: [...new Set([...providerHosts, ...hosts])].sort() },
    { name: "relay", address: addresses.relay, hosts: hasChannels(settings) ? [telegramHost] : [] },
  ]);
}
