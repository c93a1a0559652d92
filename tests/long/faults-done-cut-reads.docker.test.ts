/** Each reading call of an `up` at Hetzner and Cloudflare is done, and cut off: tests/clouds/faults.ts. */
import { faultsOf } from "./faults-of";

faultsOf("is done, and cut off", "GET");
