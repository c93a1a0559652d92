/**
 * A cold restore: deploy with gateways that wait, restore, deploy as ever. Cut off anywhere, the gateways are down, and the same
 * typed again comes to the same end; what each says that goes wrong ends with what to type.
 */

/** What is done outside; each of them can be done again. */
export interface ColdWorld {
  /** Whether the state backend knows the stack. */
  readonly known: () => Promise<boolean>;
  /** Begins it, with its file. @returns whether that went well */
  readonly begin: () => Promise<boolean>;
  /**
   * Why the host would restore nothing: asked before its gateways go down. Undefined where it would, and where there is no such
   * host yet, or none that answers.
   */
  readonly refusal: () => Promise<string | undefined>;
  /** @param awaiting the gateways are there, and wait for their restore @returns whether it is deployed */
  readonly up: (awaiting: boolean) => Promise<boolean>;
  /** On the host. @throws where not all of it is restored */
  readonly restore: () => Promise<void>;
  /** What the new host has, off it; a fault of it is said there. */
  readonly save: () => Promise<void>;
}

const again = (stack: string): string => `make restore STACK=${stack} COLD=1`;
/** A gateway that waits starts by `pulumi up` once its host was told that nothing comes back. */
const without = (stack: string): string =>
  `To have them back with what is on the host instead: $(pulumi stack output sshCommand --stack ${stack}) ` +
  `/opt/openclaw/bin/backup-restore --give-up && pulumi up --stack ${stack}`;

/** @throws Error which says what is not done, and what to type */
export async function coldRestore(stack: string, world: ColdWorld): Promise<void> {
  if (await world.known()) {
    const refusal = await world.refusal();
    if (refusal !== undefined) throw new Error(`${refusal}\nNothing was touched, and the gateways go on`);
  } else if (!(await world.begin()))
    throw new Error(`there is no stack ${stack}, and none could be begun: pulumi stack init ${stack}`);
  if (!(await world.up(true)))
    throw new Error(
      `the stack is not deployed, so nothing was restored, and its gateways are down. Mend what pulumi says (a lock that a killed one ` +
        `has left: make recover STACK=${stack}), then: ${again(stack)}\n${without(stack)}`,
    );
  try {
    await world.restore();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${why}\nThe gateways are down until all of it is restored: ${again(stack)}\n${without(stack)}`,
      { cause: error },
    );
  }
  if (!(await world.up(false)))
    throw new Error(
      `all of it is restored, and not every gateway serves. Mend what pulumi says, then: pulumi up --stack ${stack}`,
    );
  await world.save();
}
