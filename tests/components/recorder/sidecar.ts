/** A stack with one sidecar more than the table has: its row, in this process's copy of the table, and its component. */
import { services, type Service } from "../../../config/services";
import { sidecar } from "./sidecar-row";

/* eslint-disable @typescript-eslint/no-require-imports -- what reads the table is loaded when the row is in it */
Object.assign(services, { sidecar });
const part = <T>(path: string): T => require(`../../../${path}`) as T;
const container = part<typeof import("../../../components/container")>("components/container");
const { EgressProxy } = part<typeof import("../../../components/egress-proxy")>("components/egress-proxy");
const { HostBaseline } = part<typeof import("../../../components/host-baseline")>("components/host-baseline");
const { pulledImage } = part<typeof import("../../../components/image")>("components/image");
const { Networks } = part<typeof import("../../../components/networks")>("components/networks");
const { loadConfiguration } = part<typeof import("../../../config/load")>("config/load");

const configuration = loadConfiguration();
const { host } = new HostBaseline("host", configuration);
const networks = new Networks("networks", { host, subnets: configuration.settings.networks });
const place = { configuration, host, networks, settled: new Map() };
const parent = new EgressProxy("egress-proxy", place);
const service = "sidecar" as Service;
container.serviceContainer(parent, "sidecar", {
  place,
  service,
  image: pulledImage(parent, "sidecar-image", host, configuration.images.node),
  dependsOn: container.settledBefore(place, service),
});
