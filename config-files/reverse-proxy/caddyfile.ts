/** Caddy's configuration: TLS with the zone's origin certificate, one name, one upstream. */
import { services } from "../../config/services";
import { cloudflareRanges } from "../cloudflare/ip-ranges";

export interface CaddyfileArgs {
  readonly hostname: string;
  /** `host:port` of the gateway on proxy-net. */
  readonly upstream: string;
}

/** Port inside the container; the host publishes it as 443. */
export const caddyPort = services.reverseProxy.port;
/** Loopback port that answers the healthcheck. */
export const caddyHealthPort = services.reverseProxy.healthcheck.port;
/** Half a year. Neither preload nor includeSubDomains: the zone's other names are not this program's to bind. */
const hstsMaxAgeSeconds = 15_768_000;

/**
 * What one client may take. Go reads a head of a megabyte if nothing is said, so that a hundred unfinished ones fill the
 * container; Cloudflare's own limit is 128 KB for all headers, a browser's request has two or three. An answer and a
 * WebSocket may take as long as they like. Caddy 2.11 has no limit of connections.
 */
const limits = { headerKilobytes: 32, headerSeconds: 10, bodySeconds: 60, idleSeconds: 120 } as const;
/** What OpenClaw tells of its state without a token. Who asks it is on the host; a monitor outside has /healthz. */
const gatewayProbes = ["/readyz", "/startupz"];

/**
 * `Caddyfile`. The client's address comes from Cloudflare's header, and only when the connection comes from
 * Cloudflare; the gateway counts failed logins by it. Other names get a TLS error, not this site; in a request over a connection
 * for the right name, 421 (by a site without a certificate, so that it opens no further name).
 */
export function caddyfile({ hostname, upstream }: CaddyfileArgs): string {
  return `{
	admin off
	auto_https off
	persist_config off
	servers {
		trusted_proxies static ${[...cloudflareRanges.v4, ...cloudflareRanges.v6].join(" ")}
		trusted_proxies_strict
		client_ip_headers CF-Connecting-IP
		protocols h1 h2
		timeouts {
			read_header ${limits.headerSeconds}s
			read_body ${limits.bodySeconds}s
			idle ${limits.idleSeconds}s
		}
		max_header_size ${limits.headerKilobytes}KB
	}
	log {
		output stdout
		format json
	}
}

https://${hostname}:${caddyPort} {
${gatewayProbes.map((path) => `\trespond ${path} 404`).join("\n")}
	tls /etc/caddy/origin.pem /run/secrets/caddy/origin.key
${answerHeaders(1)}
	reverse_proxy ${upstream} {
		header_up X-Forwarded-For {client_ip}
		header_up X-Real-IP {client_ip}
		header_up -CF-Connecting-IP
	}
	handle_errors {
${answerHeaders(2)}
		respond "" {err.status_code}
	}
}

https://:${caddyPort} {
	header -Server
	respond 421
}

http://127.0.0.1:${caddyHealthPort} {
	respond /healthz 200
}
`;
}

/** What every answer says, Caddy's own errors too, whatever the gateway has said. @param depth tabs before it */
function answerHeaders(depth: number): string {
  const lines = [
    "header {",
    "\t-Server",
    "\t-Via",
    `\t>Strict-Transport-Security "max-age=${hstsMaxAgeSeconds}"`,
    "}",
  ];
  return lines.map((line) => "\t".repeat(depth) + line).join("\n");
}
