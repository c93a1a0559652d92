/** What the collector finds of real containers: a hardened one, and one without each control that an engine gives away. */
import { labBaseRef } from "../../lab/images/lab-base";
import { docker, labLabel } from "../../lab/lib/docker";
import { attempt, run } from "../../lab/lib/exec";
import { checks } from "./checks";
import { collectFacts } from "./collect";

jest.setTimeout(180_000);
const names = { hard: "clawkeep-test-bench-hard", soft: "clawkeep-test-bench-soft" } as const;
const removeAll = () => attempt("docker", ["rm", "-f", ...Object.values(names)]);

beforeAll(async () => {
  await removeAll();
  const image = await labBaseRef();
  const start = (name: string, options: readonly string[]) =>
    docker(["run", "--detach", "--name", name, "--label", labLabel, ...options, image, "sleep", "600"]);
  await start(names.hard, [
    ...["--network", "none", "--user", "1000:1000", "--read-only", "--init", "--cap-drop", "ALL"],
    ...["--security-opt", "no-new-privileges", "--memory", "64m", "--cpus", "0.25", "--pids-limit", "32"],
    ...["--health-cmd", "true", "--restart", "on-failure:5"],
  ]);
  await start(names.soft, [
    ...["--pid", "host", "--ipc", "host", "--uts", "host", "--cap-add", "SYS_PTRACE", "--restart", "always"],
    ...["--security-opt", "seccomp=unconfined", "--device", "/dev/null", "--publish", "127.0.0.1:999:80"],
    ...["--volume", "/etc:/mnt/etc:ro", "--volume", "/var/run/docker.sock:/mnt/socket:ro"],
  ]);
  await docker(["exec", "--detach", "--user", "1001", names.soft, "sleep", "300"]);
});
afterAll(removeAll);

/** Numbers of sections 4.1, 4.8 and 5 that this container alone makes fail; 5.2, 5.3 and images are the machine's matter. */
async function failing(name: string): Promise<string[]> {
  const facts = await collectFacts((program) => run("python3", ["-", name], { input: program }));
  expect(facts.containers.map(({ Name }) => Name)).toEqual([`/${name}`]);
  expect(facts.processes[facts.containers[0]?.Id ?? ""]?.length).toBeGreaterThan(1);
  return checks
    .filter(({ id }) => /^(4\.[18]|5\..*)$/.test(id) && !["5.1", "5.2", "5.3", "5.9", "5.28"].includes(id))
    .filter((check) => {
      const result = check.judge(facts);
      return result.outcome === "fail" && result.what.includes(name);
    })
    .map(({ id }) => id);
}

it("a hardened container has the setuid files of its image, and nothing else", async () => {
  expect(await failing(names.hard)).toEqual(["4.8"]);
});

it("one without controls fails each of them", async () => {
  expect(await failing(names.soft)).toEqual([
    ...["4.1", "4.8", "5.4", "5.6", "5.8", "5.11", "5.12", "5.13", "5.15", "5.16", "5.17", "5.18", "5.21"],
    ...["5.22", "5.24", "5.26", "5.27", "5.29", "5.30", "5.32"],
  ]);
});
