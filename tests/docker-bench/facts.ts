/** What the checks are judged by: everything a host was asked, at one moment. `collect.py` prints it as JSON. */
export interface DockerInfo {
  readonly Debug: boolean;
  readonly Driver: string;
  readonly DockerRootDir: string;
  readonly ExperimentalBuild: boolean;
  readonly LiveRestoreEnabled: boolean;
  readonly LoggingDriver: string;
  readonly Plugins: { readonly Authorization: readonly string[] | null };
  readonly RegistryConfig: {
    readonly InsecureRegistryCIDRs: readonly string[] | null;
    readonly IndexConfigs: Readonly<Record<string, { readonly Secure: boolean }>>;
  };
  /** `name=seccomp,profile=builtin` and the like. */
  readonly SecurityOptions: readonly string[] | null;
  readonly Swarm: { readonly LocalNodeState: string };
}

/** The part of `docker inspect` that is looked at. */
export interface Container {
  readonly Id: string;
  /** Begins with a slash. */
  readonly Name: string;
  /** `sha256:…` */
  readonly Image: string;
  readonly AppArmorProfile: string;
  readonly ProcessLabel: string;
  readonly Config: {
    readonly Image: string;
    readonly User: string;
    readonly Labels: Readonly<Record<string, string>> | null;
    readonly Healthcheck?: { readonly Test?: readonly string[] } | null;
  };
  readonly HostConfig: {
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly CgroupParent: string;
    readonly CpuQuota: number;
    readonly CpuShares: number;
    readonly Devices: readonly { readonly PathOnHost: string }[] | null;
    readonly DeviceRequests?: readonly unknown[] | null;
    readonly IpcMode: string;
    /** Bytes; 0 is no limit. */
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly NetworkMode: string;
    readonly PidMode: string;
    readonly PidsLimit: number | null;
    readonly Privileged: boolean;
    readonly ReadonlyRootfs: boolean;
    readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount: number };
    readonly SecurityOpt: readonly string[] | null;
    readonly Ulimits: readonly { readonly Name: string; readonly Hard: number }[] | null;
    readonly UTSMode: string;
    readonly UsernsMode: string;
  };
  readonly Mounts: readonly {
    readonly Source: string;
    readonly Destination: string;
    readonly Propagation: string;
  }[];
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, unknown>>;
    readonly Ports: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    > | null;
  };
}

/** A process of a container as the kernel has it; masks are hexadecimal. */
export interface Process {
  readonly command: string;
  readonly uid: number;
  readonly capBounding: string;
  readonly noNewPrivileges: boolean;
  /** 2: a filter is in force. */
  readonly seccomp: number;
}

export interface File {
  /** `user:group` */
  readonly owner: string;
  /** Octal, without the type. */
  readonly mode: string;
}

export interface Facts {
  readonly info: DockerInfo;
  readonly daemon: {
    readonly uid: number;
    readonly program: string;
    /** Arguments of the running process, without the program. */
    readonly arguments: readonly string[];
    /** daemon.json; empty where there is none. */
    readonly settings: Readonly<Record<string, unknown>>;
  };
  /** The network `bridge` allows its containers to talk to each other. */
  readonly defaultBridgeOpen: boolean;
  readonly containers: readonly Container[];
  /** Container id -> its processes, the first one started first; none where it does not run. */
  readonly processes: Readonly<Record<string, readonly Process[]>>;
  /** Container id -> setuid and setgid files in its root file system; none where it does not run. */
  readonly setuid: Readonly<Record<string, readonly string[]>>;
  /** Image id -> what the containers' images say of themselves, and their instructions, the newest first. */
  readonly images: Readonly<
    Record<
      string,
      {
        readonly Env: readonly string[] | null;
        readonly Healthcheck: { readonly Test?: readonly string[] } | null;
        readonly history: readonly string[];
      }
    >
  >;
  /** Path -> what is there, links followed; paths with nothing behind them are absent. */
  readonly files: Readonly<Record<string, File>>;
  /** systemd's unit files; empty where there is none. */
  readonly units: { readonly service: string; readonly socket: string };
  readonly programs: {
    readonly containerd: string;
    readonly shim: string;
    readonly shimV1: string;
    readonly shimV2: string;
    readonly runc: string;
  };
  /** TCP ports something listens at. */
  readonly listeners: readonly {
    readonly address: string;
    readonly port: number;
    readonly process: string;
  }[];
  readonly dockerGroup: readonly string[];
  readonly dockerRootIsMountPoint: boolean;
  /** The kernel's audit rules in force; empty where nothing audits. */
  readonly auditRules: readonly string[];
  /** Docker's client refuses unsigned images for everybody on the host. */
  readonly contentTrust: boolean;
}
