import * as pulumi from "@pulumi/pulumi";
import { slotNamed } from "../config/addresses";
import { gatewayCgroup } from "../config/cgroups";
import type { GatewaySettings } from "../config/gateway-schema";
import { services, usersOf } from "../config/services";
import { filterSocketDirectory } from "../config-files/host/docker-settings";
import { bundleFilter } from "../config-files/socket-proxy/bundle";
import { filterConfiguration, upstreamDirectory } from "../config-files/socket-proxy/deployment";
import { Component } from "./component";
import { serviceContainer, type Place } from "./container";
import { programImage, type BuiltImage } from "./image";

export interface SocketProxyArgs extends Place {
  readonly gateway: GatewaySettings;
  /** The gateway's directories are there. */
  readonly storage: pulumi.Resource;
  /** The gateway's canary has passed: the filter that runs is not touched for a change that is refused. */
  readonly proven: pulumi.Resource;
  readonly sandboxImage: BuiltImage;
  /** Group id of the Docker daemon's socket. */
  readonly dockerGroup: pulumi.Output<string>;
}

/** Our filter of the Docker API, one for each gateway and the only holder of the real socket. */
export class SocketProxy extends Component {
  /** Its container: another one is another filter. */
  readonly id: pulumi.Output<string>;
  /** There once it answers. */
  readonly settled: pulumi.Resource;

  constructor(name: string, args: SocketProxyArgs, options?: pulumi.ComponentResourceOptions) {
    super("SocketProxy", name, options);
    const { configuration, host, gateway, sandboxImage } = args;
    const home = `/opt/openclaw/gateways/${gateway.name}`;
    const users = usersOf(slotNamed(configuration.settings.gateways, gateway.name));
    const base = configuration.images[services.socketProxy.image];
    const image = programImage(this, host, base, "socket-proxy", { "filter.js": bundleFilter() });
    const files = host.configuration(this, this.child("config"), {
      service: `socket-proxy-${gateway.name}`,
      owner: 0,
      files: [
        {
          path: "configuration.json",
          content: sandboxImage.id.apply((imageId) =>
            filterConfiguration({
              gateway: gateway.name,
              sandbox: configuration.tier.sandbox,
              image: sandboxImage.reference,
              imageId,
              hostDirectory: `${home}/of-gateway/workspaces`,
              sourceDirectory: `${home}/of-sandboxes/workspaces`,
              user: users.sandbox,
              cgroupParent: gatewayCgroup(gateway.name, configuration.settings.host.cgroupDriver),
            }),
          ),
        },
      ],
    });
    const { container, settled } = serviceContainer(this, this.child("container"), {
      place: args,
      service: "socketProxy",
      gateway: gateway.name,
      image,
      // Of the workspaces it looks at the directories, by the group's right.
      supplementaryGroups: [args.dockerGroup, String(users.sandbox)],
      mounts: [
        { hostPath: files.directory, containerPath: "/etc/socket-proxy" },
        { hostPath: filterSocketDirectory, containerPath: upstreamDirectory },
        // The parent of the workspaces, so that the filter's own mount table shows their file system and its flags.
        { hostPath: `${home}/of-sandboxes`, containerPath: `${home}/of-sandboxes` },
        { hostPath: `${home}/socket`, containerPath: "/run/openclaw", writable: true },
      ],
      healthcheckArguments: [
        "/opt/socket-proxy/filter.js",
        "--health",
        "/etc/socket-proxy/configuration.json",
      ],
      dependsOn: [files.installed, args.storage, args.proven],
    });
    this.id = container.id;
    this.settled = settled;
    this.finish();
  }
}
