import { archives } from "./archives";
import type { Attack } from "./attack";
import { bindAttacks } from "./binds";
import { lifecycle } from "./containers";
import { execs } from "./execs";
import { httpTricks } from "./http";
import { images } from "./images";
import { jsonTricks } from "./json";
import { mountPoint } from "./mount-point";
import { mounts } from "./mounts";
import { namespaces } from "./namespaces";
import { networksAndVolumes } from "./networks-volumes";
import { paths } from "./paths";
import { plugins, swarm } from "./plugins-swarm";
import { privileges } from "./privileges";
import { identity, processes } from "./process";
import { devices, resources } from "./resources";
import { oversized, slow } from "./size-and-time";
import { system, upgrades } from "./system";

/** All attacks, in the order in which they are made on the engine. */
export const corpus: readonly Attack[] = [
  ...privileges,
  ...namespaces,
  ...bindAttacks,
  ...mountPoint,
  ...mounts,
  ...devices,
  ...resources,
  ...processes,
  ...identity,
  ...execs,
  ...lifecycle,
  ...archives,
  ...images,
  ...networksAndVolumes,
  ...plugins,
  ...swarm,
  ...system,
  ...upgrades,
  ...jsonTricks,
  ...httpTricks,
  ...paths,
  ...oversized,
  ...slow,
];
