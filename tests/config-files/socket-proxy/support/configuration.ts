import {
  measuredEnvironment,
  type FilterConfiguration,
} from "../../../../config-files/socket-proxy/configuration";

export const nodePath = "/usr/local/bin/node";

/** A configuration for tests that touch no daemon and no filesystem. */
export function exampleConfiguration(overrides: Partial<FilterConfiguration> = {}): FilterConfiguration {
  return {
    gateway: { name: "test", container: "clawkeep-test-gateway", nodePath },
    listen: "/run/clawkeep/docker.sock",
    upstream: "/run/docker.sock",
    sandbox: {
      image: "openclaw-sandbox:bookworm-slim",
      imageId: `sha256:${"ab".repeat(32)}`,
      hostDirectory: "/srv/openclaw/sandboxes",
      sourceDirectory: "/sandboxes/here",
      uid: 1000,
      gid: 1000,
      environment: measuredEnvironment,
      cgroupParent: "openclaw-test.slice",
    },
    limits: {
      memoryMiB: 512,
      milliCpus: 500,
      pids: 128,
      openFiles: 1024,
      sandboxes: 3,
      tmpfsMiB: { "/tmp": 64, "/var/tmp": 16, "/run": 16 },
      connections: 64,
      calls: 16,
      execs: 8,
      createdExecs: 16,
      starts: 4,
      // Tests do in seconds what a gateway does in a day.
      execRate: { burst: 100_000, perMinute: 100_000 },
      sandboxRate: { burst: 100_000, perMinute: 100_000 },
    },
    ...overrides,
  };
}
