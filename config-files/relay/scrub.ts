import { Transform, type TransformCallback } from "node:stream";
import { placeholderSecret } from "./placeholder";

/**
 * Puts the placeholder wherever the secret part of a token stands in a stream. Both are 35 characters, so lengths stay.
 *
 * The last bytes of each chunk wait for the next one, always as many: if only those waited that begin like the secret,
 * whoever sends a guess and watches what comes back at once would learn the secret letter by letter.
 */
export class Scrub extends Transform {
  private kept: Buffer = Buffer.alloc(0);
  private readonly secret: Buffer;

  constructor(secret: string) {
    super();
    this.secret = Buffer.from(secret);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = Buffer.concat([this.kept, chunk]);
    this.replace(bytes);
    const ready = Math.max(0, bytes.length - (this.secret.length - 1));
    this.kept = Buffer.from(bytes.subarray(ready));
    done(null, bytes.subarray(0, ready));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.kept);
  }

  private replace(bytes: Buffer): void {
    for (let at = bytes.indexOf(this.secret); at >= 0; at = bytes.indexOf(this.secret, at)) {
      bytes.write(placeholderSecret, at, "latin1");
    }
  }
}
