/** The hostile gateway at work: what it does is started, kept going, ended, and cleaned up after. */
import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { stateDirectory, sandboxesDirectory } from "../../../config-files/gateway/paths";
import { eventually } from "../support";
import { hostile, makeSandboxes, marker, prelude, workspace } from "./gateway-prelude";
import { inContainer, inside, nodeInGateway, worst } from "./stack";
import { mostSeconds, type WorstThing } from "./worst-things";

/** It matches the mark, and not the command line that it stands in itself. */
const pattern = `[${marker[0]}]${marker.slice(1)}`;

/** The program that runs in the gateway's container: the thing itself, or what starts it in each sandbox by the Docker API. */
export function programOf({ from, program }: WorstThing): string {
  if (from === "gateway") return program;
  return `${prelude}const program = ${JSON.stringify(program)};
await Promise.all([1, 2, 3].map((number) => new Promise((resolve) =>
  spawn("docker", ["exec", "-i", name(number), "python3", "-c", program, marker, seconds], { stdio: ["ignore", "ignore", "inherit"] })
    .on("exit", resolve).on("error", resolve))));
`;
}

/** What is left of the worst before: files, and a gateway or sandboxes that have not come through it. */
async function afresh(): Promise<void> {
  const left = `${stateDirectory}/worst ${sandboxesDirectory(hostile)}/${workspace}/worst`;
  await eventually(`${worst.name} to be back`, 180, async () => {
    await inside(`docker exec ${worst.name} rm -rf ${left}`);
    const said = await nodeInGateway(worst.name, makeSandboxes, [marker, "30"]);
    const { running, refused } = JSON.parse(said) as { running: number; refused: string[] };
    if (running !== 3) throw new Error(`${running} sandboxes of 3 run: ${refused.join("; ")}`);
  });
}

/** Ends every process of the host that has the mark, also one that makes others. @throws Error where some stay */
const endAll = (): Promise<string> =>
  inside(`for each in $(seq 200); do pkill -KILL -f '${pattern}' || exit 0; sleep 0.1; done
echo "what the worst has started does not end: $(pgrep -fc '${pattern}') processes" >&2; exit 1`);

/**
 * Has the hostile gateway do that for as long as `work` takes, again and again where it ends by itself.
 * @throws Error where it was not being done at the end
 */
export async function during<T>(thing: WorstThing, work: () => Promise<T>): Promise<T> {
  await afresh();
  let over = false;
  let child: ChildProcess | undefined;
  let said = "";
  const began = Date.now();
  const again = async (): Promise<void> => {
    while (!over && Date.now() - began < mostSeconds * 1000) {
      const words = [...inContainer(worst.name), "node", "--input-type=module", "-"];
      const started = spawn("docker", [...words, marker, String(mostSeconds)], {
        stdio: ["pipe", "ignore", "pipe"],
      });
      child = started;
      started.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
      started.stdin.on("error", () => undefined);
      started.stdin.end(programOf(thing));
      await new Promise<void>((resolve) => started.on("close", () => resolve()).on("error", () => resolve()));
      if (!over) await sleep(500);
    }
  };
  const doing = again();
  try {
    await sleep(1500);
    const result = await work();
    await eventually(`${thing.name}: still done at the end (${said.trim().slice(-500)})`, 5, async () => {
      await inside(`pgrep -f '${pattern}' >/dev/null`);
    });
    return result;
  } finally {
    over = true;
    await endAll();
    child?.kill("SIGKILL");
    await doing;
  }
}
