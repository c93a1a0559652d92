/** A registry's client for what pinning needs: which digest a tag has (OCI distribution API). */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { ImageReference } from "../../config/images";
import { get, type Answer } from "./https";

/** How registries are reached. */
export interface RegistryAccess {
  /** Host name -> `https://host[:port]` to ask instead: a mirror. */
  readonly instead: ReadonlyMap<string, string>;
  /** Further certificate authorities, PEM. */
  readonly ca: string | undefined;
}

/** What a tag stands for today. */
export interface Resolved {
  /** Digest of what the tag names, the index where there is one; computed from the bytes, not believed. */
  readonly digest: string;
  /** `os/architecture` of every image behind it. */
  readonly platforms: readonly string[];
}

/** A registry that did not answer the question. The message names it and the image, and says what to do. */
export class RegistryError extends Error {
  constructor(where: string, problem: string, next: string) {
    super(`${where}: ${problem}. ${next}`);
    this.name = "RegistryError";
  }
}

/** Docker Hub answers at another name than its images carry. */
const apiHosts: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };
const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
const maxRedirects = 3;

const platform = z.object({ os: z.string(), architecture: z.string() });
const digestForm = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const indexBody = z.object({ manifests: z.array(z.object({ platform: platform.optional() })).min(1) });
const manifestBody = z.object({ config: z.object({ digest: digestForm }) });
const tokenBody = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/** Asks one repository; keeps the token that it was given. */
export class Repository {
  private token: string | undefined;
  private readonly where: string;

  constructor(
    private readonly access: RegistryAccess,
    private readonly image: Pick<ImageReference, "registry" | "repository">,
  ) {
    this.where = `${image.registry}/${image.repository}`;
  }

  /** @throws RegistryError where there is no such tag, or the registry contradicts itself */
  async resolve(tag: string): Promise<Resolved> {
    const accept = [...indexTypes, ...manifestTypes].join(", ");
    const answer = await this.ask(`manifests/${tag}`, { Accept: accept }, `tag ${tag}`);
    const digest = sha256(answer.body);
    const claimed = answer.headers["docker-content-digest"];
    if (claimed !== undefined && claimed !== digest) {
      throw this.error(
        `the registry says that ${tag} is ${String(claimed)}, and sends bytes that are ${digest}`,
        "Do not deploy from it; ask from another network, and ask whoever runs the registry",
      );
    }
    const type = (answer.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
    if (indexTypes.includes(type)) {
      const { manifests } = this.parse(answer, indexBody, `the index of ${tag}`);
      return {
        digest,
        platforms: manifests.flatMap((entry) =>
          entry.platform === undefined ? [] : [`${entry.platform.os}/${entry.platform.architecture}`],
        ),
      };
    }
    if (manifestTypes.includes(type)) {
      const { config } = this.parse(answer, manifestBody, `the manifest of ${tag}`);
      const blob = await this.ask(`blobs/${config.digest}`, {}, `configuration of ${tag}`);
      if (sha256(blob.body) !== config.digest) {
        throw this.error(
          `the configuration of ${tag} is not ${config.digest}, as its manifest says`,
          "Do not deploy from this registry; ask from another network",
        );
      }
      const { os, architecture } = this.parse(blob, platform, `the configuration of ${tag}`);
      return { digest, platforms: [`${os}/${architecture}`] };
    }
    throw this.error(
      `${tag} is of the kind ${JSON.stringify(type)}, which is no image`,
      "Is the address in the pin, or behind --registry, that of a registry?",
    );
  }

  /** One question: with the token dance, redirects of blobs, and every bad answer turned into what it means. */
  private async ask(path: string, headers: Record<string, string>, what: string): Promise<Answer> {
    const url = this.reach(
      new URL(
        `https://${apiHosts[this.image.registry] ?? this.image.registry}/v2/${this.image.repository}/${path}`,
      ),
    );
    let answer = await this.follow(url, headers);
    if (answer.status === 401) {
      this.token = await this.fetchToken(answer);
      answer = await this.follow(url, headers);
      if (answer.status === 401) {
        throw this.error(
          `answers 401 again, with the token that it asked for (${what})`,
          "Is the repository's name right, and the repository public?",
        );
      }
    }
    if (answer.status === 200) return answer;
    if (answer.status === 404) {
      throw this.error(`has no ${what}`, "Mend the row in config/images.ts");
    }
    throw this.badStatus(answer, what);
  }

  private badStatus(answer: Answer, what: string): RegistryError {
    if (answer.status === 429) {
      const wait = answer.headers["retry-after"];
      return this.error(
        "answers 429, too many questions from this address",
        `Run make pins again ${wait === undefined ? "in an hour" : `in ${wait} s`}`,
      );
    }
    if (answer.status === 401 || answer.status === 403) {
      return this.error(
        `answers ${answer.status} to a question without credentials (${what})`,
        "Is the repository's name right, and the repository public?",
      );
    }
    return this.error(`answers ${answer.status} (${what})`, "Run make pins again later");
  }

  /** Docker Hub's and ghcr.io's way: the challenge names who hands out tokens, to anybody for public repositories. */
  private async fetchToken(challenge: Answer): Promise<string> {
    const header = String(challenge.headers["www-authenticate"] ?? "");
    const field = (name: string): string | undefined => new RegExp(`\\b${name}="([^"]*)"`).exec(header)?.[1];
    const [realm, service] = [field("realm"), field("service")];
    if (!/^bearer /i.test(header) || realm === undefined || !URL.canParse(realm)) {
      throw this.error(
        `wants credentials in a way that is not known here (${header === "" ? "no challenge" : header.slice(0, 80)})`,
        "Only public repositories are asked; a mirror has to answer without a password",
      );
    }
    const url = this.reach(new URL(realm));
    if (service !== undefined) url.searchParams.set("service", service);
    // What is asked for is ours to say; the challenge's scope could name anything.
    url.searchParams.set("scope", `repository:${this.image.repository}:pull`);
    const answer = await this.get(url, {});
    if (answer.status !== 200) throw this.badStatus(answer, `token from ${url.host}`);
    const { token, access_token } = this.parse(answer, tokenBody, `the token from ${url.host}`);
    const given = token ?? access_token;
    if (given === undefined || !/^[\x21-\x7e]+$/.test(given))
      throw this.error(`${url.host} gives no token`, "Run make pins again later");
    return given;
  }

  /** Blobs often lie elsewhere. The token stays with the registry. */
  private async follow(url: URL, headers: Record<string, string>): Promise<Answer> {
    let at = url;
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const authorization: Record<string, string> =
        this.token === undefined || at.origin !== url.origin ? {} : { Authorization: `Bearer ${this.token}` };
      const answer = await this.get(at, { ...headers, ...authorization });
      const location = answer.headers.location;
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
      at = new URL(location, at);
    }
    throw this.error(`redirects more than ${maxRedirects} times`, "Run make pins again later");
  }

  private async get(url: URL, headers: Record<string, string>): Promise<Answer> {
    try {
      return await get(url, headers, this.access.ca);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const untrusted = /CERT|SELF_SIGNED|ISSUER|ALTNAME/.test(code ?? "");
      throw this.error(
        `${url.host} cannot be asked (${message})`,
        untrusted
          ? "Behind TLS inspection or a mirror with a CA of its own: make pins PINS='--ca FILE.pem'"
          : `Behind a mirror: make pins PINS='--registry ${this.image.registry}=https://HOST:PORT'`,
      );
    }
  }

  private reach(url: URL): URL {
    const asked = url.host === apiHosts[this.image.registry] ? this.image.registry : url.host;
    const instead = this.access.instead.get(asked);
    return instead === undefined ? url : new URL(`${url.pathname}${url.search}`, instead);
  }

  private parse<T>(answer: Answer, schema: z.ZodType<T>, what: string): T {
    try {
      return schema.parse(JSON.parse(answer.body.toString("utf8")));
    } catch {
      throw this.error(
        `${what} cannot be read`,
        "Is the address in the pin, or behind --registry, that of a registry?",
      );
    }
  }

  private error(problem: string, next: string): RegistryError {
    return new RegistryError(this.where, problem, next);
  }
}

const sha256 = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
