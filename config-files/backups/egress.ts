/** What backups may reach: where they go, and who is told that they were made; by the egress proxy like everything else. */
import type { Repository } from "../../config/repository";
import type { EgressClient } from "../egress-proxy/squid-conf";

/**
 * Clients of the egress proxy, all of them the one container of backups.
 * @param address the container's
 * @param pingHosts host that is told of each snapshot, where there is one
 */
export function backupClients(
  repository: Repository,
  address: string,
  pingHosts: readonly string[],
): EgressClient[] {
  const { host } = repository;
  if (repository.kind !== "ssh") return [{ name: "backup", address, hosts: merged([host, ...pingHosts]) }];
  return [
    { name: "backup", address, hosts: merged(pingHosts) },
    // A client of its own, so that neither host is reached by the other's port.
    { name: "backup_ssh", address, hosts: [host], port: repository.port },
  ];
}

const merged = (hosts: readonly string[]): string[] => [...new Set(hosts)].sort();

/** Ports beside 443 by which the egress proxy leaves the host. */
export const backupPorts = (repository: Repository | undefined): number[] =>
  repository?.kind === "ssh" && repository.port !== 443 ? [repository.port] : [];
