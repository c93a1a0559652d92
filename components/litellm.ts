import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../config/load";
import { providerOf } from "../config/providers";
import { alertWebhookKey, gatewaySecretKeys } from "../config/secrets";
import { litellmConfig, litellmEnvironment, providerKeyVariable } from "../config-files/litellm/config";
import { limitsFile } from "../config-files/litellm/limits";
import { programFiles } from "../config-files/litellm/program";
import { redisConf } from "../config-files/redis/redis-conf";
import { Component } from "./component";
import { serviceContainer, type ServiceContainer } from "./container";
import { egressProxyUrl, type EgressProxy } from "./egress-proxy";
import type { Host } from "./host";
import { pulledImage } from "./image";
import type { Networks } from "./networks";

export interface LiteLLMArgs {
  readonly configuration: Configuration;
  readonly host: Host;
  readonly networks: Networks;
  readonly egressProxy: EgressProxy;
}

const containerName = "openclaw-litellm";
const storeName = "openclaw-redis";
/** `redis` of the Redis image. */
const redisUser = 999;
/** `nobody`: LiteLLM needs no file but what is mounted for it. */
const litellmUser = 65534;

/**
 * The one place that holds provider keys: LiteLLM with spending caps, and beside it the store of what was spent,
 * which has no network and no client but LiteLLM.
 */
export class LiteLLM extends Component {
  readonly service: ServiceContainer;
  readonly store: ServiceContainer;
  readonly masterKey: pulumi.Output<string>;

  constructor(name: string, args: LiteLLMArgs, options?: pulumi.ComponentResourceOptions) {
    super("LiteLLM", name, options);
    this.masterKey = args.configuration.secret("litellmMasterKey");
    const socket = this.socketDirectory(args.host);
    this.store = this.redis(args, socket);
    this.service = this.litellm(args, socket);
    this.finish();
  }

  /** The directory that Redis and LiteLLM share, and those they keep their data in, on the state volume. */
  private socketDirectory(host: Host): pulumi.Resource {
    return host.command(this, this.child("directories"), {
      create:
        `install -d -o ${redisUser} -g ${litellmUser} -m 2750 /opt/openclaw/config/redis-socket && ` +
        `install -d -o ${redisUser} -g ${redisUser} -m 0700 /opt/openclaw/volume/redis && ` +
        `install -d -o ${litellmUser} -g ${litellmUser} -m 0700 /opt/openclaw/volume/litellm`,
    });
  }

  private redis({ configuration, host }: LiteLLMArgs, socket: pulumi.Resource): ServiceContainer {
    const files = host.configuration(this, this.child("store-config"), {
      service: "redis",
      owner: 0,
      files: [{ path: "redis.conf", content: redisConf() }],
    });
    return serviceContainer(this, this.child("store"), {
      containerName: storeName,
      host,
      image: pulledImage(this, this.child("store-image"), host, configuration.images.redis),
      entrypoint: ["redis-server"],
      command: ["/etc/redis/redis.conf"],
      user: `${redisUser}:${litellmUser}`,
      limits: configuration.tier.services.redis,
      mounts: [
        { hostPath: files.directory, containerPath: "/etc/redis" },
        { hostPath: "/opt/openclaw/config/redis-socket", containerPath: "/run/redis", writable: true },
        { hostPath: "/opt/openclaw/volume/redis", containerPath: "/data", writable: true },
      ],
      healthcheck: ["redis-cli", "-s", "/run/redis/redis.sock", "ping"],
      startedBy: "docker",
      running: configuration.settings.role === "active",
      dependsOn: [files.installed, socket],
    });
  }

  private litellm(args: LiteLLMArgs, socket: pulumi.Resource): ServiceContainer {
    const { configuration, host, networks, egressProxy } = args;
    const { settings, tier, images, addresses } = configuration;
    const files = host.configuration(this, this.child("config"), {
      service: "litellm",
      owner: 0,
      files: [
        { path: "config.yaml", content: litellmConfig(settings.models) },
        { path: "limits.json", content: limitsFile(settings) },
        ...programFiles(),
        ...(settings.extraCaCertificates === undefined
          ? []
          : [{ path: "extra-ca.pem", content: settings.extraCaCertificates }]),
      ],
    });
    const secrets = host.secrets(this, this.child("secrets"), {
      service: "litellm",
      owner: litellmUser,
      files: [{ path: "secrets.json", content: this.secretsFile(configuration) }],
    });
    return serviceContainer(this, this.child("container"), {
      containerName,
      host,
      image: pulledImage(this, this.child("image"), host, images.litellm),
      entrypoint: ["python3", "/etc/litellm/launch.py"],
      user: `${litellmUser}:${litellmUser}`,
      limits: tier.services.litellm,
      networks: [{ network: networks.openclaw, address: addresses.litellm }],
      mounts: [
        { hostPath: files.directory, containerPath: "/etc/litellm" },
        { hostPath: secrets.directory, containerPath: "/run/secrets/litellm" },
        { hostPath: "/opt/openclaw/config/redis-socket", containerPath: "/run/redis" },
        { hostPath: "/opt/openclaw/volume/litellm", containerPath: "/var/lib/litellm", writable: true },
      ],
      tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,size=64m,mode=1777" },
      environment: litellmEnvironment(egressProxyUrl),
      healthcheck: ["python3", "/etc/litellm/ready.py"],
      readyWithinSeconds: 120,
      startedBy: "docker",
      running: settings.role === "active",
      dependsOn: [
        files.installed,
        secrets.installed,
        socket,
        this.store.settled,
        egressProxy.service.settled,
      ],
    });
  }

  private secretsFile({ settings, secret, optionalSecret }: Configuration): pulumi.Output<string> {
    const providerKeys = Object.fromEntries(
      settings.models.map(({ provider }) => [
        providerKeyVariable(provider),
        secret(providerOf(provider).secret),
      ]),
    );
    const gatewayKeys = Object.fromEntries(
      settings.gateways.map(({ name }) => [name, secret(gatewaySecretKeys(name).litellmKey)]),
    );
    const alertWebhookUrl = optionalSecret(alertWebhookKey);
    return pulumi.jsonStringify({
      masterKey: this.masterKey,
      providerKeys,
      gatewayKeys,
      ...(alertWebhookUrl === undefined ? {} : { alertWebhookUrl }),
    });
  }
}
