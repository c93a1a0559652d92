/** The attacks on the filter of the Docker API, with Engine 29 behind it. */
import { corpusOn } from "../../config-files/socket-proxy/support/corpus-on";
import { FlavouredEngine } from "../../config-files/socket-proxy/support/flavoured-engine";
import { World } from "../../config-files/socket-proxy/support/world";
import { engine29 } from "./differences";

jest.setTimeout(120_000);
corpusOn(new World((directory) => new FlavouredEngine(directory, "29")), engine29);
