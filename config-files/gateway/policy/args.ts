/** What a stack's settings make of the hardening policy: for the file that is written, and for the values that are read back. */
import { slotNamed, type Addresses } from "../../../config/addresses";
import type { GatewaySettings } from "../../../config/gateway-schema";
import type { Settings } from "../../../config/schema";
import { usersOf } from "../../../config/services";
import type { Tier } from "../../../config/tiers";
import { modelsOf } from "../../litellm/limits";
import type { PolicyArgs } from "./row";

interface Stack {
  readonly settings: Settings;
  readonly tier: Tier;
  readonly addresses: Addresses;
}

/** @param sandboxImage its reference on the host */
export const policyArgs = (
  { settings, tier, addresses }: Stack,
  gateway: GatewaySettings,
  sandboxImage: string,
): PolicyArgs => ({
  gateway,
  models: modelsOf(gateway, settings.models).filter(({ mode }) => mode === "chat"),
  sandbox: tier.sandbox,
  sandboxUser: usersOf(slotNamed(settings.gateways, gateway.name)).sandbox,
  sandboxImage,
  hostname: settings.hostname,
  trustedProxy: addresses.reverseProxy.proxy,
});
