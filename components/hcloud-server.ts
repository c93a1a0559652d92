import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { stackLabels } from "../config/hetzner-project";
import { isKeyLine, type HcloudHost } from "../config/host-schema";
import { cloudflareRanges } from "../config-files/cloudflare/ip-ranges";
import { userData } from "../config-files/host/user-data";
import { hostKeyFrom } from "../config-files/ssh/host-key";
import { projectHooks } from "./hetzner-project-is-ready";
import type { HostAddress, HostProviders } from "./host";
import { serverShutdown } from "./server-shutdown";
import { madeWith, sshRule } from "./server-stays";

export interface HcloudServerArgs {
  readonly host: HcloudHost;
  readonly stack: string;
  /** Name of all that is made there. */
  readonly serverName: string;
  readonly token: pulumi.Output<string>;
  /** API endpoint; absent: Hetzner's own. */
  readonly endpoint: string | undefined;
  /** Random password the host key is derived from. */
  readonly hostKeyPassword: pulumi.Output<string>;
  /** What else has to be right before anything is ordered. */
  readonly beforeAnything: readonly pulumi.ResourceHook[];
}

/** A server replaced takes all that was on it along: it is made again, and nobody tries to undo it on the old one. */
export type BoundToServer = Required<Pick<pulumi.CustomResourceOptions, "replaceWith" | "deletedWith">>;

/** What is there before the server, and most of it after. */
export interface HcloudFoundation {
  /** Made and changed before all else at Hetzner: what would be refused later is refused here. */
  readonly firewall: pulumi.Resource;
  readonly ipv4: pulumi.Output<string>;
  readonly hostKey: pulumi.Output<string>;
  /** Makes the server on it, once the providers that act on it are there. */
  readonly server: (providers: HostProviders) => HcloudServer;
}

export interface HcloudServer {
  readonly server: hcloud.Server;
  /** Options of everything that is on the server. */
  readonly bound: BoundToServer;
  readonly ipv6: pulumi.Output<string>;
  /** Stable device name of the state volume on the server. */
  readonly volumeDevice: pulumi.Output<string>;
  readonly volumeAttached: pulumi.Resource;
  /** Bound to what logs in first on it. */
  readonly beforeFirstLogin: pulumi.ResourceHook;
}

/** Everything at Hetzner: key, firewall, address, volume, server. Address and volume are protected: they outlive the server. */
export function hcloudFoundation(
  parent: pulumi.Resource,
  name: string,
  args: HcloudServerArgs,
): HcloudFoundation {
  const { host, serverName, stack } = args;
  const providerName = `${name}-hcloud`;
  const provider = new hcloud.Provider(
    providerName,
    {
      token: args.token,
      ...(args.endpoint === undefined ? {} : { endpoint: args.endpoint, pollInterval: "100ms" }),
    },
    { parent },
  );
  const ready = projectHooks({
    ...{ at: { stack, serverName, host }, token: args.token, endpoint: args.endpoint },
    ...{ parent: name, provider: providerName },
  });
  const options = { parent, provider };
  const createOptions = { ...options, hooks: { beforeCreate: [ready.beforeMaking] } };
  const labels = stackLabels(serverName);

  const firewall = new hcloud.Firewall(
    `${name}-firewall`,
    { name: serverName, labels: { ...labels, ...madeWith(host) }, rules: firewallRules(host) },
    {
      ...options,
      hooks: {
        beforeCreate: [ready.beforeMaking, ...args.beforeAnything],
        beforeUpdate: [ready.serverStays, ready.beforeAnotherType],
      },
    },
  );
  // Without the firewall as a dependency: what is protected keeps what it depends on through `destroy --exclude-protected`.
  const location = new Promise<string>((resolve) => void firewall.urn.apply(() => resolve(host.location)));
  const ownKey = isKeyLine(host.sshKey)
    ? new hcloud.SshKey(
        `${name}-ssh-key`,
        { name: serverName, publicKey: host.sshKey, labels },
        // The firewall is where a changed key is refused.
        { ...createOptions, dependsOn: firewall },
      )
    : undefined;
  const address = new hcloud.PrimaryIp(
    `${name}-ipv4`,
    {
      name: serverName,
      type: "ipv4",
      assigneeType: "server",
      location,
      autoDelete: false,
      deleteProtection: true,
      labels,
    },
    // DNS, allow-lists of others and the operator's own notes name this address. What it is assigned to, Hetzner says: as long
    // as that is nothing, "unassigned", which the provider would want to change with every run.
    { ...createOptions, protect: true, ignoreChanges: ["assigneeType"] },
  );
  const volume = new hcloud.Volume(
    `${name}-volume`,
    {
      name: serverName,
      size: host.volumeGiB,
      location,
      format: "ext4",
      deleteProtection: true,
      labels,
    },
    // The gateway's state: it goes only when somebody names it. Formatting is a matter of creation alone.
    {
      ...{ ...options, protect: true, ignoreChanges: ["format"] },
      hooks: { beforeCreate: [ready.beforeMaking], beforeUpdate: [ready.beforeResize] },
    },
  );
  const hostKey = args.hostKeyPassword.apply(hostKeyFrom);
  const publicKey = pulumi.unsecret(hostKey.apply((key) => key.publicKey));
  const makeServer = (providers: HostProviders): HcloudServer => {
    const reached: HostAddress = { address: address.ipAddress, sshPort: host.sshPort, hostKey: publicKey };
    // The cloud changes the type of a server that is off, and the provider would cut its power for that.
    const beforeTypeChange = serverShutdown(
      `${name}-server-shutdown-for-type`,
      reached,
      providers,
      // On destroy the server has gone before it: then the firewall goes as well, and nobody has to ask.
      {
        ...{ parent, deleteBeforeReplace: true, deletedWith: firewall },
        hooks: { beforeCreate: [ready.afterShutdown] },
      },
      [host.serverType],
    );
    const server = new hcloud.Server(
      `${name}-server`,
      {
        name: serverName,
        serverType: host.serverType,
        image: host.image,
        location: host.location,
        sshKeys: [ownKey?.id ?? host.sshKey],
        firewallIds: [firewall.id.apply(Number)],
        publicNets: [{ ipv4Enabled: true, ipv4: address.id.apply(Number), ipv6Enabled: true }],
        userData: pulumi.secret(hostKey.apply((key) => userData(key, host.sshPort))),
        labels,
      },
      {
        ...options,
        hooks: { beforeCreate: [ready.beforeMaking], beforeUpdate: [ready.beforeTypeChange] },
        dependsOn: [providers.docker, providers.commands, beforeTypeChange],
        // They matter at the first boot alone, and a change would throw the server away.
        ignoreChanges: ["userData", "sshKeys", "image"],
        // The name is taken, and the address is in use, until the old server is gone.
        deleteBeforeReplace: true,
      },
    );
    // Exists in the state alone and is another one for each server. While the engine replaces a server it asks what else
    // is condemned, to know what goes with it, and the server itself is not yet on that list; this is.
    const instance = new random.RandomId(
      `${name}-server-instance`,
      { byteLength: 8, keepers: { server: server.id } },
      { parent, replaceWith: [server] },
    );
    // Not bound like the rest: it is to be undone on the old server, before that is deleted.
    serverShutdown(`${name}-server-shutdown`, reached, providers, {
      parent,
      dependsOn: [server],
      replaceWith: [server],
    });
    const bound: BoundToServer = { replaceWith: [server], deletedWith: instance };
    const attachment = new hcloud.VolumeAttachment(
      `${name}-volume-attachment`,
      { volumeId: volume.id.apply(Number), serverId: server.id.apply(Number), automount: false },
      { ...options, ...bound, deleteBeforeReplace: true, hooks: { beforeCreate: [ready.beforeAttaching] } },
    );
    return {
      server,
      bound,
      ipv6: server.ipv6Address,
      volumeDevice: volume.id.apply((id) => `/dev/disk/by-id/scsi-0HC_Volume_${id}`),
      volumeAttached: attachment,
      beforeFirstLogin: ready.beforeFirstLogin,
    };
  };
  return {
    firewall,
    ipv4: address.ipAddress,
    hostKey: publicKey,
    server: makeServer,
  };
}

/** Inbound: SSH from the admin addresses, HTTPS from Cloudflare, echo for path MTU and for people. All else is dropped. */
function firewallRules(host: HcloudHost): hcloud.types.input.FirewallRule[] {
  return [
    {
      direction: "in",
      protocol: "tcp",
      port: String(host.sshPort),
      sourceIps: [...host.adminCidrs],
      description: sshRule,
    },
    {
      direction: "in",
      protocol: "tcp",
      port: "443",
      sourceIps: [...cloudflareRanges.v4, ...cloudflareRanges.v6],
      description: "HTTPS from Cloudflare",
    },
    { direction: "in", protocol: "icmp", sourceIps: ["0.0.0.0/0", "::/0"], description: "ICMP" },
  ];
}
