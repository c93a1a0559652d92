/** Hosts that have a Docker engine already when they are handed over, each an image on top of the bare one. */
import { join } from "node:path";
import { dockerCliBinary, dockerPackages, engine29Binaries } from "../images/asset-list";
import { standIn } from "../images/catalogue";
import { buildLocal, type LocalImage } from "../images/local-image";

/**
 * `debian`: Debian's docker.io 26.1, as prepare-host would install it. `containerd-store`: the same, with its images in
 * containerd's store. `29`: Engine 29, which has them there too.
 */
export type Engine = "29" | "containerd-store" | "debian";

const folder = (engine: Engine): string => join(__dirname, "engines", engine);

const debian: LocalImage = {
  name: "stand-in-debian",
  folder: folder("debian"),
  base: standIn,
  assets: [dockerPackages],
};

const engines: Readonly<Record<Engine, LocalImage>> = {
  debian,
  "containerd-store": {
    name: "stand-in-containerd-store",
    folder: folder("containerd-store"),
    base: debian,
  },
  "29": {
    name: "stand-in-29",
    folder: folder("29"),
    base: debian,
    assets: [engine29Binaries, dockerCliBinary],
  },
};

/** Reference of the image that a server with that engine boots from; compiled and built when it is not in the cache. */
export const engineImage = (engine: Engine): Promise<string> => buildLocal(engines[engine]);
