/** syft is found, or built from one exact version, or one sentence says what lacks; and how it is asked. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findSyft, scan, syftArguments, syftVersion } from "../../../tools/sbom/syft";

let directory: string;
const said: string[] = [];
const say = (line: string): void => void said.push(line);
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "clawkeep-syft-"));
  mkdirSync(join(directory, "bin"));
  said.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true }));

function program(name: string, text: string): string {
  const path = join(directory, "bin", name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}
/** Nothing but the programs of this test, and a shell for them. */
const environment = () => ({ PATH: join(directory, "bin"), HOME: directory, SECRET: "word" });
const cached = () => join(directory, ".cache", "clawkeep", `syft-${syftVersion}`, "syft");

it("is taken from the PATH, and nothing is built", () => {
  const syft = program("syft", "");
  program("go", "exit 1");
  expect(findSyft(say, environment())).toBe(syft);
  expect(said).toEqual([]);
});

it("is built once where there is none, in one exact version, into the user's cache", () => {
  program("go", `echo "$* $GOFLAGS $CGO_ENABLED" >>${directory}/calls; echo >"$GOBIN/syft"`);
  expect(findSyft(say, environment())).toBe(cached());
  expect(findSyft(say, environment())).toBe(cached());
  expect(readFileSync(join(directory, "calls"), "utf8")).toBe(
    `install -ldflags -s -w -X main.version=${syftVersion} github.com/anchore/syft/cmd/syft@v${syftVersion} -mod=mod 0\n`,
  );
  expect(said).toEqual([expect.stringMatching(/^syft is not on the PATH: building syft .*takes minutes$/)]);
});

it("the cache lies where XDG_CACHE_HOME says", () => {
  program("go", `echo >"$GOBIN/syft"`);
  const found = findSyft(say, { ...environment(), XDG_CACHE_HOME: join(directory, "other") });
  expect(found).toBe(join(directory, "other", "clawkeep", `syft-${syftVersion}`, "syft"));
});

it.each([
  ["no Go", undefined, /cannot be built \(.*ENOENT.*\): put syft on the PATH, or Go/],
  [
    "no way to the module",
    "echo first >&2; echo 'module lookup disabled' >&2; exit 1",
    /\(module lookup disabled\)/,
  ],
  ["a Go that builds nothing", "exit 0", /make sbom needs syft/],
])("with %s one sentence names both ways", (_, go, says) => {
  if (go !== undefined) program("go", go);
  let message = "";
  try {
    findSyft(say, environment());
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(says);
  expect(message).not.toContain("\n");
});

const subject = {
  source: "docker-archive:/x/image.tar",
  name: "docker.io/library/redis:7",
  version: "sha256:1",
};

it("is asked for CycloneDX of one source, under the subject's own name", () => {
  expect(syftArguments(subject, "/x/out.json")).toEqual(
    "scan docker-archive:/x/image.tar --quiet --source-name docker.io/library/redis:7 --source-version sha256:1 --output cyclonedx-json@1.6=/x/out.json".split(
      " ",
    ),
  );
});

it("gets neither the agent nor anything else of the environment, and its words are the error's", async () => {
  process.env["CLAWKEEP_TEST_SECRET"] = "word";
  const syft = program("syft", `env >${directory}/env; echo "could not read" >&2; exit 1`);
  await expect(scan(syft, subject, "/x/out.json", directory)).rejects.toThrow(
    "syft scan of docker.io/library/redis:7 failed (1): could not read",
  );
  delete process.env["CLAWKEEP_TEST_SECRET"];
  const names = readFileSync(join(directory, "env"), "utf8").match(/^\w+(?==)/gm);
  const own = ["HOME", "PATH", "SYFT_CHECK_FOR_APP_UPDATE", "TMPDIR"];
  expect(names?.filter((name) => !["PWD", "SHLVL", "_", "OLDPWD"].includes(name)).sort()).toEqual(own);
});
