import * as cloudflare from "@pulumi/cloudflare";
import type * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../config/load";
import { gatewayPort } from "../config-files/gateway/openclaw-config";
import { caddyfile, caddyHealthPort, caddyPort } from "../config-files/reverse-proxy/caddyfile";
import { Component } from "./component";
import { serviceContainer, type ServiceContainer } from "./container";
import type { Host } from "./host";
import { pulledImage } from "./image";
import type { Networks } from "./networks";

export interface ReverseProxyArgs {
  readonly configuration: Configuration;
  readonly host: Host;
  readonly networks: Networks;
  readonly ipv4: pulumi.Output<string>;
}

/** `nobody`. */
const caddyUser = 65534;

/** Caddy behind Cloudflare: TLS with the zone's origin certificate, and the public DNS record of the active stack. */
export class ReverseProxy extends Component {
  readonly service: ServiceContainer;

  constructor(name: string, args: ReverseProxyArgs, options?: pulumi.ComponentResourceOptions) {
    super("ReverseProxy", name, options);
    const { configuration, host, networks } = args;
    const { settings, addresses, tier, images, secret } = configuration;
    const [primary] = addresses.gateways;
    if (primary === undefined) throw new Error("a stack has at least one gateway");
    const files = host.configuration(this, this.child("config"), {
      service: "reverse-proxy",
      owner: 0,
      files: [
        {
          path: "Caddyfile",
          content: caddyfile({ hostname: settings.hostname, upstream: `${primary.proxy}:${gatewayPort}` }),
        },
        { path: "origin.pem", content: settings.originCertificate },
      ],
    });
    const secrets = host.secrets(this, this.child("secrets"), {
      service: "reverse-proxy",
      owner: caddyUser,
      files: [{ path: "origin.key", content: secret("originKey") }],
    });
    this.service = serviceContainer(this, this.child("container"), {
      containerName: "openclaw-caddy",
      host,
      image: pulledImage(this, this.child("image"), host, images.caddy),
      entrypoint: ["caddy"],
      command: ["run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
      user: `${caddyUser}:${caddyUser}`,
      limits: tier.services.reverseProxy,
      networks: [
        { network: networks.proxy, address: addresses.reverseProxy.proxy },
        { network: networks.egress, address: addresses.reverseProxy.egress },
      ],
      mounts: [
        { hostPath: files.directory, containerPath: "/etc/caddy" },
        { hostPath: secrets.directory, containerPath: "/run/secrets/caddy" },
      ],
      tmpfs: {
        "/data": `rw,nosuid,nodev,noexec,size=16m,uid=${caddyUser},gid=${caddyUser},mode=0700`,
        "/config": `rw,nosuid,nodev,noexec,size=4m,uid=${caddyUser},gid=${caddyUser},mode=0700`,
      },
      ports: [{ internal: caddyPort, external: 443 }],
      // The published binary carries this as a file capability and cannot be executed where it is not allowed.
      keepCapability: "CAP_NET_BIND_SERVICE",
      healthcheck: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${caddyHealthPort}/healthz`],
      startedBy: "docker",
      running: settings.role === "active",
      dependsOn: [files.installed, secrets.installed],
    });
    if (settings.role === "active") this.publicRecord(args);
    this.finish();
  }

  /**
   * The public name. Only the active stack declares it. It is protected, so a destroyed stack keeps it and the next
   * `up` finds it; and a stack that forgets it never takes it from the one that has adopted it (retainOnDelete).
   */
  private publicRecord({ configuration, ipv4 }: ReverseProxyArgs): void {
    const { settings, cloudflare: api } = configuration;
    if (api.apiToken === undefined)
      throw new Error("cloudflare:apiToken has been checked by the configuration");
    const provider = new cloudflare.Provider(
      this.child("cloudflare"),
      { apiToken: api.apiToken, ...(api.baseUrl === undefined ? {} : { baseUrl: api.baseUrl }) },
      { parent: this },
    );
    new cloudflare.DnsRecord(
      this.child("public-record"),
      {
        zoneId: settings.zone.id,
        name: settings.hostname,
        type: "A",
        content: ipv4,
        proxied: true,
        // Automatic, the only value a proxied record may have.
        ttl: 1,
        comment: "clawkeep: the active stack",
      },
      // Nothing that is removed by `destroy --exclude-protected` may be a dependency: it would be kept with the record.
      { parent: this, provider, protect: true, retainOnDelete: true },
    );
  }
}
