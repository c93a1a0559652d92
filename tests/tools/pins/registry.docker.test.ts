/** A registry that others wrote (docker-registry 2.8) answers every pin, from the images that `make setup` published. */
import { dirname, join } from "node:path";
import { readFileSync } from "node:fs";
import { imagePins, type ImageName } from "../../../config/images";
import { labBaseRef } from "../../../lab/images/lab-base";
import { ensureCa, issueCertificate } from "../../../lab/lib/ca";
import { docker, labLabel } from "../../../lab/lib/docker";
import { run } from "../../../lab/lib/exec";
import { registryStorage } from "../../../lab/registry/registry";
import { resolvePin } from "../../../tools/pins/pin";
import { Repository, type RegistryAccess } from "../../../tools/pins/registry";

const root = join(__dirname, "..", "..", "..");
const container = `clawkeep-test-pins-${process.pid}`;
let access: RegistryAccess;

jest.setTimeout(120_000);
beforeAll(async () => {
  await run(join(root, "lab", "engine", "up.sh"), []);
  const tls = await issueCertificate("test-pins", ["127.0.0.1"]);
  await docker([
    ...["run", "--detach", "--rm", "--name", container, "--label", labLabel, "--publish", "127.0.0.1::443"],
    ...["--volume", `${dirname(tls.cert)}:/tls:ro`, "--volume", `${registryStorage()}:/var/lib/registry:ro`],
    ...["--volume", `${join(root, "lab", "registry", "public.yml")}:/config.yml:ro`],
    ...[await labBaseRef(), "docker-registry", "serve", "/config.yml"],
  ]);
  const address = `https://${(await docker(["port", container, "443/tcp"])).trim()}`;
  access = {
    instead: new Map(["docker.io", "ghcr.io"].map((host) => [host, address])),
    ca: readFileSync((await ensureCa()).cert, "utf8"),
  };
  await run("curl", [
    ...["-fsS", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", "--retry-all-errors"],
    ...["--cacert", (await ensureCa()).cert, `${address}/v2/`],
  ]);
});
afterAll(async () => {
  await docker(["rm", "--force", container]);
});

// The lab's registry has what its servers pull; the older release line is made only for tests that start it.
const references = Object.entries<string>(imagePins)
  .filter(([name]) => name !== "openclaw2026_2")
  .map(([name, pin]) => [name, pin.replace(/@.*$/, "")] as const);
it.each(references)("%s: %s has a digest, for amd64", async (name, reference) => {
  const outcome = await resolvePin(name as ImageName, reference, access, new Set());
  expect(outcome.problem).toBeUndefined();
  expect(outcome.after).toMatch(new RegExp(`^${reference}@sha256:[0-9a-f]{64}$`));
});

it("the digest is what the registry knows the image by", async () => {
  const repository = new Repository(access, { registry: "docker.io", repository: "library/redis" });
  const { digest, platforms } = await repository.resolve("7.4.11-bookworm");
  expect(platforms).toEqual(["linux/amd64"]);
  expect((await repository.resolve(digest)).digest).toBe(digest);
});

it("a tag that is not there is refused", async () => {
  const outcome = await resolvePin("redis", "docker.io/library/redis:7.4.99-bookworm", access, new Set());
  expect(outcome.problem).toMatch(/has no tag 7\.4\.99-bookworm/);
});
