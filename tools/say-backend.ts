/** `npx tsx tools/say-backend.ts STACK`: says which stack of which state backend the next command asks. */
import { sayBackend } from "./backend";
import { endWith } from "./terminal";

try {
  sayBackend(...process.argv.slice(2));
} catch (error) {
  endWith(error, 2);
}
