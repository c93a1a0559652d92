import type * as pulumi from "@pulumi/pulumi";
import { Component } from "./component";
import { toolDirectory, type Host } from "./host";

export interface BackupsArgs {
  readonly host: Host;
  /** Gateways whose state is saved. */
  readonly gateways: readonly { readonly name: string; readonly activated: pulumi.Resource }[];
}

/**
 * A consistent copy of every gateway's state on the host, made by `/opt/openclaw/bin/gateway-snapshot NAME`. Copies
 * off the host, schedules and restores stand on it.
 */
export class Backups extends Component {
  constructor(name: string, args: BackupsArgs, options?: pulumi.ComponentResourceOptions) {
    super("Backups", name, options);
    for (const gateway of args.gateways) {
      args.host.command(this, this.child(`${gateway.name}-checked`), {
        create: `${toolDirectory}/gateway-snapshot --check ${gateway.name}`,
        dependsOn: [gateway.activated],
      });
    }
    this.finish();
  }
}
