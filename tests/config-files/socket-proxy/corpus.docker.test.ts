/** The attacks on this machine's own engine. */
import { corpusOn } from "./support/corpus-on";
import { World } from "./support/world";

jest.setTimeout(120_000);
corpusOn(new World());
