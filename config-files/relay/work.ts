import { Pace, unpaced, type Rate } from "../http-service/pace";

/**
 * What one gateway may give the relay to do, counted in requests. OpenClaw makes some a second, with its drafts; one takes
 * the relay one to two milliseconds, TLS included, and it has a quarter of a core for all gateways.
 */
export const requestRate: Rate = { burst: 200, perMinute: 3_000 };
/**
 * A piece of a body, as a part of a request: Node parses each chunk by itself, in some 50 microseconds on its whole way, and
 * a chunk may be one byte. grammY sends a file in chunks as large as it reads it.
 */
const costOfPiece = 1 / 20;
/** Most that is charged for what was parsed and never passed: the chunks of one byte that Node reads at once. */
const mostUnpassed = 10_000 * costOfPiece;

/** The work of one gateway, or of everybody who is none. */
export class Work extends Pace {
  constructor(limited: boolean) {
    super(limited ? requestRate : unpaced, "rate");
  }

  /** A piece of a body has come. @returns milliseconds until the next one may */
  piece(): number {
    this.charge(costOfPiece);
    return this.owedMs();
  }

  /**
   * A request has ended before its body was taken: what Node has parsed of it was work too.
   *
   * @param unpassed bytes that lie there
   * @param pieceBytes of a piece, as those were that passed; 1 where none did
   */
  leftLying(unpassed: number, pieceBytes: number): void {
    this.charge(Math.min(mostUnpassed, (unpassed / pieceBytes) * costOfPiece));
  }
}
