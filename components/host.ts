import * as docker from "@pulumi/docker";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { createHash, createHmac } from "node:crypto";
import { sshClientOptions } from "../config-files/ssh/client-options";
import type { BoundToServer } from "./hcloud-server";
import type { RegistryLogin } from "./registry-login";

/** How a host is reached. The identity is the ssh-agent's: it is named by the environment and never in the state. */
export interface HostAddress {
  /** IP address or name. */
  readonly address: pulumi.Input<string>;
  readonly sshPort: number;
  /** `ssh-ed25519 AAAA…` or another type; every connection, the first included, is checked against it. */
  readonly hostKey: pulumi.Input<string>;
}

/** A file that a service mounts. */
export interface HostFile {
  /** Plain file name. */
  readonly path: string;
  readonly content: pulumi.Input<string>;
}

export interface HostFilesArgs {
  /** Folder below /opt/openclaw/config or /opt/openclaw/secrets. */
  readonly service: string;
  /** User and group id that read the files. */
  readonly owner: number;
  readonly files: readonly HostFile[];
  /** Only the owner may read them, secret or not: some programs refuse what others can read. @default false */
  readonly closed?: boolean;
}

export interface HostCommandArgs {
  /** Text of the command. Never a secret: it stands in errors and previews. */
  readonly create: pulumi.Input<string>;
  /** Undoes `create`; left out where the data has to stay. */
  readonly delete?: pulumi.Input<string>;
  /** Parameters and content, the way for secrets. */
  readonly stdin?: pulumi.Input<string>;
  readonly dependsOn?: pulumi.Input<pulumi.Input<pulumi.Resource>[]>;
}

/** Where the scripts of config-files/host/bin are on a host. */
export const toolDirectory = "/opt/openclaw/bin";
/** Where units of ours, and what we add to others, lie. */
export const unitDirectory = "/etc/systemd/system";

/**
 * A host to act on. Components get one of these, never an address to parse: it runs commands, writes files and
 * carries the Docker provider, and everything made through it is made again when the server behind it is replaced.
 */
export class Host {
  readonly docker: docker.Provider;
  private readonly commands: command.Provider;
  private readonly connection: pulumi.Input<command.types.input.remote.ConnectionArgs>;

  /**
   * @param bound options that bind to the cloud server, where there is one: what was made on it goes with it
   * @param ready resources that have to be there before anything else is done on the host
   * @param logins at the registries that images are pulled from
   * @param revisionKey random key, so that the revision of a secret file says nothing about its content
   */
  constructor(
    address: HostAddress,
    providers: HostProviders,
    private readonly bound: BoundToServer | undefined,
    private readonly ready: pulumi.Resource[],
    readonly logins: readonly RegistryLogin[],
    private readonly revisionKey: pulumi.Output<string>,
  ) {
    this.connection = connectionTo(address);
    this.docker = providers.docker;
    this.commands = providers.commands;
  }

  /**
   * Options of a resource on this host: it depends on the host being ready, and is bound to the cloud server where
   * there is one.
   */
  options(parent: pulumi.Resource, more: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
    const dependsOn = pulumi.output(more.dependsOn ?? []).apply((own) => [...this.ready, ...[own].flat()]);
    return { parent, ...this.bound, ...more, dependsOn };
  }

  /** Runs a command as root. It has to be idempotent: any changed input, the connection included, runs it again. */
  command(parent: pulumi.Resource, name: string, args: HostCommandArgs): command.remote.Command {
    const { dependsOn, ...inputs } = args;
    return new command.remote.Command(
      name,
      { connection: this.connection, addPreviousOutputInEnv: false, logging: "stderr", ...inputs },
      this.options(parent, {
        provider: this.commands,
        ...(dependsOn === undefined ? {} : { dependsOn }),
        // A replaced command's `delete` would otherwise undo what the new `create` has just done.
        deleteBeforeReplace: true,
      }),
    );
  }

  /** Writes configuration, readable for every uid in the container that mounts it, or closed. @returns its directory */
  configuration(parent: pulumi.Resource, name: string, args: HostFilesArgs): FilesOnHost {
    return this.files(parent, name, args, {
      root: `/opt/openclaw/config/${args.service}`,
      directoryMode: args.closed === true ? "0500" : "0755",
      fileMode: args.closed === true ? "0400" : "0444",
      revision: (content) => createHash("sha256").update(content).digest("hex"),
    });
  }

  /** Writes secrets, readable for their owner only; the content is marked secret here. @returns their directory */
  secrets(parent: pulumi.Resource, name: string, args: HostFilesArgs): FilesOnHost {
    const files = args.files.map((file) => ({ ...file, content: pulumi.secret(file.content) }));
    return this.files(
      parent,
      name,
      { ...args, files },
      {
        root: `/opt/openclaw/secrets/${args.service}`,
        directoryMode: "0500",
        fileMode: "0400",
        revision: (content, key) => createHmac("sha256", key).update(content).digest("hex"),
      },
    );
  }

  /**
   * One revision of a service's files, in a directory named by their content and owner: a container that mounts it is
   * replaced exactly when one of them changes, and the files of the one that still runs stay as they are.
   */
  private files(parent: pulumi.Resource, name: string, args: HostFilesArgs, kind: FileKind): FilesOnHost {
    const content = pulumi.all(args.files.map((file) => file.content)).apply((contents) =>
      JSON.stringify(
        args.files.map((file, index) => ({
          path: file.path,
          mode: kind.fileMode,
          content: contents[index],
        })),
      ),
    );
    const revision = pulumi.unsecret(
      pulumi
        .all([content, this.revisionKey])
        .apply(([text, key]) => kind.revision(`${args.owner} ${text}`, key).slice(0, 12)),
    );
    const order = pulumi.all([content, revision]).apply(([files, name]) =>
      JSON.stringify({
        root: kind.root,
        revision: name,
        directoryMode: kind.directoryMode,
        uid: args.owner,
        gid: args.owner,
        files: JSON.parse(files) as unknown,
      }),
    );
    const installed = this.command(parent, name, {
      create: `${toolDirectory}/install-files`,
      delete: `rm -rf -- '${kind.root}'`,
      stdin: order,
    });
    return { directory: pulumi.interpolate`${kind.root}/${revision}`, installed };
  }
}

/** The providers that act on one host. */
export interface HostProviders {
  readonly docker: docker.Provider;
  readonly commands: command.Provider;
}

/**
 * Declared before the server: a server that is replaced takes along what was on it, and to forget that the engine needs
 * the providers of before, which it has only once the program has declared them.
 *
 * @param logins for images that the provider pulls itself, where one that was there has gone
 * @param after what has to be right before anything acts on the host, or tells the providers another way to it
 */
export function hostProviders(
  parent: pulumi.Resource,
  name: string,
  address: HostAddress,
  logins: readonly RegistryLogin[],
  after: pulumi.Resource[] = [],
): HostProviders {
  const options = { parent, dependsOn: after };
  return {
    docker: new docker.Provider(
      `${name}-docker`,
      {
        host: pulumi.interpolate`ssh://root@${address.address}:${address.sshPort}`,
        sshOpts: sshOptions(address.hostKey),
        // There may be no host yet when the provider is configured.
        disableDockerDaemonCheck: true,
        ...(logins.length === 0 ? {} : { registryAuth: logins.map(registryAuth) }),
      },
      options,
    ),
    commands: new command.Provider(`${name}-command`, {}, options),
  };
}

/** The provider looks a login up by what stands before the first / of the image. */
const registryAuth = ({
  registry,
  user,
  password,
}: RegistryLogin): docker.types.input.ProviderRegistryAuth => ({
  address: registry,
  username: user,
  password: pulumi.secret(password),
});

/** Files that are on the host once `installed` is there. */
export interface FilesOnHost {
  readonly directory: pulumi.Output<string>;
  readonly installed: pulumi.Resource;
}

interface FileKind {
  readonly root: string;
  readonly directoryMode: string;
  readonly fileMode: string;
  readonly revision: (content: string, key: string) => string;
}

/** An exact literal: a connection with a key too many is printed whole in errors. */
export function connectionTo(address: HostAddress, dialErrorLimit = 15) {
  return {
    host: address.address,
    port: address.sshPort,
    user: "root",
    hostKey: address.hostKey,
    dialErrorLimit,
    perDialTimeout: 15,
  };
}

/** Arguments for the system's ssh, as the Docker provider and what runs on the operator's machine start it. */
export const sshOptions = (hostKey: pulumi.Input<string>): pulumi.Output<string[]> =>
  pulumi.output(hostKey).apply(sshClientOptions);
