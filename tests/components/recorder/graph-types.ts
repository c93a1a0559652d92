/** What a recorded run of the program looks like. Plain JSON: it crosses a process border. */

/** A value as the engine is handed it, secret and unknown parts marked. */
export type Wire = null | boolean | number | string | readonly Wire[] | { readonly [key: string]: Wire };

/** Marks a secret: `{ $secret: value }`. */
export const secretMark = "$secret";
/** Stands for a value that is not known in a preview. */
export const unknownMark = "$unknown";

/** Resource options as the engine is handed them. Resources are named by their logical name; unset ones are absent. */
export interface RecordedOptions {
  readonly provider?: string;
  readonly protect?: true;
  readonly retainOnDelete?: true;
  readonly deleteBeforeReplace?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly replaceOnChanges?: readonly string[];
  readonly replaceWith?: readonly string[];
  readonly deletedWith?: string;
  readonly additionalSecretOutputs?: readonly string[];
  readonly aliases?: number;
  /** Names of what is asked before the resource is updated. */
  readonly hooks?: readonly string[];
  readonly importId?: string;
}

export interface RecordedResource {
  /** Type token. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  readonly custom: boolean;
  /** Logical name of the parent; absent for the stack itself. */
  readonly parent?: string;
  readonly inputs: Readonly<Record<string, Wire>>;
  readonly options: RecordedOptions;
  /** Logical names of all resources it waits for, those that its inputs come from included. */
  readonly dependencies: readonly string[];
  /** What a component, or the stack, says about itself. */
  readonly outputs?: Readonly<Record<string, Wire>>;
}

export interface Graph {
  /** In the order of registration, the stack itself left out. */
  readonly resources: readonly RecordedResource[];
  readonly stackOutputs: Readonly<Record<string, Wire>>;
  /** Resources that were there when the program's last line had run: more later means that one is made in an apply. */
  readonly declaredAtOnce: number;
  /** The first thing that went wrong; absent when nothing did. */
  readonly error?: string;
  /** All that was printed. */
  readonly log: string;
}

/** One run of a program. */
export interface Run {
  /** Path of the program, from the root of the repository. */
  readonly program: string;
  readonly stack: string;
  readonly values: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  /** True: as in a first preview, ids and outputs are unknown. */
  readonly preview: boolean;
  /** Keys in the operator's ssh-agent, in its order; absent: none. */
  readonly agent?: readonly string[];
  /** True: in the environment of a cold restore's `up`. */
  readonly awaitsRestore?: boolean;
  /** Recorded as the active one; absent: prod. */
  readonly activeStack?: string;
}
