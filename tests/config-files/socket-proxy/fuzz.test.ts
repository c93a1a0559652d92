import { fuzzFilter } from "./support/fuzz-filter";

fuzzFilter();
