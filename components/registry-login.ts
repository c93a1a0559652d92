import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../config/load";
import { parseReference } from "../config/images";
import { registryPasswordKey } from "../config/registries";

/** Who pulls at a registry. */
export interface RegistryLogin {
  /** As it stands before the first / of an image. */
  readonly registry: string;
  readonly user: string;
  /** A password, or a token; a secret. */
  readonly password: pulumi.Output<string>;
}

export const registryLoginsOf = ({ settings, secret }: Configuration): RegistryLogin[] =>
  settings.registryLogins.map(({ registry, user }) => ({
    registry,
    user,
    password: secret(registryPasswordKey(registry)),
  }));

/** What `pull-image` is told on its standard input: the login where there is one, and what its password is called. */
export function pullOrder(reference: string, logins: readonly RegistryLogin[]): pulumi.Input<string> {
  const address = parseReference(reference)?.registry ?? "";
  const login = logins.find(({ registry }) => registry === address);
  const passwordKey = `clawkeep:${registryPasswordKey(address)}`;
  if (login === undefined) return JSON.stringify({ passwordKey });
  return pulumi
    .secret(login.password)
    .apply((password) => JSON.stringify({ passwordKey, user: login.user, password }));
}
