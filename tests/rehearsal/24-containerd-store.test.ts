/** An existing host with Debian's engine, whose images are in containerd's store. */
import { deploysOn } from "./other-engine";

deploysOn("containerd-store", { version: /^26\./, driver: "overlayfs" });
