import * as pulumi from "@pulumi/pulumi";
import { providerOf } from "../config/providers";
import { backupPingKey } from "../config/backup-secrets";
import { repositoryOf } from "../config/repository";
import { alertWebhookKey } from "../config/secrets";
import type { Configuration } from "../config/load";
import { placesOf } from "../config/addresses";
import { containersOf } from "../config/containers";
import { isOfGateway, services } from "../config/services";
import { backupClients } from "../config-files/backups/egress";
import {
  currentRevision,
  egressProxyFiles,
  squidConf,
  type EgressClient,
} from "../config-files/egress-proxy/squid-conf";
import { Component } from "./component";
import { serviceContainer, type Place } from "./container";
import { toolDirectory } from "./host";
import { pulledImage } from "./image";
import { Relay } from "./relay";

/**
 * The only way out of openclaw-net: Squid, with a list of exact hosts for each client. Down means closed. Beside it the
 * relay of chat channels, where a gateway has one.
 */
export class EgressProxy extends Component {
  constructor(name: string, place: Place, options?: pulumi.ComponentResourceOptions) {
    super("EgressProxy", name, options);
    const { configuration, host } = place;
    const { settings, images } = configuration;
    const files = host.configuration(this, this.child("config"), {
      service: "egress-proxy",
      owner: 0,
      files: [
        { path: "squid.conf", content: egressClients(configuration).apply(squidConf) },
        ...egressProxyFiles(),
      ],
    });
    const image = pulledImage(this, this.child("image"), host, images[services.egressProxy.image]);
    // A new list is loaded by the running proxy, which keeps its tunnels; the container is replaced for all else.
    const loaded = host.command(this, this.child("list-loaded"), {
      create: pulumi.interpolate`${toolDirectory}/load-egress-list ${files.directory} '${image.reference}' ${services.egressProxy.name}`,
      dependsOn: [files.installed, image.present],
    });
    serviceContainer(this, this.child("container"), {
      place,
      service: "egressProxy",
      image,
      // Not as root from the start: the image's own entrypoint wants to give root up and cannot without capabilities.
      entrypoint: ["/usr/sbin/squid"],
      command: ["-N", "-f", `${currentRevision}/squid.conf`],
      // All revisions and the link to the one in force: a directory mounted whole shows what is renamed in it later.
      mounts: [{ hostPath: "/opt/openclaw/config/egress-proxy", containerPath: "/etc/squid/clawkeep" }],
      // The image declares volumes at the last two: without these they would lie on the disk, without a limit.
      tmpfs: {
        "/tmp": "rw,nosuid,nodev,noexec,size=16m",
        "/var/log/squid": "rw,nosuid,nodev,noexec,size=1m",
        "/var/spool/squid": "rw,nosuid,nodev,noexec,size=1m",
      },
      healthcheckArguments: [`${currentRevision}/ask-revision`],
      dependsOn: [loaded],
    });
    if (containersOf(settings.gateways).some(({ service }) => service === "relay"))
      new Relay(this.child("relay"), place, { parent: this });
    this.finish();
  }
}

/** The clients and their hosts. A gateway is none: it has no destination outside. Of backups: their place, and who is told of them. */
function egressClients(configuration: Configuration): pulumi.Output<EgressClient[]> {
  const { addresses, settings, optionalSecret } = configuration;
  const clients = containersOf(settings.gateways).filter(({ row }) => row.opensTo?.includes("egressProxy"));
  const providerHosts = settings.models.map((model) => providerOf(model.provider).host);
  // The host alone says nothing of the secret part of the address.
  const hostsOf = (key: string) =>
    pulumi.unsecret(pulumi.output(optionalSecret(key)?.apply((url) => [new URL(url).hostname]) ?? []));
  return pulumi.all([hostsOf(alertWebhookKey), hostsOf(backupPingKey)]).apply(([webhook, ping]) => {
    const own: Partial<Record<string, string[]>> = { litellm: [...providerHosts, ...webhook] };
    const lasting = clients.map(({ service, row, index }) => ({
      name: isOfGateway(row) ? `${service}_${index}` : service,
      address: placesOf(addresses, service)[index]?.openclaw ?? "",
      hosts: [...new Set([...(row.outsideHosts ?? []), ...(own[service] ?? [])])].sort(),
    }));
    const repository = repositoryOf(settings);
    return repository === undefined
      ? lasting
      : [...lasting, ...backupClients(repository, addresses.backup, ping)];
  });
}
