/** Each reading call of an `up` at Hetzner and Cloudflare is answered 429, come back in a second: tests/clouds/faults.ts. */
import { faultsOf } from "./faults-of";

faultsOf("is answered 429, come back in a second", "GET");
