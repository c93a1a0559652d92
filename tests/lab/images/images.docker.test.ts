// The images as they lie in the registry's storage and on the engine: made once, found again, and really the software.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { published } from "../../../lab/images/catalogue";
import { contentKey, folderParts } from "../../../lab/images/content-key";
import { buildLocal, localRef } from "../../../lab/images/local-image";
import { isPublished, publish } from "../../../lab/images/publish";
import { docker } from "../../../lab/lib/docker";
import { run } from "../../../lab/lib/exec";

jest.setTimeout(20 * 60_000);

const image = (ref: string) => {
  const found = published.find((item) => item.ref.startsWith(ref));
  if (found === undefined) throw new Error(`${ref} is not in the catalogue`);
  return found.image;
};
const says = async (ref: string, ...command: string[]): Promise<string> => {
  const [entrypoint = "", ...rest] = command;
  return docker([
    "run",
    "--rm",
    "--network",
    "none",
    "--entrypoint",
    entrypoint,
    await buildLocal(image(ref)),
    ...rest,
  ]);
};

beforeAll(async () => {
  await run(join(__dirname, "../../../lab/engine/up.sh"), []);
  for (const item of published) await publish(item);
});

test("a second build finds everything made", async () => {
  const started = Date.now();
  for (const item of published) {
    expect(isPublished(item)).toBe(true);
    expect(await publish(item)).toBe(false);
  }
  expect(Date.now() - started).toBeLessThan(3000);
});

test("the key of an image changes with what goes into it, and only then", () => {
  const dir = mkdtempSync(join(tmpdir(), "clawkeep-key-"));
  try {
    writeFileSync(join(dir, "Dockerfile"), "FROM scratch\n");
    const first = contentKey(folderParts(dir));
    expect(contentKey(folderParts(dir))).toBe(first);
    writeFileSync(join(dir, "Dockerfile"), "FROM scratch\n# other\n");
    expect(contentKey(folderParts(dir))).not.toBe(first);
    expect(contentKey(["ab", "c"])).not.toBe(contentKey(["a", "bc"]));
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test.each([
  ["ghcr.io/openclaw/openclaw", ["openclaw", "--version"], /2026\.9\.6/],
  [
    "ghcr.io/openclaw/openclaw",
    ["sh", "-c", "id -u; echo $HOME; pwd; ls openclaw.mjs; ! command -v docker"],
    /^1000\n\/home\/node\n\/app\n/,
  ],
  [
    "ghcr.io/berriai/litellm",
    ["python3", "-c", "import importlib.metadata as m, prisma; print(m.version('litellm'))"],
    /1\.104\.0/,
  ],
  ["docker.io/ubuntu/squid", ["sh", "-c", "squid -v; id -u proxy"], /Squid Cache: Version 6\.[^]*\n13\n$/],
  ["docker.io/library/caddy", ["caddy", "version"], /v2\.11\.4/],
  [
    "docker.io/library/redis",
    ["sh", "-c", "redis-server --version; id -u redis"],
    /Redis server v=7\.[^]*\n999\n$/,
  ],
  ["docker.io/library/node", ["sh", "-c", "node --version; id -u node"], /^v24\.21\.0\n1000\n$/],
  ["docker.io/library/docker", ["docker", "--version"], /^Docker version 29\.8\.2,/],
])("%s runs: %j", async (ref, command, answer) => {
  expect(await says(ref, ...command)).toMatch(answer);
});

test("Debian's images are as bare as the published ones and have their package sources", async () => {
  const has = "for name in ca-certificates curl git jq ripgrep; do ! dpkg -s $name 2>/dev/null; done";
  for (const ref of ["docker.io/library/debian", "docker.io/library/node"])
    expect(await says(ref, "sh", "-c", has)).toBe("");
  const sources = await says(
    "docker.io/library/debian",
    "sh",
    "-c",
    "cat /etc/apt/sources.list /etc/apt/sources.list.d/*",
  );
  expect(sources.match(/(?<=^URIs: ).*$/gm)).toEqual([
    "http://deb.debian.org/debian",
    "http://deb.debian.org/debian-security",
  ]);
  expect(sources).not.toMatch(/^deb /m);
});

test("the static client runs where it is copied to", async () => {
  const ref = localRef(image("docker.io/library/docker"));
  const file = await run("sh", [
    "-c",
    `docker run --rm --entrypoint cat ${ref} /usr/local/bin/docker | head -c 20000 | strings | grep -c ld-linux || true`,
  ]);
  expect(file.trim()).toBe("0");
});
