/** The hostile gateway at work: what it does is started, kept going, ended, and cleaned up after. */
import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { stateDirectory, sandboxesDirectory } from "../../../config-files/gateway/paths";
import { eventually } from "../support";
import { makeSandboxes, marker, preludeOf, workspace, type Hostile } from "./gateway-prelude";
import { machineOf, type Machine } from "./machine";
import { mostSeconds, type WorstThing } from "./worst-things";

/** It matches the mark, and not the command line that it stands in itself. */
const pattern = `[${marker[0]}]${marker.slice(1)}`;

/** The program that runs in the gateway's container: the thing itself, or what starts it in each sandbox by the Docker API. */
export function programOf(hostile: Hostile, { from, program }: WorstThing): string {
  const prelude = preludeOf(hostile);
  if (from === "gateway") return prelude + program;
  return `${prelude}const program = ${JSON.stringify(program)};
await Promise.all([1, 2, 3].map((number) => new Promise((resolve) =>
  spawn("docker", ["exec", "-i", name(number), "python3", "-c", program, marker, seconds], { stdio: ["ignore", "ignore", "inherit"] })
    .on("exit", resolve).on("error", resolve))));
`;
}

/** Removes the files of the worst before. By the gateway itself; by root where it has not come through it, and is not there. */
async function tidy(hostile: Hostile, { inside }: Machine): Promise<void> {
  const home = `/opt/openclaw/gateways/${hostile.name}`;
  const own = `${stateDirectory}/worst ${sandboxesDirectory(hostile)}/${workspace}/worst`;
  const roots = `${home}/state/worst ${home}/sandboxes/workspaces/${workspace}/worst`;
  await inside(`docker exec ${hostile.name} rm -rf ${own} || { rm -rf ${roots}; exit 1; }`);
}

/** What is left of the worst before: files, and a gateway or sandboxes that have not come through it. */
async function afresh(hostile: Hostile, machine: Machine): Promise<void> {
  await eventually(`${hostile.name} to be back`, 180, async () => {
    await tidy(hostile, machine);
    const said = await machine.nodeIn(hostile.name, makeSandboxes(hostile), [marker, "30"]);
    const { running, refused } = JSON.parse(said) as { running: number; refused: string[] };
    if (running !== 3) throw new Error(`${running} sandboxes of 3 run: ${refused.join("; ")}`);
  });
}

/** Takes everything back: files, and all sandboxes of the gateway; its next turn makes its own anew. */
export async function cleanUp(hostile: Hostile): Promise<void> {
  const machine = machineOf(hostile.machine);
  const label = `clawkeep.gateway=${hostile.name}`;
  await machine.inside(`docker ps --all --quiet --filter label=${label} | xargs -r docker rm --force`);
  await eventually("what it has left to be removed", 120, () => tidy(hostile, machine));
}

/** Ends every process of the host that has the mark, also one that makes others. @throws Error where some stay */
const endAll = ({ inside }: Machine): Promise<string> =>
  inside(`for each in $(seq 200); do pkill -KILL -f '${pattern}' || exit 0; sleep 0.1; done
echo "what the worst has started does not end: $(pgrep -fc '${pattern}') processes" >&2; exit 1`);

/**
 * Has the hostile gateway do that for as long as `work` takes, again and again where it ends by itself.
 * @throws Error where it was not being done at the end
 */
export async function during<T>(hostile: Hostile, thing: WorstThing, work: () => Promise<T>): Promise<T> {
  const machine = machineOf(hostile.machine);
  await afresh(hostile, machine);
  let over = false;
  let child: ChildProcess | undefined;
  let said = "";
  const began = Date.now();
  const again = async (): Promise<void> => {
    while (!over && Date.now() - began < mostSeconds * 1000) {
      const words = [...machine.inContainer(hostile.name), "node", "--input-type=module", "-"];
      const started = spawn("docker", [...words, marker, String(mostSeconds)], {
        stdio: ["pipe", "ignore", "pipe"],
      });
      child = started;
      started.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
      started.stdin.on("error", () => undefined);
      started.stdin.end(programOf(hostile, thing));
      await new Promise<void>((resolve) => started.on("close", () => resolve()).on("error", () => resolve()));
      if (!over) await sleep(500);
    }
  };
  const doing = again();
  try {
    await sleep(1500);
    const result = await work();
    await eventually(`${thing.name}: still done at the end (${said.trim().slice(-500)})`, 5, async () => {
      await machine.inside(`pgrep -f '${pattern}' >/dev/null`);
    });
    return result;
  } finally {
    over = true;
    await endAll(machine);
    child?.kill("SIGKILL");
    await doing;
  }
}
