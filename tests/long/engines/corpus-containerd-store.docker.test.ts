/** The attacks on the filter of the Docker API, with an engine behind it that has its images in containerd's store. */
import "./on-containerd-store";
import { corpusOn } from "../../config-files/socket-proxy/support/corpus-on";
import { World } from "../../config-files/socket-proxy/support/world";
import { containerdStore } from "./differences";

jest.setTimeout(120_000);
corpusOn(new World(), containerdStore);
