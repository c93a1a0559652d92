import type * as pulumi from "@pulumi/pulumi";
import { services } from "../config/services";
import { caddyfile } from "../config-files/reverse-proxy/caddyfile";
import { Component } from "./component";
import { serviceContainer, type Place } from "./container";
import { pulledImage } from "./image";
import { publicRecord, recordProvider } from "./public-record";

export interface ReverseProxyArgs extends Place {
  readonly ipv4: pulumi.Output<string>;
}

const { uid, gid } = services.reverseProxy;

/** Caddy behind Cloudflare: TLS with the zone's origin certificate, and the public DNS record of the active stack. */
export class ReverseProxy extends Component {
  constructor(name: string, args: ReverseProxyArgs, options?: pulumi.ComponentResourceOptions) {
    super("ReverseProxy", name, options);
    const { configuration, host, ipv4 } = args;
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
      dependsOn: [files.installed, secrets.installed],
    });
    const { cloudflare: api } = configuration;
    const provider = recordProvider(this, this.name, api);
    if (settings.role === "active") {
      publicRecord(this, this.name, provider, {
        ...api,
        zone: settings.zone,
        hostname: settings.hostname,
        ipv4,
      });
    }
    this.finish();
  }
}
