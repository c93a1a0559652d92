/**
 * Every program that our scripts start on a server is of a package that prepare-host names, or an Essential one, or one that
 * these depend on: at the first deployment to a bare one, and when somebody looks at it and copies a state. (When it is shut
 * down: 07.) A new one fails here: add its package to prepare-host's table.
 */
import { join } from "node:path";
import { run } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { onVps } from "../../lab/rehearsal/vps";
import { recordPrograms, startedPrograms } from "../../lab/vps/programs";
import { startedPaths, uncertainPrograms } from "./programs";
import { eventually } from "./support";

jest.setTimeout(300_000);
const server = "clawkeep-prod";
const raw = (): string[] => startedPrograms(server).map(({ program }) => program);
beforeAll(enterLabEnvironment);

test("at the first deployment", async () => {
  // Seen at all: what it cannot do without.
  const names = startedPaths("prod").map((path) => path.split("/").at(-1));
  expect(names).toEqual(
    expect.arrayContaining(["docker", "docker-buildx", "apt-get", "nft", "systemctl", "losetup"]),
  );
  expect(await uncertainPrograms("prod")).toEqual([]);
});

test("at make verify, and when a state is copied", async () => {
  const before = raw().length;
  const programs = recordPrograms(server, false);
  try {
    await eventually("the recorder", 20, async () => {
      await onVps("prod", "/usr/bin/true");
      expect(raw().slice(before).join("\n")).toContain("/true");
    });
    await run(join(repoDir, "node_modules", ".bin", "tsx"), [join(repoDir, "tools/verify.ts"), "prod"]);
    await onVps("prod", 'rm -rf "$(/opt/openclaw/bin/gateway-snapshot openclaw | tail -n 1)"');
  } finally {
    programs.stop();
  }
  const seen = raw().slice(before).join("\n");
  for (const script of ["gateway-snapshot", "apply-firewall", "tune-host", "secure-sshd", "host-upgrades"])
    expect(seen).toContain(`/opt/openclaw/bin/${script}`);
  expect(await uncertainPrograms("prod")).toEqual([]);
});
