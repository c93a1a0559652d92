import { notFound } from "./errors";
import type { Action, ActionResource } from "./model";
import type { Store } from "./store";

const keptActions = 1000;

/** Actions: every one is answered as running, and turns success or error when its work is done. */
export class Actions {
  private readonly interrupted: readonly Action[];
  /** Command -> how the next of its kind ends. */
  private readonly condemned = new Map<string, NonNullable<Action["error"]>>();

  constructor(private readonly store: Store) {
    this.interrupted = store.state.actions.filter((action) => action.status === "running");
  }

  start(
    command: string,
    resources: readonly ActionResource[],
    work: Promise<unknown> = Promise.resolve(),
  ): Action {
    const { state } = this.store;
    const action: Action = {
      id: this.store.nextId(),
      command,
      status: "running",
      started: new Date().toISOString(),
      finished: null,
      resources,
      error: null,
    };
    state.actions = [...state.actions.slice(1 - keptActions), action];
    const error = this.condemned.get(command) ?? null;
    this.condemned.delete(command);
    // The answer to the request that started the action is made before this can run.
    void work.then(
      () => this.finish(action, error),
      (error: unknown) => {
        console.error(`${command} failed:`, error);
        this.finish(action, failed(error instanceof Error ? error.message : String(error)));
      },
    );
    return action;
  }

  get(id: number): Action {
    const action = this.store.state.actions.find((candidate) => candidate.id === id);
    if (action === undefined) throw notFound(`action with ID '${id}'`);
    return action;
  }

  /** After a restart nobody works on the actions of before; the machines have been brought to the state wanted. */
  finishInterrupted(): void {
    for (const action of this.interrupted) this.finish(action, null);
  }

  /** The next action of that command ends in an error. What it was to do is done all the same: nobody may rely on it. */
  condemn(command: string, code: string): void {
    this.condemned.set(command, { code, message: "injected by the lab" });
  }

  private finish(action: Action, error: Action["error"]): void {
    action.status = error === null ? "success" : "error";
    action.error = error;
    action.finished = new Date().toISOString();
    this.store.save();
  }
}

const failed = (message: string): NonNullable<Action["error"]> => ({ code: "action_failed", message });
