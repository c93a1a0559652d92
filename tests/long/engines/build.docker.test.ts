/**
 * Derived images are the same, whether the host's client has buildx, as prepare-host sees to it, or builds as it did before;
 * and what build-image prints is what a container of that image says it is made from.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildContext, type BuildContext } from "../../../config-files/build-context";
import { gatewayImageFiles } from "../../../config-files/gateway/image-files";
import { published } from "../../../lab/images/catalogue";
import { buildLocal } from "../../../lab/images/local-image";
import { run } from "../../../lab/lib/exec";
import type { Engine } from "../../../lab/vps/engines";
import { prepare, PreparedHost, until } from "../../config-files/host/prepared-host";

jest.setTimeout(300_000);
const folder = join(__dirname, "../../../config-files/socket-proxy");
const bases = [
  "docker.io/library/node:24.21.0-bookworm-slim",
  "docker.io/library/docker:29.8.2-cli",
] as const;

/** One of a single stage, and one that copies from another image. */
const images: readonly { readonly context: BuildContext; readonly arguments: Record<string, string> }[] = [
  {
    context: buildContext("socket-proxy", {
      Dockerfile: readFileSync(join(folder, "Dockerfile"), "utf8"),
      "filter.js": "// a filter",
    }),
    arguments: { BASE: bases[0] },
  },
  {
    context: buildContext("openclaw", gatewayImageFiles("2026.9")),
    arguments: { BASE: bases[0], CLI: bases[1] },
  },
];

describe.each<Engine>(["debian", "containerd-store", "29"])("%s", (engine) => {
  const host = new PreparedHost(`build-${engine}`, "103.22.206.173");

  beforeAll(async () => {
    await host.boot(engine);
    await until("the engine", async () => (await host.try("docker info")).code === 0);
    await host.run("mkdir -p /opt/openclaw/bin");
    await host.put(join(__dirname, "../../../config-files/host/bin/build-image"), "/opt/openclaw/bin/");
    for (const ref of bases) {
      const item = published.find((each) => each.ref === ref);
      if (item === undefined) throw new Error(`the catalogue has no ${ref}`);
      const local = await buildLocal(item.image);
      await run("sh", [
        "-c",
        `docker save ${local} | docker exec -i clawkeep-vps-${host.name} docker load -q`,
      ]);
      await host.run(`docker tag ${local} ${ref}`);
    }
  });
  afterAll(() => host.stop());

  /** Builds, and looks at what has come of it. */
  async function build({ context, arguments: given }: (typeof images)[number]) {
    const tag = context.tag(given);
    const words = Object.entries(given).map(([name, value]) => `'${name}=${value}'`);
    const command = `/opt/openclaw/bin/build-image '${tag}' none ${words.join(" ")}`;
    const id = (await host.run(command, context.tarBase64)).trim();
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    // Once more builds nothing.
    expect((await host.run(command, context.tarBase64)).trim()).toBe(id);
    const container = (await host.run(`docker create ${tag}`)).trim();
    const made = await host.run(`docker inspect --format '{{.Image}} {{.Config.Image}}' ${container}`);
    expect(made).toBe(`${id} ${tag}\n`);
    const settings = ["User", "Entrypoint", "Cmd", "Env", "WorkingDir", "Healthcheck"];
    const shown = await host.run(`docker inspect --format '{{json .Config}}' ${container}`);
    const config = JSON.parse(shown) as Record<string, unknown>;
    const files = "/opt/socket-proxy /usr/local/lib/clawkeep /usr/local/bin/docker";
    const look = `find ${files} -type f -exec sha256sum {} + -exec stat -c '%n %a %u' {} + 2>/dev/null | sort`;
    const contents = await host.run(
      `docker run --rm --network none --user 0 --entrypoint sh ${tag} -c "${look}"`,
    );
    await host.run(`docker rm ${container}; docker rmi --force ${tag}`);
    expect(contents).toMatch(/filter\.js|durable\.cjs/);
    return { config: settings.map((name) => [name, config[name] ?? null]), contents };
  }

  test("without buildx and with it", async () => {
    expect((await host.try("docker buildx version")).code).not.toBe(0);
    const without = [await build(images[0]!), await build(images[1]!)];
    await prepare(host.name);
    expect((await host.try("docker buildx version")).code).toBe(0);
    expect([await build(images[0]!), await build(images[1]!)]).toEqual(without);
  });
});
