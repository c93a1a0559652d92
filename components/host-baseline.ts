import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { serverNameOf } from "../config/hetzner";
import type { Configuration } from "../config/load";
import { memoryBudget } from "../config/tiers";
import { dockerSettings } from "../config-files/host/docker-settings";
import { groupId } from "../config-files/host/group-id";
import { hostShares } from "../config-files/host/shares";
import { kernelSettings } from "../config-files/host/kernel-settings";
import {
  awaitBootScript,
  hostTools,
  hostUnitFiles,
  prepareHostScript,
  scriptRevision,
  upgradeSettings,
} from "../config-files/host/tools";
import { securedSettings } from "../config-files/ssh/sshd-settings";
import { activeRecordOrder } from "./active-record-order";
import { beforeAnything } from "./before-anything";
import { Component } from "./component";
import { hcloudFoundation, type HcloudFoundation, type HcloudServer } from "./hcloud-server";
import { hostFirewall, type FirstCommand } from "./host-firewall";
import {
  connectionTo,
  Host,
  hostProviders,
  toolDirectory,
  unitDirectory,
  type HostAddress,
  type HostProviders,
} from "./host";
import { registryLoginsOf, type RegistryLogin } from "./registry-login";

/** Where the host comes from: a server made here, or one that is there. */
interface HostSource {
  readonly address: HostAddress;
  readonly providers: HostProviders;
  readonly ipv4: pulumi.Input<string>;
  readonly ipv6: pulumi.Input<string | undefined>;
  /** The server and what binds to it; absent where the host was there before. */
  readonly made: Pick<HcloudServer, "server" | "bound" | "beforeFirstLogin"> | undefined;
  /** Device of the state volume and the resource that attaches it; absent where the state lies on the host's own disk. */
  readonly volume: Volume | undefined;
}

interface Volume {
  readonly device: pulumi.Input<string>;
  readonly sizeGiB: number;
  readonly attached: pulumi.Resource;
}

/**
 * The VPS: a Hetzner server with firewall, protected address and protected state volume, or an existing SSH host;
 * then what every other component stands on: packages, directories, the scripts they run.
 */
export class HostBaseline extends Component {
  /** The host to act on, ready. */
  readonly host: Host;
  /** Group id that may use the Docker daemon's socket on this host. */
  readonly dockerGroup: pulumi.Output<string>;
  readonly ipv4: pulumi.Output<string>;
  /** Undefined where an existing host has none. */
  readonly ipv6: pulumi.Output<string | undefined>;
  readonly sshCommand: pulumi.Output<string>;
  /** Public half of the key that every connection is checked against. */
  readonly sshHostKey: pulumi.Output<string>;

  constructor(name: string, configuration: Configuration, options?: pulumi.ComponentResourceOptions) {
    super("HostBaseline", name, options);
    const logins = registryLoginsOf(configuration);
    const source = this.source(configuration, logins);
    // A new server takes its time to answer; a host that is there answers now, or its address or key is wrong.
    const connection = connectionTo(source.address, source.made === undefined ? 4 : 60);
    const first: FirstCommand = (suffix, args, after, hooks) =>
      new command.remote.Command(
        this.child(suffix),
        { connection, addPreviousOutputInEnv: false, logging: "stderr", ...args },
        {
          parent: this,
          dependsOn: after,
          provider: source.providers.commands,
          deleteBeforeReplace: true,
          ...source.made?.bound,
          customTimeouts: { create: "15m" },
          ...(hooks === undefined ? {} : { hooks }),
        },
      );

    // A new server answers before cloud-init is through, and both want the package manager.
    const booted = first(
      "booted",
      {
        create: `bash -s -- ${source.made === undefined ? "existing" : "made"}`,
        stdin: awaitBootScript(),
      },
      source.made === undefined ? [] : [source.made.server],
      source.made && { beforeCreate: [source.made.beforeFirstLogin] },
    );
    const { swapMiB } = configuration.settings.host;
    const { totalMiB } = memoryBudget(configuration.tier, configuration.settings.gateways.length);
    const prepared = first(
      "prepared",
      { create: `bash -s -- ${totalMiB} ${swapMiB}`, stdin: prepareHostScript() },
      [booted],
    );
    this.dockerGroup = prepared.stdout.apply(groupId);
    const tools = first("tools", { create: `bash -s -- ${toolDirectory} only`, stdin: hostTools() }, [
      prepared,
    ]);
    const installUnits = `${toolDirectory}/install-archive ${unitDirectory} && systemctl daemon-reload`;
    // Keys alone, on a host that was there too; on a new one this reads back what it was told at its first boot. Until
    // here one command follows the other, and all else comes after: sshd's own settings drop logins side by side.
    const settings = securedSettings(configuration.settings.host.adminCidrs);
    // Whoever has other plans for a host of his own hears it before anything of it is changed.
    const possible = first(
      "upgrades-possible",
      { create: `${toolDirectory}/host-upgrades possible`, stdin: upgradeSettings() },
      [tools],
    );
    const sshd = first(
      "sshd",
      {
        create: `${toolDirectory}/secure-sshd apply`,
        stdin: [scriptRevision("secure-sshd"), ...settings, ""].join("\n"),
      },
      [possible],
    );
    const enableUnits = `${toolDirectory}/enable-units ${scriptRevision("enable-units")}`;
    const create = `${installUnits} && ${enableUnits}`;
    const units = first("units", { create, stdin: hostUnitFiles() }, [sshd]);
    // Docker's settings before anything stands on it: a change may restart the daemon.
    const docker = first(
      "docker-settings",
      {
        create: `${toolDirectory}/docker-settings apply`,
        stdin: JSON.stringify({
          ...dockerSettings(configuration.settings.networks),
          script: scriptRevision("docker-settings"),
        }),
      },
      [units],
    );
    // Comments at its end: a changed script runs again.
    const tuned = first(
      "tuned",
      {
        create: `${toolDirectory}/tune-host apply ${configuration.settings.host.swapMiB}`,
        stdin: `${kernelSettings()}# ${scriptRevision("tune-host")}\n`,
      },
      [units],
    );
    // After Docker's settings: it is looked at who makes its control groups.
    const shares = first(
      "shares",
      {
        create: `${toolDirectory}/host-shares apply`,
        stdin: JSON.stringify({
          ...hostShares(configuration.tier, configuration.settings),
          script: scriptRevision("host-shares"),
        }),
      },
      [docker],
    );
    // A changed script is started anew.
    const traces = first(
      "traces",
      {
        create:
          "systemctl enable --quiet clawkeep-traces.service && systemctl restart clawkeep-traces.service",
        stdin: scriptRevision("keep-traces"),
      },
      [docker],
    );
    const upgrades = first(
      "upgrades",
      {
        create: `${toolDirectory}/host-upgrades apply`,
        stdin: `${upgradeSettings()}// ${scriptRevision("host-upgrades")}\n`,
      },
      // It reads back which timers and units there are, and Docker's version.
      [units, docker],
    );
    // Before anything of theirs is changed: the engine deletes last, and an address is had by one at a time.
    const gateways = first(
      "gateways",
      { create: `${toolDirectory}/gateway-list ${gatewayList(configuration).join(" ")}` },
      [docker],
    );
    const firewall = hostFirewall(configuration, first, [gateways], installUnits);
    const ready: pulumi.Resource[] = [
      tools,
      units,
      tuned,
      docker,
      shares,
      traces,
      upgrades,
      sshd,
      gateways,
      firewall,
    ];
    if (source.volume !== undefined) {
      const mounted = first(
        "volume-mounted",
        {
          create: pulumi.interpolate`${toolDirectory}/mount-volume ${source.volume.device} ${source.volume.sizeGiB}`,
          stdin: scriptRevision("mount-volume"),
        },
        [sshd, source.volume.attached],
      );
      ready.push(mounted);
    }
    const activeRecord = activeRecordOrder(configuration);
    if (activeRecord !== undefined) {
      const tool = `${toolDirectory}/active-record`;
      // In clear, for whoever takes over: what lies on the host is what the state says (tools/failover/lease.ts).
      const { leaseSeconds } = configuration.settings;
      const words = leaseSeconds === undefined ? "put" : `put lease ${leaseSeconds}`;
      const put = { create: `${tool} ${words}`, delete: `${tool} remove`, stdin: activeRecord };
      // It asks through the firewall, so it sees whether a boot could.
      ready.push(first("active-record", put, [...ready]));
    }
    const revisionKey = new random.RandomPassword(
      this.child("revision-key"),
      { length: 64, special: false },
      { parent: this },
    );
    this.host = new Host(
      source.address,
      source.providers,
      source.made?.bound,
      ready,
      logins,
      revisionKey.result,
    );
    this.ipv4 = pulumi.output(source.ipv4);
    this.ipv6 = pulumi.output(source.ipv6);
    this.sshCommand = pulumi.interpolate`ssh -p ${source.address.sshPort} root@${source.address.address}`;
    this.sshHostKey = pulumi.output(source.address.hostKey);
    this.finish({ ipv4: this.ipv4, ipv6: this.ipv6, sshCommand: this.sshCommand });
  }

  private source(configuration: Configuration, logins: readonly RegistryLogin[]): HostSource {
    const { settings, hcloud, stack } = configuration;
    const { host } = settings;
    if (host.mode === "existing") {
      const address = { address: host.address, sshPort: host.sshPort, hostKey: host.hostKey };
      return {
        address,
        providers: hostProviders(this, this.name, address, logins),
        ipv4: host.address,
        ipv6: host.ipv6Address,
        made: undefined,
        volume: undefined,
      };
    }
    if (hcloud.token === undefined) throw new Error("hcloud:token has been checked by the configuration");
    // 256 bits: the host key is derived from it.
    const password = new random.RandomPassword(
      this.child("host-key"),
      { length: 48, special: false },
      { parent: this },
    );
    const foundation: HcloudFoundation = hcloudFoundation(this, this.name, {
      host,
      stack,
      serverName: serverNameOf(stack),
      token: hcloud.token,
      endpoint: hcloud.endpoint,
      hostKeyPassword: password.result,
      beforeAnything: beforeAnything(configuration, () => foundation.hostKey),
    });
    const address = { address: foundation.ipv4, sshPort: host.sshPort, hostKey: foundation.hostKey };
    const providers = hostProviders(this, this.name, address, logins, [foundation.firewall]);
    const made = foundation.server(providers);
    return {
      address,
      providers,
      ipv4: foundation.ipv4,
      ipv6: made.ipv6,
      made,
      volume: { device: made.volumeDevice, sizeGiB: host.volumeGiB, attached: made.volumeAttached },
    };
  }
}

/** The stack's gateways as gateway-list wants them. */
const gatewayList = ({ settings, addresses }: Configuration): string[] =>
  settings.gateways.map(({ name }, index) => `${name}=${addresses.gateways[index]?.openclaw ?? ""}`);
