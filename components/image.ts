import * as docker from "@pulumi/docker";
import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildContext, type BuildContext } from "../config-files/build-context";
import type { Component } from "./component";
import { toolDirectory, type Host } from "./host";
import { pullOrder } from "./registry-login";

/** An image that is on the host once `present` is there. */
export interface ImageOnHost {
  /** `repository:tag`, with the digest where the pin has one. */
  readonly reference: string;
  readonly present: pulumi.Resource;
}

/** An image built on the host. */
export interface BuiltImage extends ImageOnHost {
  /** `sha256:…` */
  readonly id: pulumi.Output<string>;
}

/**
 * Pulls a pinned image, with the stack's login where it has one: by a script, which says in words why a registry refuses,
 * where the provider says "unable to find or pull". The provider then looks after it. It stays on the host when the stack forgets it: the next `up` may have no registry.
 */
export function pulledImage(
  parent: pulumi.Resource,
  name: string,
  host: Host,
  reference: string,
): ImageOnHost {
  const pulled = host.command(parent, `${name}-pulled`, {
    create: `${toolDirectory}/pull-image '${reference}'`,
    stdin: pullOrder(reference, host.logins),
  });
  const present = new docker.RemoteImage(
    name,
    { name: reference, keepLocally: true },
    host.options(parent, { provider: host.docker, dependsOn: pulled }),
  );
  return { reference, present };
}

/**
 * Builds a derived image on the host, from the same inputs everywhere; its tag is a hash of all of them.
 * @param bases build argument -> pinned image it stands for
 * @param network `default` only where the build installs packages of the distribution
 */
export function builtImage(
  parent: pulumi.Resource,
  name: string,
  host: Host,
  args: {
    readonly context: BuildContext;
    readonly bases: Readonly<Record<string, ImageOnHost>>;
    readonly network?: "default";
  },
): BuiltImage {
  const bases = Object.entries(args.bases);
  const reference = args.context.tag(Object.fromEntries(bases.map(([key, image]) => [key, image.reference])));
  const buildArguments = bases.map(([key, image]) => `'${key}=${image.reference}'`).join(" ");
  const present: command.remote.Command = host.command(parent, name, {
    create: `${toolDirectory}/build-image '${reference}' ${args.network ?? "none"} ${buildArguments}`,
    stdin: args.context.tarBase64,
    dependsOn: bases.map(([, image]) => image.present),
  });
  return { reference, present, id: present.stdout.apply((text) => text.trim()) };
}

/** The image of a program of ours: one bundled file, on the pinned base of its service. @param folder in config-files/ */
export function programImage(
  parent: Component,
  host: Host,
  base: string,
  folder: string,
  program: Readonly<Record<string, string>>,
): BuiltImage {
  const dockerfile = join(__dirname, "..", "config-files", folder, "Dockerfile");
  return builtImage(parent, `${parent.name}-image`, host, {
    context: buildContext(folder, { Dockerfile: readFileSync(dockerfile, "utf8"), ...program }),
    bases: { BASE: pulledImage(parent, `${parent.name}-base-image`, host, base) },
  });
}
