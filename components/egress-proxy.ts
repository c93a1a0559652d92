import type * as pulumi from "@pulumi/pulumi";
import { providers } from "../config/providers";
import type { Configuration } from "../config/load";
import { egressPort, squidConf } from "../config-files/egress-proxy/squid-conf";
import { Component } from "./component";
import { serviceContainer, type ServiceContainer } from "./container";
import type { Host } from "./host";
import { pulledImage } from "./image";
import type { Networks } from "./networks";

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

/** The only way out of openclaw-net: Squid, with a list of exact hosts for each client. Down means closed. */
export class EgressProxy extends Component {
  readonly service: ServiceContainer;

  constructor(name: string, args: EgressProxyArgs, options?: pulumi.ComponentResourceOptions) {
    super("EgressProxy", name, options);
    const { configuration, host, networks } = args;
    const { addresses, settings, tier, images } = configuration;
    const providerHosts = [...new Set(settings.models.map((model) => providers[model.provider].host))].sort();
    const files = host.configuration(this, this.child("config"), {
      service: "egress-proxy",
      owner: 0,
      files: [
        {
          path: "squid.conf",
          content: squidConf([
            { name: "litellm", address: addresses.litellm, hosts: providerHosts },
            {
              name: "relay",
              address: addresses.relay,
              hosts: settings.gateways.some((gateway) => gateway.telegram) ? ["api.telegram.org"] : [],
            },
          ]),
        },
      ],
    });
    this.service = serviceContainer(this, this.child("container"), {
      containerName,
      host,
      image: pulledImage(this, this.child("image"), host, images.squid),
      // Not as root from the start: the image's own entrypoint wants to give root up and cannot without capabilities.
      entrypoint: ["/usr/sbin/squid"],
      command: ["-N", "-f", "/etc/squid/clawkeep/squid.conf"],
      user: `${proxyUser}:${proxyUser}`,
      limits: tier.services.egressProxy,
      networks: [
        { network: networks.openclaw, address: addresses.egressProxy.openclaw },
        { network: networks.egress, address: addresses.egressProxy.egress },
      ],
      resolvesNames: true,
      mounts: [{ hostPath: files.directory, containerPath: "/etc/squid/clawkeep" }],
      tmpfs: {
        "/tmp": "rw,nosuid,nodev,noexec,size=16m",
        "/run": "rw,nosuid,nodev,noexec,size=4m,mode=1777",
      },
      healthcheck: ["/bin/bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${egressPort}`],
      startedBy: "docker",
      running: settings.role === "active",
      dependsOn: [files.installed],
    });
    this.finish();
  }
}
