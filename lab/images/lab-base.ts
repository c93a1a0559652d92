import { labBase } from "./catalogue";
import { buildLocal } from "./local-image";

/** Reference of the image for lab containers: Debian with Node, dnsmasq, docker-registry and network tools. */
export async function labBaseRef(): Promise<string> {
  return buildLocal(labBase);
}
