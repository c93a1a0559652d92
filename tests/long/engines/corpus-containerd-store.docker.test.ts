/** The attacks on the filter of the Docker API, with an engine behind it that has its images in containerd's store. */
import { corpusOn } from "../../config-files/socket-proxy/support/corpus-on";
import { FlavouredEngine } from "../../config-files/socket-proxy/support/flavoured-engine";
import { World } from "../../config-files/socket-proxy/support/world";
import { containerdStore } from "./differences";

jest.setTimeout(120_000);
corpusOn(new World((directory) => new FlavouredEngine(directory, "containerd-store")), containerdStore);
