/** What every container has, and what each of them sees. */
import { controlsOf, type Control } from "../control";

const rules = "tests/components/container-rules.test.ts";
const noWayUp = "No capability, no new privileges";
const container = "components/container.ts";
const shape = "config/container-shape.ts";

export const containerControls: readonly Control[] = [
  ...controlsOf({ threat: noWayUp, file: shape, test: rules }, [
    {
      name: "container-read-only-root",
      from: "  readOnly: true,\n",
      to: "  readOnly: false,\n",
      failing: "cannot write its root, gain privileges",
    },
    {
      name: "container-capabilities",
      from: "drops: [...hardened.droppedCapabilities],",
      to: "drops: [],",
      failing: "cannot write its root, gain privileges",
    },
    {
      name: "container-no-new-privileges",
      from: "  securityOpts: [...hardened.securityOpts],\n",
      to: "  securityOpts: [],\n",
      failing: "cannot write its root, gain privileges",
    },
    {
      name: "container-swap",
      from: "  memorySwap: shape.memoryMiB,\n",
      to: "  memorySwap: -1,\n",
      failing: "has limits on memory without swap",
    },
    {
      name: "container-pids",
      file: container,
      from: "pidsLimit: limits.pids,",
      to: "pidsLimit: 0,",
      failing: "has limits on memory without swap",
    },
    {
      name: "container-read-back",
      from: '  "HostConfig.CapDrop": [...hardened.droppedCapabilities],\n',
      to: "",
      failing: "the daemon is asked whether it took them",
    },
    {
      name: "container-log-size",
      from: '"max-size": "10m"',
      to: '"max-size": "-1"',
      failing: "cannot fill the disk with its log",
    },
    {
      name: "filter-not-root",
      file: "config/services.ts",
      from: "uid: 59200,",
      to: "uid: 0,",
      failing: "is not root",
    },
    {
      name: "user-of-a-sandbox-its-own",
      threat: "A sandbox has a user that",
      file: "config/services.ts",
      from: "sandbox: 59100 + slot,",
      to: "sandbox: services.gateway.uid + slot,",
      test: "tests/config/services.test.ts",
      failing: "are no two containers' at once",
    },
    {
      name: "user-of-a-gateway-its-own",
      threat: "A sandbox has a user that",
      file: "config/services.ts",
      from: "const more = isOfGateway(row) ? slot : 0;",
      to: "const more = 0;",
      test: "tests/config/services.test.ts",
      failing: "are no two containers' at once",
    },
    {
      name: "image-caddy-with-holes",
      threat: "Images are pinned, moving tags",
      file: "config/image-rules.ts",
      from: 'oldest: { version: "2.11.1"',
      to: 'oldest: { version: "2.0.0"',
      test: "tests/config/tables.test.ts",
      failing: "caddy docker.io/library/caddy:2.10.2",
    },
    {
      name: "image-derived-pinned",
      threat: "Images are pinned, moving tags",
      file: "config/images.ts",
      from: "docker.io/library/caddy:2.11.4@",
      to: "docker.io/library/caddy:stable@",
      failing: "runs a pinned image",
    },
  ]),
  ...controlsOf(
    { threat: "The gateway's configuration is root's file", file: "components/gateway.ts", test: rules },
    [
      {
        name: "gateway-databases-copied-to-disk",
        threat: undefined,
        file: "config-files/gateway/order.ts",
        from: "  XDG_CACHE_HOME: `${stateDirectory}/tmp`,\n",
        to: "",
        test: "tests/config-files/gateway/order.test.ts",
        failing: "databases are copied at a start",
      },
      {
        name: "gateway-configuration-read-only",
        file: "config-files/gateway/order.ts",
        from: 'containerPath: "/etc/openclaw", writable: false',
        to: 'containerPath: "/etc/openclaw", writable: true',
        failing: "mounts nothing but its own, secrets read-only",
      },
      {
        name: "gateway-soul-read-only",
        file: "config-files/gateway/order.ts",
        from: "containerPath: soulFile, writable: false",
        to: "containerPath: soulFile, writable: true",
        test: "tests/components/gateway.test.ts",
        failing: "mounts SOUL.md of .* read-only",
      },
      {
        name: "gateway-configuration-closed",
        from: "      closed: true,\n",
        to: "",
        test: "tests/components/gateway.test.ts",
        failing: "mounts SOUL.md of .* from the closed configuration",
      },
      {
        name: "gateway-without-the-docker-socket",
        threat: "The Docker API it has is a filter",
        file: "config-files/gateway/order.ts",
        from: "{ hostPath: `${home}/socket`,",
        to: '{ hostPath: "/run/clawkeep-docker",',
        failing: "the Docker socket in the filter alone",
      },
      {
        name: "gateway-started-after-a-check",
        threat: undefined,
        file: "config/services.ts",
        from: 'startedBy: "systemd",\n    handedOver',
        to: 'startedBy: "docker",\n    handedOver',
        failing: "is started by Docker, but for a gateway",
      },
      {
        name: "gateway-environment",
        threat: "No provider key, master key",
        file: "config-files/gateway/order.ts",
        from: "  OPENCLAW_STATE_DIR: stateDirectory,\n",
        to: '  OPENCLAW_STATE_DIR: stateDirectory,\n  LITELLM_API_KEY: "sk-in-the-open",\n',
        failing: "shows no secret in its environment",
      },
    ],
  ),
  ...controlsOf({ threat: "One port is published", file: "config/services.ts", test: rules }, [
    {
      name: "one-published-port",
      from: "    port: 4000,\n",
      to: "    port: 4000,\n    publishes: 443,\n",
      failing: "publishes no port",
    },
  ]),
];
