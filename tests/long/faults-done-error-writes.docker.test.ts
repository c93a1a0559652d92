/** Each making call of an `up` at Hetzner and Cloudflare is done, and answered 500: tests/clouds/faults.ts. */
import { faultsOf } from "./faults-of";

faultsOf("is done, and answered 500", "POST");
