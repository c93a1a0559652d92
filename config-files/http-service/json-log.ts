/** Writes one JSON object a line: when, what happened, and what goes with it. */
export class JsonLog {
  /** @param common fields of every line */
  constructor(
    private readonly write: (line: string) => void,
    private readonly common: object = {},
  ) {}

  line(event: string, fields: object): void {
    this.write(`${JSON.stringify({ time: new Date().toISOString(), ...this.common, event, ...fields })}\n`);
  }
}
