/** An existing host with Engine 29: its images in containerd's store, no client below API 1.44. */
import { deploysOn } from "./other-engine";

deploysOn("29", { version: /^29\./, driver: "overlayfs" });
