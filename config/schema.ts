/**
 * The structured stack configuration, strictly: a key that nobody reads is an error, never ignored. The JSON
 * schema that editors use (stack.schema.json) is generated from here.
 *
 * Secrets are not part of it: they are flat keys of their own (secrets.ts), because Pulumi hands structured
 * values over without their secret mark.
 */
import { z } from "zod";
import { backups } from "./backups-schema";
import { certificates, filled, hostName, subnet } from "./fields";
import { gateway } from "./gateway-schema";
import { existingHost, hcloudHost } from "./host-schema";
import { imagePins, pinProblem, softwareProblem, type ImageName } from "./images";
import { leaseSeconds } from "./lease";
import { defaultModels, model } from "./model-schema";
import { registryLogins } from "./registries";
import { tierNames } from "./services";

const imageOverride = Object.fromEntries(
  (Object.keys(imagePins) as ImageName[]).map((name) => [
    name,
    z
      .string()
      .superRefine((reference, context) => {
        const problem = softwareProblem(name, reference) ?? pinProblem(name, reference);
        if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
      })
      .optional(),
  ]),
);

/** A label of a DNS name: it is part of the record that says which stack is the active one. */
export const stackName = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;

/** Every structured and plain key of a stack, by its name behind `clawkeep:`. */
export const settingsShape = {
  /** `active` serves; `standby` has everything in place and nothing running. */
  role: z.enum(["active", "standby"]),
  /**
   * The other of the two: prod's standby, or the stack that a standby stands by for. A standby has to name it; an active stack
   * does where it has one. Then it is recorded outside both which of them is the active one.
   */
  pairedStack: z
    .string()
    .regex(stackName, "is not a stack name of lower-case letters, digits and hyphens (1 to 40)")
    .optional(),
  /** Of a stack that has another, the same in both: seconds for which a gateway runs without hearing who is active. Absent: no end. */
  leaseSeconds: leaseSeconds.optional(),
  /** Public name of the assistant. */
  hostname: hostName,
  /** Cloudflare zone the name lives in. */
  zone: z.strictObject({
    name: hostName,
    id: filled.refine((text) => /^[0-9a-f]{32}$/.test(text), "is not a Cloudflare zone id (32 hex digits)"),
  }),
  /** Cloudflare Origin CA certificate for the name, PEM; the key is the secret originKey. */
  originCertificate: certificates,
  tier: z.enum(tierNames).default("starter"),
  host: z.discriminatedUnion("mode", [hcloudHost, existingHost], {
    error: "is neither hcloud (a server made for you) nor existing (one that is there)",
  }),
  networks: z
    .strictObject({ openclaw: subnet, proxy: subnet, egress: subnet })
    .default({ openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" }),
  /** Sizes in GiB of each gateway's two file systems; they can grow later, never shrink. */
  storage: z
    .strictObject({
      stateGiB: z.int().min(1).max(1024).default(8),
      sandboxesGiB: z.int().min(1).max(1024).default(4),
    })
    .default({ stateGiB: 8, sandboxesGiB: 4 }),
  models: z
    .array(model)
    .min(1)
    .prefault([...defaultModels]),
  gateways: z
    .array(gateway)
    .min(1)
    .prefault([{ name: "openclaw" }]),
  /** LiteLLM's record of every call (who, when, which model, tokens, cost, result; no prompt). */
  audit: z
    .strictObject({
      /** Days that records are kept. */
      retentionDays: z.int().min(1).max(3650).default(90),
    })
    .prefault({}),
  /** Backups off the host. Absent: there are none. */
  backups: backups.optional(),
  images: z.strictObject(imageOverride).default({}),
  /** Logins at the registries that images come from. Each has a secret of its own (registries.ts). */
  registryLogins,
  /** Further CA certificates, PEM, that LiteLLM and the relay trust (a company's TLS inspection). */
  extraCaCertificates: certificates.optional(),
};

export const settingsSchema = z.strictObject(settingsShape);
export type Settings = z.infer<typeof settingsSchema>;

/** Settings of which some parts may be missing, because they are wrong by themselves. */
export type Usable<T> = T extends readonly (infer E)[]
  ? readonly (Usable<E> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Usable<T[K]> | undefined }
    : T;
export type UsableSettings = Usable<Settings>;
