import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { networkNames, type Subnets } from "../config/addresses";
import { addressAt } from "../config/cidr";
import { Component } from "./component";
import type { Host } from "./host";

export interface NetworksArgs {
  readonly host: Host;
  readonly subnets: Subnets;
}

/** The three bridge networks. Only egress-net leads out of the host. */
export class Networks extends Component {
  readonly openclaw: docker.Network;
  readonly proxy: docker.Network;
  readonly egress: docker.Network;

  constructor(name: string, { host, subnets }: NetworksArgs, options?: pulumi.ComponentResourceOptions) {
    super("Networks", name, options);
    const network = (key: keyof Subnets, internal: boolean): docker.Network =>
      new docker.Network(
        this.child(key),
        {
          name: networkNames[key],
          driver: "bridge",
          internal,
          ipamConfigs: [{ subnet: subnets[key], gateway: addressAt(subnets[key], 1) }],
        },
        // Two networks of one name or subnet cannot be there at the same time.
        host.options(this, { provider: host.docker, deleteBeforeReplace: true }),
      );
    this.openclaw = network("openclaw", true);
    this.proxy = network("proxy", true);
    this.egress = network("egress", false);
    this.finish();
  }
}
