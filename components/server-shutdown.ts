import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sshOptions, toolDirectory, type HostAddress, type HostProviders } from "./host";

// As text: the path of a file would be another one in each checkout.
const shutDownServer = readFileSync(join(__dirname, "../config-files/host/shut-down-server.sh"), "utf8");

/**
 * Has a server drain its gateways, unmount its volume and switch itself off when this resource is deleted; made, it does
 * nothing. It runs on the operator's machine, because there a server that does not answer is no error: it goes as it is.
 * One that answers and lets nobody in ends with an error, unless CLAWKEEP_CUT_POWER is set.
 *
 * That takes up to six minutes, and at the worst, where Docker hangs, what the limits of its steps add up to. The cloud's own way, `shutdownBeforeDeletion`, waits for 31 s and then cuts the power.
 *
 * @param triggers a change of these deletes and makes it again
 */
export function serverShutdown(
  name: string,
  host: HostAddress,
  providers: HostProviders,
  options: pulumi.CustomResourceOptions,
  triggers?: string[],
): command.local.Command {
  return new command.local.Command(
    name,
    {
      interpreter: pulumi
        .all([sshOptions(host.hostKey), host.address])
        .apply(([options, address]) => [
          ...["/bin/sh", "-c", shutDownServer, "shut-down-server", ...options],
          ...["-p", String(host.sshPort), `root@${address}`],
        ]),
      delete: `${toolDirectory}/shut-down-host`,
      addPreviousOutputInEnv: false,
      logging: "stderr",
      ...(triggers === undefined ? {} : { triggers }),
    },
    { provider: providers.commands, customTimeouts: { delete: "20m" }, ...options },
  );
}
