/** The attacks on the filter of the Docker API, with Engine 29 behind it. */
import "./on-29";
import { corpusOn } from "../../config-files/socket-proxy/support/corpus-on";
import { World } from "../../config-files/socket-proxy/support/world";
import { engine29 } from "./differences";

jest.setTimeout(120_000);
corpusOn(new World(), engine29);
