import { fuzzGate } from "./support/fuzz-gate";

fuzzGate();
