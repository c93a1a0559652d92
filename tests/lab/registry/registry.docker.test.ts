// A server of the lab pulls by the published names, over TLS by the lab's CA. Uses this checkout's own lab directory,
// because the registry's address and certificate belong to it.
import { join } from "node:path";
import { addresses, names } from "../../../lab/internet/addresses";
import { published } from "../../../lab/images/catalogue";
import { publish } from "../../../lab/images/publish";
import { docker } from "../../../lab/lib/docker";
import { attempt, run } from "../../../lab/lib/exec";
import { startPublicRegistry, startPushEndpoint } from "../../../lab/registry/registry";
import * as vps from "../../../lab/vps/stand-in";

const name = `test-registry-${process.pid}`;
const container = `clawkeep-vps-${name}`;
const inside = (script: string): Promise<string> => docker(["exec", container, "sh", "-ec", script]);

jest.setTimeout(20 * 60_000);

beforeAll(async () => {
  await run(join(__dirname, "../../../lab/engine/up.sh"), []);
  for (const item of published) await publish(item);
  await startPushEndpoint();
  await startPublicRegistry();
  // Its engine has the images already, and forgets them before it is asked to pull.
  await vps.boot({ name, ipv4: "103.22.206.204", disk: "warm", authorizedKeys: [] });
  // The whole boot, not just its engine: cloud-init still changes the server's units, and /etc/hosts, before.
  const isBooted = ["exec", container, "systemctl", "is-system-running"];
  while (!/^(running|degraded)$/.test((await attempt("docker", isBooted)).stdout.trim()))
    await new Promise((resolve) => setTimeout(resolve, 300));
  const served = Object.keys(names).filter((host) => names[host] === addresses.registry);
  await inside(`echo '${addresses.registry} ${served.join(" ")}' >>/etc/hosts`);
  await inside("docker image ls --quiet --no-trunc | xargs docker image rm --force");
});

afterAll(async () => vps.destroy(name));

test("every image of the catalogue is offered under its published name", async () => {
  for (const { ref } of published) {
    const [, host, repository, tag] =
      /^([^/]+)\/(.+):(.+)$/.exec(ref.replace(/^docker\.io/, "registry-1.docker.io")) ?? [];
    const accept = "Accept: application/vnd.docker.distribution.manifest.v2+json";
    await inside(
      `wget -q -O /dev/null --header '${accept}' https://${host}/v2/${repository}/manifests/${tag}`,
    );
  }
});

/** Pulls an image and runs it; where that fails, with what the server's journal says about it. */
const pullAndRun = (image: string, command: string): Promise<string> =>
  inside(`docker pull -q ${image} && docker run --rm ${image} ${command} || {
    code=$?; journalctl --no-pager --lines 40 >&2; cat /sys/fs/cgroup/memory/memory.oom_control >&2; exit $code; }`);

test("the server's engine pulls short and full names", async () => {
  await pullAndRun("redis:7.4.11-bookworm", "redis-server --version");
  await pullAndRun("docker:29.8.2-cli", "docker --version");
  await expect(inside("docker pull -q ghcr.io/openclaw/openclaw:none")).rejects.toThrow(
    /manifest unknown|not found/,
  );
});

test("nobody on the small internet can push", async () => {
  await inside("docker tag redis:7.4.11-bookworm ghcr.io/intruder/redis:1");
  await expect(inside("docker push -q ghcr.io/intruder/redis:1")).rejects.toThrow();
});
