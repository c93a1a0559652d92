/** The fuzzers of filter and gate, for minutes. They need no engine: the name keeps them out of `make test-fast`. */
import "./long";
import { fuzzGate } from "../../config-files/litellm/support/fuzz-gate";
import { fuzzFilter } from "../../config-files/socket-proxy/support/fuzz-filter";

describe("filter", fuzzFilter);
describe("gate", fuzzGate);
