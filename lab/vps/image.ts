import { standIn } from "../images/catalogue";
import { buildLocal } from "../images/local-image";

/** Reference of the image that stand-ins boot from; built when the engine does not have it. */
export async function standInImage(): Promise<string> {
  return buildLocal(standIn);
}
