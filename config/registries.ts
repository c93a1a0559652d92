/** Logins at image registries: a setting names registry and user, a secret of its own holds the password or token. */
import { z } from "zod";
import { filled } from "./fields";
import type { SecretRule } from "./secret-rule";

/** Docker Hub's other names: a reference never has one, so a login there would be used for nothing. */
const hubAliases = /^((registry-1|index|hub|registry\.hub|auth)\.docker\.(io|com)|(www\.)?docker\.com)$/;

const registry = filled
  .refine(
    (text) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/.test(text) && /[.:]/.test(text),
    "is not a registry as it stands before the first / of an image (docker.io, ghcr.io, mirror.example.org:5000)",
  )
  .refine((text) => !hubAliases.test(text), "is Docker Hub, which images call docker.io: put docker.io here");

/** A registry that the stack's images come from, and who pulls there. */
const registryLogin = z.strictObject({
  registry,
  /** Name of the account; Docker Hub and ghcr.io take an access token that may only read as its password. */
  user: filled.refine((text) => /^[\x21-\x7e]{1,255}$/.test(text) && !text.includes(":"), {
    error: "is not a user name (printable characters, no space, no colon)",
  }),
});

/** Absent: images are pulled without a login, as the public ones can be. */
export const registryLogins = z.array(registryLogin).default([]);

/** Name of the secret that holds the password; a key of Pulumi's has no place for the colon before a port. */
export const registryPasswordKey = (address: string): string =>
  `registryPassword-${address.replace(":", "-")}`;

export const registrySecrets = (registries: readonly string[]): SecretRule[] =>
  registries.map((address) => ({
    key: registryPasswordKey(address),
    shape: /^[\x21-\x7e]{1,4096}$/,
    description:
      "the password, or better an access token that may only read (printable characters, no space)",
  }));
