/** The program: configuration in, components in order, outputs out. */
import * as pulumi from "@pulumi/pulumi";
import { Backups } from "./components/backups";
import type { Place } from "./components/container";
import { EgressProxy } from "./components/egress-proxy";
import { Gateway } from "./components/gateway";
import { HostBaseline } from "./components/host-baseline";
import { LiteLLM } from "./components/litellm";
import { Networks } from "./components/networks";
import { ReverseProxy } from "./components/reverse-proxy";
import { loadConfiguration } from "./config/load";
import { mostModelSpending as mostSpending } from "./config/model-spending";

const configuration = loadConfiguration();
const { settings } = configuration;

const baseline = new HostBaseline("host", configuration);
const { host } = baseline;
const networks = new Networks("networks", { host, subnets: settings.networks });
const place: Place = { configuration, host, networks, settled: new Map() };
new EgressProxy("egress-proxy", place);
const litellm = new LiteLLM("litellm", place);
const backups = new Backups("backups", place);
const gateways = settings.gateways.map((gateway) => ({
  name: gateway.name,
  component: new Gateway(`gateway-${gateway.name}`, {
    ...{ ...place, gateway, dockerGroup: baseline.dockerGroup },
    beforeAsked: backups.before,
  }),
}));
new ReverseProxy("reverse-proxy", { ...place, ipv4: baseline.ipv4 });
backups.save(gateways.map(({ name, component }) => ({ name, activated: component.activated })));

/** Public address of the assistant. */
export const gatewayUrl = `https://${settings.hostname}/`;
export const ipv4 = baseline.ipv4;
export const ipv6 = baseline.ipv6;
/** Root shell on the host; the key comes from your ssh-agent. */
export const sshCommand = baseline.sshCommand;
/** Line for your known_hosts, behind the address. */
export const sshHostKey = baseline.sshHostKey;
/** Token of each gateway, by its name. */
export const gatewayTokens = pulumi.secret(
  Object.fromEntries(gateways.map(({ name, component }) => [name, component.token])),
);
/** Token of the first gateway, the one behind gatewayUrl. */
export const gatewayToken = gateways[0]?.component.token;
/** Most that models can cost in any 30 days in US dollars, whatever the gateways do: in all, and by gateway. */
export const mostModelSpending = mostSpending(settings.gateways, settings.models);
/** Administers LiteLLM; gateways have keys of their own. */
export const litellmMasterKey = litellm.masterKey;
