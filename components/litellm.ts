import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../config/load";
import { providerOf } from "../config/providers";
import { alertWebhookKey, gatewaySecretKeys } from "../config/secrets";
import { services } from "../config/services";
import { litellmConfig, litellmEnvironment, providerKeyVariable } from "../config-files/litellm/config";
import { limitsFile } from "../config-files/litellm/limits";
import { programFiles } from "../config-files/litellm/program";
import { redisConf, redisSocket, redisSocketDirectory } from "../config-files/redis/redis-conf";
import { Component } from "./component";
import { serviceContainer, settledBefore, type Place } from "./container";
import type { Host } from "./host";
import { pulledImage } from "./image";

const { litellm, redis, egressProxy } = services;

/**
 * The one place that holds provider keys: LiteLLM with spending caps, and beside it the store of what was spent,
 * which has no network and no client but LiteLLM.
 */
export class LiteLLM extends Component {
  readonly masterKey: pulumi.Output<string>;

  constructor(name: string, place: Place, options?: pulumi.ComponentResourceOptions) {
    super("LiteLLM", name, options);
    this.masterKey = place.configuration.secret("litellmMasterKey");
    const socket = this.socketDirectory(place.host);
    this.redis(place, socket);
    this.litellm(place, socket);
    this.finish();
  }

  /** The directory that Redis and LiteLLM share, and those they keep their data in, on the state volume. */
  private socketDirectory(host: Host): pulumi.Resource {
    return host.command(this, this.child("directories"), {
      create:
        `install -d -o ${redis.uid} -g ${redis.gid} -m 2750 /opt/openclaw/config/redis-socket && ` +
        `install -d -o ${redis.uid} -g ${redis.uid} -m 0700 /opt/openclaw/volume/redis && ` +
        `install -d -o ${litellm.uid} -g ${litellm.gid} -m 0700 /opt/openclaw/volume/litellm`,
    });
  }

  private redis(place: Place, socket: pulumi.Resource): void {
    const { configuration, host } = place;
    const files = host.configuration(this, this.child("store-config"), {
      service: "redis",
      owner: 0,
      files: [{ path: "redis.conf", content: redisConf() }],
    });
    serviceContainer(this, this.child("store"), {
      place,
      service: "redis",
      image: pulledImage(this, this.child("store-image"), host, configuration.images[redis.image]),
      entrypoint: ["redis-server"],
      command: ["/etc/redis/redis.conf"],
      mounts: [
        { hostPath: files.directory, containerPath: "/etc/redis" },
        {
          hostPath: "/opt/openclaw/config/redis-socket",
          containerPath: redisSocketDirectory,
          writable: true,
        },
        { hostPath: "/opt/openclaw/volume/redis", containerPath: "/data", writable: true },
      ],
      healthcheckArguments: ["-s", redisSocket, "ping"],
      dependsOn: [files.installed, socket],
    });
  }

  private litellm(place: Place, socket: pulumi.Resource): void {
    const { configuration, host } = place;
    const { settings, images } = configuration;
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
      owner: litellm.uid,
      files: [{ path: "secrets.json", content: this.secretsFile(configuration) }],
    });
    serviceContainer(this, this.child("container"), {
      place,
      service: "litellm",
      image: pulledImage(this, this.child("image"), host, images[litellm.image]),
      entrypoint: ["python3", "/etc/litellm/launch.py"],
      mounts: [
        { hostPath: files.directory, containerPath: "/etc/litellm" },
        { hostPath: secrets.directory, containerPath: "/run/secrets/litellm" },
        { hostPath: "/opt/openclaw/config/redis-socket", containerPath: redisSocketDirectory },
        { hostPath: "/opt/openclaw/volume/litellm", containerPath: "/var/lib/litellm", writable: true },
      ],
      tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,size=64m,mode=1777" },
      environment: litellmEnvironment(`http://${egressProxy.name}:${egressProxy.port}`),
      healthcheckArguments: ["/etc/litellm/ready.py"],
      dependsOn: [files.installed, secrets.installed, socket, ...settledBefore(place, "litellm")],
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
