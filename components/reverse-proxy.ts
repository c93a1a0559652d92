import * as cloudflare from "@pulumi/cloudflare";
import type * as pulumi from "@pulumi/pulumi";
import { services } from "../config/services";
import { caddyfile, caddyHealthPort } from "../config-files/reverse-proxy/caddyfile";
import { Component } from "./component";
import { serviceContainer, type Place } from "./container";
import { pulledImage } from "./image";
import { recordHook } from "./record-is-free";

export interface ReverseProxyArgs extends Place {
  readonly ipv4: pulumi.Output<string>;
}

const { uid, gid } = services.reverseProxy;

/** Caddy behind Cloudflare: TLS with the zone's origin certificate, and the public DNS record of the active stack. */
export class ReverseProxy extends Component {
  constructor(name: string, args: ReverseProxyArgs, options?: pulumi.ComponentResourceOptions) {
    super("ReverseProxy", name, options);
    const { configuration, host } = args;
    const { settings, addresses, images, secret } = configuration;
    const [primary] = addresses.gateways;
    if (primary === undefined) throw new Error("a stack has at least one gateway");
    const files = host.configuration(this, this.child("config"), {
      service: "reverse-proxy",
      owner: 0,
      files: [
        {
          path: "Caddyfile",
          content: caddyfile({
            hostname: settings.hostname,
            upstream: `${primary.proxy}:${services.gateway.port}`,
          }),
        },
        { path: "origin.pem", content: settings.originCertificate },
      ],
    });
    const secrets = host.secrets(this, this.child("secrets"), {
      service: "reverse-proxy",
      owner: uid,
      files: [{ path: "origin.key", content: secret("originKey") }],
    });
    serviceContainer(this, this.child("container"), {
      place: args,
      service: "reverseProxy",
      image: pulledImage(this, this.child("image"), host, images[services.reverseProxy.image]),
      entrypoint: ["caddy"],
      command: ["run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
      mounts: [
        { hostPath: files.directory, containerPath: "/etc/caddy" },
        { hostPath: secrets.directory, containerPath: "/run/secrets/caddy" },
      ],
      tmpfs: {
        "/data": `rw,nosuid,nodev,noexec,size=16m,uid=${uid},gid=${gid},mode=0700`,
        "/config": `rw,nosuid,nodev,noexec,size=4m,uid=${uid},gid=${gid},mode=0700`,
      },
      healthcheck: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${caddyHealthPort}/healthz`],
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
    const providerName = this.child("cloudflare");
    const provider = new cloudflare.Provider(
      providerName,
      { apiToken: api.apiToken, ...(api.baseUrl === undefined ? {} : { baseUrl: api.baseUrl }) },
      { parent: this },
    );
    const free = recordHook({
      ...{ token: api.apiToken, baseUrl: api.baseUrl, zoneId: settings.zone.id },
      ...{ hostname: settings.hostname, parent: this.name, provider: providerName },
    });
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
      { parent: this, provider, protect: true, retainOnDelete: true, hooks: { beforeCreate: [free] } },
    );
  }
}
