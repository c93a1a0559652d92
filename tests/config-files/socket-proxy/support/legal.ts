import { selfIdentityProbe } from "../../../../config-files/socket-proxy/exec-body";

/** The bodies that both supported release lines of OpenClaw send through the docker CLI, as recorded. */

export type Body = { [field: string]: any }; // eslint-disable-line @typescript-eslint/no-explicit-any

export interface BodyPlace {
  readonly image: string;
  readonly hostDirectory: string;
  /** A directory in the sandboxes directory. */
  readonly workspace: string;
}

/** HostConfig of the docker CLI 28 for a create with OpenClaw's options. */
function hostConfig(): Body {
  return {
    Binds: [],
    ContainerIDFile: "",
    LogConfig: { Type: "", Config: {} },
    NetworkMode: "none",
    PortBindings: {},
    RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
    AutoRemove: false,
    VolumeDriver: "",
    VolumesFrom: null,
    ConsoleSize: [0, 0],
    CapAdd: null,
    CapDrop: ["ALL"],
    CgroupnsMode: "",
    Dns: [],
    DnsOptions: [],
    DnsSearch: [],
    ExtraHosts: null,
    GroupAdd: null,
    IpcMode: "",
    Cgroup: "",
    Links: null,
    OomScoreAdj: 0,
    PidMode: "",
    Privileged: false,
    PublishAllPorts: false,
    ReadonlyRootfs: true,
    SecurityOpt: ["no-new-privileges"],
    Tmpfs: {
      "/run": "rw,nosuid,nodev,size=16m",
      "/tmp": "rw,nosuid,nodev,size=64m",
      "/var/tmp": "rw,nosuid,nodev,size=16m",
    },
    UTSMode: "",
    UsernsMode: "",
    ShmSize: 0,
    Isolation: "",
    CpuShares: 0,
    Memory: 512 * 1024 * 1024,
    NanoCpus: 500_000_000,
    CgroupParent: "",
    BlkioWeight: 0,
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: [],
    BlkioDeviceWriteBps: [],
    BlkioDeviceReadIOps: [],
    BlkioDeviceWriteIOps: [],
    CpuPeriod: 0,
    CpuQuota: 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: "",
    CpusetMems: "",
    Devices: [],
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemoryReservation: 0,
    MemorySwap: 512 * 1024 * 1024,
    MemorySwappiness: -1,
    OomKillDisable: false,
    PidsLimit: 128,
    Ulimits: [
      { Name: "core", Hard: 0, Soft: 0 },
      { Name: "nofile", Hard: 1024, Soft: 1024 },
    ],
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    MaskedPaths: null,
    ReadonlyPaths: null,
    Init: true,
  };
}

function body(place: BodyPlace): Body {
  return {
    Hostname: "",
    Domainname: "",
    User: "1000:1000",
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: ["LANG=C.UTF-8", "OPENCLAW_CLI=1"],
    Cmd: ["sleep", "infinity"],
    Image: place.image,
    Volumes: {},
    WorkingDir: "/workspace",
    Entrypoint: null,
    OnBuild: null,
    Labels: {},
    HostConfig: hostConfig(),
    NetworkingConfig: { EndpointsConfig: {} },
  };
}

/** Create body of OpenClaw 2026.9.6. */
export function createBody(place: BodyPlace): Body {
  const result = body(place);
  const directory = `${place.hostDirectory}/${place.workspace}`;
  result["Labels"] = {
    "openclaw.configHash": "c0ffee00".repeat(8),
    "openclaw.createArgsEpoch": "2026-08-25-container-env-file",
    "openclaw.createdAtMs": "1795359601714",
    "openclaw.mountFormatVersion": "4",
    "openclaw.sandbox": "1",
    "openclaw.sessionKey": "agent:main:workspace:0123456789abcdef0123456789abcdef",
  };
  result["HostConfig"].Binds = [`${directory}/skills:/workspace/skills:ro,z`, `${directory}:/workspace:z`];
  return result;
}

/**
 * Create body of the older release line: heard from OpenClaw 2026.2.17 through the docker CLI 20.10. The pinned 2026.2.26 says
 * the same (read in its package: `buildSandboxCreateArgs`), but for a configHash of 64 digits in place of 40.
 */
export function olderCreateBody(place: BodyPlace): Body {
  const result = body(place);
  const config = result["HostConfig"];
  result["Env"] = ["LANG=C.UTF-8"];
  result["Labels"] = {
    "openclaw.configHash": "c0ffee00".repeat(8),
    "openclaw.createdAtMs": "1795359601714",
    "openclaw.sandbox": "1",
    "openclaw.sessionKey": "agent:default",
  };
  config.Binds = [`${place.hostDirectory}/${place.workspace}:/workspace`];
  config.KernelMemory = 0;
  config.KernelMemoryTCP = 0;
  for (const list of ["ReadBps", "WriteBps", "ReadIOps", "WriteIOps"]) config[`BlkioDevice${list}`] = null;
  delete config.Init;
  return result;
}

/** Body of an exec by OpenClaw's `exec` tool. */
export function execBody(command: string): Body {
  return {
    User: "",
    Privileged: false,
    Tty: false,
    AttachStdin: true,
    AttachStderr: true,
    AttachStdout: true,
    Detach: false,
    DetachKeys: "",
    Env: [
      "HOME=/workspace",
      "LANG=C.UTF-8",
      "OPENCLAW_PREPEND_PATH=/srv/state/tmp/agent-cli:/usr/local/bin:/usr/bin:/bin",
      "OPENCLAW_SHELL=exec",
    ],
    WorkingDir: "/workspace",
    Cmd: [
      "/bin/sh",
      "-lc",
      `export PATH="\${OPENCLAW_PREPEND_PATH}:$PATH"; unset OPENCLAW_PREPEND_PATH; ${command}`,
    ],
  };
}

/** Body of the exec by which 2026.9.6 identifies itself in the gateway's own container. */
export function selfExecBody(nodePath: string): Body {
  return {
    ...execBody(""),
    AttachStdin: false,
    Env: null,
    WorkingDir: "",
    Cmd: [nodePath, "-e", selfIdentityProbe],
  };
}

export const execStartBody = { Detach: false, Tty: false };
