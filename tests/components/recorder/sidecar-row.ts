/** A service that no stack has, for tests of what follows from a row. */
import type { StackRow } from "../../../config/services";

export const sidecar: StackRow = {
  name: "openclaw-sidecar",
  uid: 65000,
  gid: 65000,
  image: "node",
  networks: ["openclaw"],
  host: 50,
  port: 9443,
  opensTo: ["egressProxy", "gateway"],
  outsideHosts: ["sidecar.example.net"],
  startedBy: "docker",
  needs: ["egressProxy"],
  healthcheck: { kind: "program", program: "true" },
  limits: { starter: { memoryMiB: 48, cpus: 0.25, pids: 20 } },
};
