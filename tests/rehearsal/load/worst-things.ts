/** The worst that one gateway can do to the others on its host: one row each, and where it is done from. */
import { worstInGateway } from "./in-gateway";
import { worstInSandboxes } from "./in-sandboxes";

export interface WorstThing {
  /** Unique. */
  readonly name: string;
  /** In all of its sandboxes at once, or in the gateway's own container. */
  readonly from: "sandboxes" | "gateway";
  /** What bounds it, and where that is seen. */
  readonly shown: string;
  /**
   * Python in a sandbox; Node in the gateway, behind the prelude of that gateway. Its last two arguments are a mark for the host, by
   * which it is ended, and after how many seconds it ends by itself.
   */
  readonly program: string;
}

/** None may go on for longer, whatever becomes of the test. */
export const mostSeconds = 120;

export const worstThings: readonly WorstThing[] = [...worstInSandboxes, ...worstInGateway];
