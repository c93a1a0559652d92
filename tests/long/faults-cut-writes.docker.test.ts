/** Each making call of an `up` at Hetzner and Cloudflare is cut off: tests/clouds/faults.ts. */
import { faultsOf } from "./faults-of";

faultsOf("is cut off", "POST");
