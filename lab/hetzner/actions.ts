import { notFound } from "./errors";
import type { Action, ActionResource } from "./model";
import type { Store } from "./store";

const keptActions = 1000;

/** Actions: every one is answered as running, and turns success or error when its work is done. */
export class Actions {
  private readonly interrupted: readonly Action[];

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
    // The answer to the request that started the action is made before this can run.
    void work.then(
      () => this.finish(action, null),
      (error: unknown) => {
        console.error(`${command} failed:`, error);
        this.finish(action, error instanceof Error ? error.message : String(error));
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

  private finish(action: Action, error: string | null): void {
    action.status = error === null ? "success" : "error";
    action.error = error === null ? null : { code: "action_failed", message: error };
    action.finished = new Date().toISOString();
    this.store.save();
  }
}
