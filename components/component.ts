import * as pulumi from "@pulumi/pulumi";

/**
 * Base of every component. Its arguments are never handed to the engine (they would land in the state), child names
 * begin with the component's own, and outputs are registered by every subclass through `finish`.
 */
export abstract class Component extends pulumi.ComponentResource {
  readonly name: string;

  /**
   * @param kind last part of the type token, the class name
   * @param name logical name, unique in the stack
   */
  protected constructor(kind: string, name: string, options: pulumi.ComponentResourceOptions = {}) {
    super(`clawkeep:index:${kind}`, name, {}, options);
    this.name = name;
  }

  /** Logical name of a child. */
  protected child(suffix: string): string {
    return `${this.name}-${suffix}`;
  }

  /** Registers the outputs; the last line of every constructor, or of what comes after it. */
  protected finish(outputs: pulumi.Inputs = {}): void {
    this.registerOutputs(outputs);
  }
}
