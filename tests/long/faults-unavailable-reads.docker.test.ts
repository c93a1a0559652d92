/** Each reading call of an `up` at Hetzner and Cloudflare is answered 503: tests/clouds/faults.ts. */
import { faultsOf } from "./faults-of";

faultsOf("is answered 503", "GET");
