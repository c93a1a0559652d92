import type { Decision } from "../../../../config-files/socket-proxy/decision-log";
import type { Attack, Side, Target } from "../corpus/attack";
import { send, type RawAnswer } from "./raw-http";
import type { World } from "./world";

/** What one side did with an attack. */
export interface Outcome {
  readonly answer: RawAnswer;
  /** The filter's log lines for it. */
  readonly decisions: readonly Decision[];
  /** What the filter asked of the engine for it, as `METHOD path`. */
  readonly upstream: readonly string[];
  /** Whether the engine carried it out, with the effect that the attacker wanted. */
  readonly succeeded: boolean;
}

const noTarget: Target = { id: "", name: "", execId: "" };

/** Makes the container that an attack is aimed at, if it needs one, and removes it in the end. */
export async function withTarget(
  world: World,
  attack: Attack,
  use: (target: Target) => Promise<void>,
): Promise<void> {
  const target = attack.target === undefined ? noTarget : await makeTarget(world, attack.target);
  try {
    await use(target);
  } finally {
    if (target.id !== "") await world.remove(target.id);
  }
}

/** Sends an attack to one side and removes what came of it. */
export async function runAttack(world: World, attack: Attack, side: Side, target: Target): Promise<Outcome> {
  await attack.before?.(world, side, target);
  try {
    const from = world.lines.length;
    world.tee.take();
    const socket = side === "filter" ? world.filterSocket : world.engine.socket;
    const answers = await send(socket, attack.request(world, target), { answers: attack.answers ?? 1 });
    const answer = answers.at(-1) as RawAnswer;
    const works = attack.works?.(answer) ?? carriedOut(answer);
    return {
      answer,
      decisions: world.lines.slice(from),
      upstream: world.tee.take().map(({ line }) => line),
      succeeded:
        works && answers.length === (attack.answers ?? 1) && (await hasEffect(world, attack, answer)),
    };
  } finally {
    await attack.after?.(world, side, target);
  }
}

async function makeTarget(world: World, kind: "foreign" | "sandbox"): Promise<Target> {
  const container = await world.container(kind);
  const { json } = await world.raw("POST", `/containers/${container.id}/exec`, {
    Cmd: ["id"],
    AttachStdout: true,
  });
  return { ...container, execId: json["Id"] as string };
}

/** A redirect is no answer to the request, and an error may come in the stream behind a 200. */
function carriedOut({ status, body }: RawAnswer): boolean {
  return (
    (status === 101 || status === 304 || (status >= 200 && status < 300)) && !body.includes('"errorDetail"')
  );
}

/** Looks at the container that an attack created, starts it if that is the proof, and removes it. */
async function hasEffect(world: World, attack: Attack, answer: RawAnswer): Promise<boolean> {
  const [, id] = answer.status === 201 ? (/^\{"Id":"([0-9a-f]{64})","Warnings"/.exec(answer.body) ?? []) : [];
  if (id === undefined) return true;
  const { json } = await world.raw("GET", `/containers/${id}/json`);
  const started =
    attack.starts !== true || (await world.raw("POST", `/containers/${id}/start`)).status === 204;
  await world.remove(id);
  return started && (attack.effect?.(json) ?? true);
}
