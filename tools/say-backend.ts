/** `npx tsx tools/say-backend.ts STACK`: says which stack of which state backend the next command asks. */
import { sayBackend } from "./backend";

try {
  sayBackend(...process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
