/**
 * The rows of `make test-long`: what takes too long for `make test`, or need not be run each time. One entry a row; to add
 * one, add it here.
 */
import type { Control } from "./controls/control";
import { backupControls } from "./controls/tables/backups";
import { cloudControls, standInControls } from "./controls/tables/clouds";
import { containerControls } from "./controls/tables/containers";
import { filterControls } from "./controls/tables/docker-filter";
import { gatewayControls } from "./controls/tables/gateway";
import { failoverControls } from "./controls/tables/failover";
import { hetznerControls } from "./controls/tables/hetzner";
import { existingHostControls } from "./controls/tables/existing-host";
import { hostControls } from "./controls/tables/host";
import { hostScriptControls } from "./controls/tables/host-scripts";
import { connectionControls } from "./controls/tables/litellm-connections";
import { gateControls } from "./controls/tables/litellm-gate";
import { networkControls } from "./controls/tables/network";
import { powerCutControls } from "./controls/tables/power-cut";
import { relayControls } from "./controls/tables/relay";
import { alertControls, edgeControls, litellmControls } from "./controls/tables/running";
import { secretControls } from "./controls/tables/secrets";
import { sshControls } from "./controls/tables/ssh";
import type { Group } from "./groups";

interface Common {
  /** Unique, for `make test-long NAME=` and the page. */
  readonly name: string;
  /** In a few words. */
  readonly what: string;
  /** Then everything it has started is ended, and its result is `timeout`. Default: 15; what needs more says why. */
  readonly minutes?: number;
}

/** Test files, one after the other. They are no part of `make test`. */
export interface FilesRow extends Common {
  /** For `rehearsal`, `make rehearse` is run before. */
  readonly group: Group;
  readonly files: readonly string[];
  /**
   * Present: `make test` runs them all the same as long as the page has no pass of what they are made from now. That is
   * themselves, all that they import, the lock of the packages, and these: files and folders that they read or run.
   */
  readonly reads?: readonly string[];
}

/** Controls, each taken away in a copy of the checkout; a test must fail. */
export interface ControlsRow extends Common {
  readonly controls: readonly Control[];
}

export type Row = FilesRow | ControlsRow;

/** No row may take longer that does not say so. */
export const longestMinutes = 15;

const toolchain = ["bridged", "build", "cloudflare", "cloudflare-plugin", "command", "handed-over"].map(
  (name) => `tests/lab/toolchain/${name}.docker.test.ts`,
);

/** All that `pulumi up` puts anywhere, and where it puts it. */
// prettier-ignore
const deployed = ["index.ts", "Pulumi.yaml", "components", "config", "config-files",
  ...["backups", "cloudflare", "engine", "hetzner", "images", "internet", "rehearsal", "toolchain", "vps"].map((part) => `lab/${part}`)];
/** What a server is made of, and what is put on it. */
const onServer = ["config-files/host", "config-files/gateway", "lab/vps", "lab/engine", "lab/images"];
const onHost = (name: string): string => `tests/config-files/host/${name}.docker.test.ts`;

// prettier-ignore
export const rows: readonly Row[] = [
  // The lab's own parts, and the pins: in `make test` too while they have changed.
  { name: "lab-toolchain", what: "the engine and providers that are built, and the two stand-ins", group: "docker",
    files: toolchain, reads: ["lab/toolchain", "tests/lab/toolchain"] },
  { name: "lab-images", what: "the images, and the registry that a server pulls from", group: "docker",
    files: ["images/images", "registry/registry"].map((name) => `tests/lab/${name}.docker.test.ts`),
    reads: ["lab/images", "lab/registry", "lab/engine", "lab/vps", "lab/internet", "config-files/host/bin/pull-image"] },
  { name: "lab-machine", what: "the stand-in VPS, bare and warm, its power cut, and the engine that carries it", group: "docker",
    files: ["engine", "power-cut", "stand-in", "warm"].map((name) => `tests/lab/vps/${name}.docker.test.ts`),
    reads: ["lab/vps", "lab/engine", "lab/images/lab-base", "tests/lab/vps", "config-files/host"] },
  { name: "lab-internet", what: "DNS, edge, services and package mirror in their containers", group: "docker",
    files: ["tests/lab/internet/debian.docker.test.ts", "tests/lab/internet/internet.docker.test.ts"],
    reads: ["lab/internet", "lab/images/lab-base"] },
  { name: "type-checks", what: "a preview that checks the program's types, and one that is wrong", group: "docker",
    files: ["tests/lab/toolchain/type-checks.docker.test.ts"], reads: ["index.ts", "tsconfig.json", "components", "config", "config-files"] },
  { name: "pins", what: "digests, asked of a registry that others wrote", group: "docker",
    files: ["tests/tools/pins/registry.docker.test.ts"], reads: ["lab/images", "lab/registry", "lab/engine"] },

  // What is put on a server, each part by itself: in `make test` too while it has changed.
  { name: "gateway-changes", what: "a change of a gateway, cut off anywhere; its copies; its storage", group: "docker",
    // 14 beside other tests.
    minutes: 25,
    files: ["gateway-change", "gateway-change-cut", "gateway-copies", "gateway-storage", "sandboxes-end"].map(onHost), reads: onServer },
  { name: "host-files", what: "the host's firewall, its sshd, its volume, power cuts, how it is shut down", group: "docker",
    files: ["firewall", "host-files", "mount-volume", "power-cut", "secure-sshd", "shut-down-host"].map(onHost),
    reads: [...onServer, "config-files/ssh", "tests/config-files/host"] },
  { name: "docker-filter", what: "the filter of the Docker API: the corpus of attacks, races, its life as a process", group: "docker",
    files: [...["controls", "corpus", "life", "process", "races"].map((name) => `tests/config-files/socket-proxy/${name}.docker.test.ts`),
      "tests/config-files/gateway/prove-sandbox.docker.test.ts"],
    reads: [...onServer, "config-files/socket-proxy", "config-files/sandbox", "tests/config-files/socket-proxy"] },
  { name: "litellm", what: "LiteLLM as it runs: routes, caps, prices, bounds, its store, its audit, alerts", group: "docker",
    // 11 beside other tests.
    minutes: 25,
    files: ["alerts", "audit", "bounds", "caps", "first-calls", "one-deployment", "prices", "store"].map((name) => `tests/config-files/litellm/${name}.docker.test.ts`),
    reads: ["config-files/litellm", "config-files/redis", "lab/images", "lab/internet", "tests/config-files/litellm"] },
  { name: "dollars", what: "the most that a gateway's owner can cost, while callers hang up, LiteLLM is killed and providers fail", group: "docker",
    files: ["tests/config-files/litellm/dollars.docker.test.ts"], reads: ["config-files/litellm", "config-files/redis", "lab/images"] },
  { name: "host-services", what: "Docker's and the kernel's settings, services restarted, a reboot", group: "docker",
    files: ["tests/config-files/host/host-settings.docker.test.ts"], reads: ["config-files/host", "lab/vps"] },
  { name: "host-upgrades", what: "a night of security updates, and a Docker that it leaves", group: "docker",
    files: ["tests/config-files/host/upgrades.docker.test.ts"], reads: ["config-files/host", "lab/vps"] },

  { name: "litellm-as-published", what: "LiteLLM compiles itself at each start, on one CPU, within its limit", group: "docker",
    files: ["tests/config-files/litellm/as-published.docker.test.ts"] },
  // Three times the compiler, and three times most of the fast tests.
  { name: "newcomer-patches", what: "with each patch of CONTRIBUTING the compiler and the fast tests are content", group: "docker",
    minutes: 30, files: ["tests/long/newcomer-patches.docker.test.ts"] },
  { name: "fuzz", what: "bodies that readers of JSON disagree about, at the filter and at the gate, for minutes", group: "docker",
    files: ["tests/long/fuzz/fuzz.docker.test.ts"] },
  { name: "registry-login", what: "a login at a registry that asks for one and counts pulls: the host's script, and the provider", group: "docker",
    files: ["tests/lab/registry/login.docker.test.ts"] },
  { name: "sbom", what: "the lists of a host's software, by a real syft, which is built where it is not there", group: "docker",
    files: ["tests/tools/sbom/host.docker.test.ts"] },
  { name: "backups", what: "a state that is written to, through the real restic and its server and back; damage is found", group: "docker",
    files: ["tests/lab/backups/backups.docker.test.ts"] },
  { name: "backup-rights", what: "a host's credentials against its own backups, at restic's server and at an S3 storage", group: "docker",
    files: ["tests/lab/backups/backup-rights.docker.test.ts"] },
  { name: "prune-cut", what: "a prune that is killed, by the real restic and rclone, and typed again", group: "docker",
    files: ["tests/lab/backups/prune-cut.docker.test.ts"] },
  // Its steps' own limits together.
  { name: "real-kernel", what: "the host's commands on a kernel of its own, in QEMU", group: "docker", minutes: 77,
    files: ["tests/long/real-kernel.docker.test.ts"] },
  { name: "release-line-2026.2", what: "the policy on the real software of the older release line", group: "docker",
    files: ["tests/config-files/gateway/older-line.docker.test.ts"] },

  // The dearest parts of the rehearsal: in `make test` too while anything that is deployed has changed.
  { name: "existing-host", what: "a host that was there before, made a stack, and left as it was", group: "rehearsal",
    files: ["tests/rehearsal/06-existing-host.test.ts"], reads: deployed },
  { name: "gateway-change", what: "bad changes of a real gateway: the one that serves goes on, a mended up works", group: "rehearsal",
    files: ["tests/rehearsal/12-gateway-change.test.ts"], reads: deployed },
  { name: "model-change", what: "a model by another name: LiteLLM and the gateway are updated and nothing else", group: "rehearsal",
    files: ["tests/rehearsal/02-model-change.test.ts"], reads: deployed },
  { name: "verify-breaks", what: "each row of make verify fails when its thing is broken on the server", group: "rehearsal",
    files: ["tests/rehearsal/15-verify-breaks.test.ts"], reads: deployed },
  { name: "server-lost", what: "a server whose power is cut in the middle of a turn, and a new one with all that was answered", group: "rehearsal",
    files: ["tests/rehearsal/18-server-lost.test.ts"], reads: deployed },

  { name: "server-gone", what: "a server is replaced, also one that is frozen or off; one that lets nobody in is left alone", group: "rehearsal",
    files: ["tests/rehearsal/21-server-gone.test.ts"] },

  { name: "backups-lost", what: "a place for backups that is away, another password, a power cut, and a host that is gone: one command", group: "rehearsal",
    files: ["tests/rehearsal/27-backups-lost.test.ts"] },
  { name: "backups-cold", what: "the state is gone too: what the clouds have is refused by name, and the recovery kit brings all of it back",
    group: "rehearsal", files: ["tests/rehearsal/27-backups-cold.test.ts"] },
  { name: "backups-places", what: "the running stack saves to an S3 storage and by SSH, restores from there, and can delete nothing", group: "rehearsal",
    files: ["tests/rehearsal/29-backup-places.test.ts"] },
  { name: "restore-power-cut", what: "the server's power is cut in the middle of a restore, at moments that nobody has chosen", group: "rehearsal",
    files: ["tests/rehearsal/27-restore-power-cut.test.ts"] },
  { name: "restore-killed", what: "the operator's machine is off in the middle of a restore, an ordinary one and a cold one", group: "rehearsal",
    files: ["tests/rehearsal/27-restore-killed.test.ts"] },

  { name: "services-restarted", what: "Docker and nftables restarted on the server of the rehearsal, then a turn with a tool", group: "rehearsal",
    files: ["tests/rehearsal/20-host-services.test.ts"] },
  { name: "far-host", what: "an existing host 40 ms away, 64 side by side, from an ordinary developer's machine", group: "rehearsal",
    files: ["tests/rehearsal/22-far-host.test.ts"] },

  { name: "up-killed", what: "an up that is killed at any moment, meets another one, or loses its state backend; then make recover", group: "rehearsal",
    // CLAWKEEP_KILLS of them (3), each with what follows.
    minutes: 30, files: ["tests/rehearsal/25-up-killed.test.ts"] },

  { name: "long-turn", what: "a turn whose model is silent for 90 s, and longer than Cloudflare waits", group: "rehearsal",
    files: ["tests/rehearsal/26-long-turn.test.ts"] },
  // A takeover and a way home, each with both stacks brought up and looked at.
  { name: "failover-planned", what: "the standby takes over and prod comes home: who polls, how long it is away, that nothing is lost or answered twice",
    group: "rehearsal", files: ["tests/rehearsal/27-failover-planned.test.ts"] },
  { name: "failover", what: "the standby takes over from a frozen prod, and prod comes home: who polls, how long it is away, what is lost",
    group: "rehearsal", files: ["tests/rehearsal/28-failover.test.ts"] },
  { name: "failover-by-pulumi", what: "the standby takes over by the commands of the runbook that need no tool of ours, as they stand there",
    group: "rehearsal", files: ["tests/rehearsal/28-failover-by-pulumi.test.ts"] },
  // Eight takeovers and as many ways home.
  { name: "failover-forms", what: "the same by force, from a prod that is dead, frozen, rebooting, full or cut off, by a command that is killed, by two at once",
    group: "rehearsal", minutes: 60, files: ["tests/rehearsal/29-failover-forms.test.ts"] },
  { name: "lease", what: "an active host that hears nobody ends its gateway by itself, also where Docker hangs, and starts it again",
    group: "rehearsal", files: ["tests/rehearsal/30-lease.test.ts"] },

  // As many turns as a p95 needs, with and without each of some twenty things beside them.
  { name: "four-gateways", what: "four gateways on one host: three at work, the fourth does the worst from its sandboxes and its process", group: "rehearsal",
    minutes: 45, files: ["tests/rehearsal/30-four-gateways.test.ts"] },

  // A call of an `up` goes wrong at Hetzner or Cloudflare; ten of all are in `make test`.
  { name: "faults-unavailable-reads", what: "each call of an up that reads is answered 503", group: "docker", files: ["tests/long/faults-unavailable-reads.docker.test.ts"] },
  { name: "faults-unavailable-writes", what: "each call of an up that makes something is answered 503", group: "docker", files: ["tests/long/faults-unavailable-writes.docker.test.ts"] },
  { name: "faults-too-many-reads", what: "each call of an up that reads is answered 429", group: "docker", files: ["tests/long/faults-too-many-reads.docker.test.ts"] },
  { name: "faults-too-many-writes", what: "each call of an up that makes something is answered 429", group: "docker", files: ["tests/long/faults-too-many-writes.docker.test.ts"] },
  { name: "faults-cut-reads", what: "each call of an up that reads is cut off", group: "docker", files: ["tests/long/faults-cut-reads.docker.test.ts"] },
  { name: "faults-cut-writes", what: "each call of an up that makes something is cut off", group: "docker", files: ["tests/long/faults-cut-writes.docker.test.ts"] },
  { name: "faults-done-error-reads", what: "each call of an up that reads is done, and answered 500", group: "docker", files: ["tests/long/faults-done-error-reads.docker.test.ts"] },
  { name: "faults-done-error-writes", what: "each call of an up that makes something is done, and answered 500", group: "docker", files: ["tests/long/faults-done-error-writes.docker.test.ts"] },
  { name: "faults-hang", what: "each question of the program to a cloud is never answered", group: "docker", files: ["tests/long/faults-hang.docker.test.ts"] },
  { name: "faults-done-cut-reads", what: "each call of an up that reads is done, and cut off", group: "docker", files: ["tests/long/faults-done-cut-reads.docker.test.ts"] },
  { name: "faults-done-cut-writes", what: "each call of an up that makes something is done, and cut off", group: "docker", files: ["tests/long/faults-done-cut-writes.docker.test.ts"] },

  // Other engines than Debian's as it comes.
  { name: "engine-29", what: "an existing host with Engine 29", group: "rehearsal", files: ["tests/rehearsal/23-engine-29.test.ts"] },
  { name: "containerd-store", what: "an existing host whose engine has its images in the store of containerd", group: "rehearsal",
    files: ["tests/rehearsal/24-containerd-store.test.ts"] },
  { name: "engine-29-corpus", what: "the attacks on the filter of the Docker API, and a sandbox, with Engine 29 behind it", group: "docker",
    files: ["tests/long/engines/corpus-29.docker.test.ts", "tests/long/engines/life-29.docker.test.ts"] },
  { name: "containerd-store-corpus", what: "the same with the store of containerd", group: "docker",
    files: ["tests/long/engines/corpus-containerd-store.docker.test.ts"] },
  { name: "engine-29-host", what: "Docker's settings, services restarted and the firewall on Engine 29", group: "docker",
    files: ["tests/long/engines/firewall-29.docker.test.ts", "tests/long/engines/host-settings-29.docker.test.ts"] },
  { name: "no-buildx", what: "derived images without buildx and with it, on three engines", group: "docker",
    files: ["tests/long/engines/build.docker.test.ts"] },

  // Controls taken away.
  { name: "controls-network", what: "edge, networks, firewall, egress proxy", controls: networkControls },
  { name: "controls-containers", what: "the shape of containers", controls: containerControls },
  { name: "controls-gateway", what: "OpenClaw's policy, and the configuration's rules", controls: gatewayControls },
  { name: "controls-host", what: "where a real server is harder than a rehearsal (docs/rehearsed.md), and the scripts that change a gateway", controls: [...hostControls, ...existingHostControls, ...hostScriptControls] },
  { name: "controls-docker-filter", what: "the filter of the Docker API", controls: filterControls },
  { name: "controls-relay", what: "the relay for bots", controls: relayControls },
  { name: "controls-secrets", what: "secrets", controls: secretControls },
  { name: "controls-backups", what: "what bounds the copies of a gateway, what a storage is told, what stops a prune", controls: backupControls },
  { name: "controls-ssh", what: "how the operator comes in", controls: sshControls },
  { name: "controls-hetzner", what: "what Hetzner would refuse, and what a server keeps", controls: hetznerControls },
  { name: "controls-clouds", what: "the providers and the clouds, and the lab's part in it", controls: cloudControls },
  // Each builds the two stand-ins anew: half a minute on two cores that are free.
  { name: "controls-stand-ins", what: "that the stand-ins of Cloudflare's first points are as unkind as the true plugin", controls: standInControls.slice(0, 8) },
  { name: "controls-stand-ins-2", what: "the same, of the last ones, and of the plugin for commands", controls: standInControls.slice(8) },
  { name: "controls-failover", what: "that one of two stacks serves, and never both", controls: failoverControls },
  { name: "controls-litellm", what: "LiteLLM as it runs", controls: litellmControls },
  {
    name: "controls-litellm-gate",
    what: "what LiteLLM's gate lets through and reserves",
    controls: [...gateControls, ...connectionControls],
  },
  { name: "controls-alerts", what: "alerts of LiteLLM as it runs", controls: alertControls },
  { name: "controls-power-cut", what: "what survives a power cut, and a server that is shut down", controls: powerCutControls },
  { name: "controls-edge", what: "Caddy and Squid as they run", controls: edgeControls },
];

export const isFilesRow = (row: Row): row is FilesRow => "files" in row;

/** The files of a group that `make test` leaves to the long run, unless they have changed. */
export const leftToTheLongRun = (group: Group): string[] =>
  rows.flatMap((row) => (isFilesRow(row) && row.group === group ? row.files : []));

/** Rows that `make test` runs while they have changed. */
export const guardedRows: readonly FilesRow[] = rows
  .filter(isFilesRow)
  .filter(({ reads }) => reads !== undefined);
