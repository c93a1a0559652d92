/** Somebody out on the small internet, with an address of his own and the published OpenClaw to hand. */
import { join } from "node:path";
import { addresses, network } from "../../../lab/internet/addresses";
import { bundle } from "../../../lab/internet/bundle";
import { published } from "../../../lab/images/catalogue";
import { buildLocal } from "../../../lab/images/local-image";
import { ensureCa } from "../../../lab/lib/ca";
import { docker, labLabel } from "../../../lab/lib/docker";
import { attempt, type Outcome } from "../../../lab/lib/exec";
import { labSecrets } from "../../../lab/rehearsal/stacks";
import type { WebOutcome, WebSession } from "./web-session";

export interface Visitor {
  readonly address: string;
  /** Runs a command; the gateway's address and token are in its environment, and nowhere else in the container. */
  readonly run: (command: readonly string[], input?: string) => Promise<Outcome>;
  /** Starts a command with a terminal, which goes on by itself. */
  readonly start: (command: readonly string[]) => Promise<void>;
  readonly web: (session: WebSession) => Promise<WebOutcome>;
  readonly leave: () => Promise<void>;
}

/** @param url where his OpenClaw finds the gateway */
export async function visitor(name: string, url: string): Promise<Visitor> {
  const openclaw = published.find(({ image }) => image.name === "openclaw");
  if (openclaw === undefined) throw new Error("lab/images/catalogue.ts lists no OpenClaw");
  const image = await buildLocal(openclaw.image);
  const program = await bundle("web-session", join(__dirname, "web-session.ts"));
  const container = `clawkeep-visitor-${name}`;
  // Outside what docker hands out by itself, and seldom the same twice: who was locked out is so for five minutes.
  const address = `103.22.207.${128 + Math.floor(Math.random() * 120)}`;
  await attempt("docker", ["rm", "--force", container]);
  await docker([
    ...["run", "--detach", "--name", container, "--label", labLabel, "--init", "--memory", "1g"],
    ...["--network", network.name, "--ip", address, "--dns", addresses.dns],
    ...["--volume", `${(await ensureCa()).cert}:/lab-ca.pem:ro`, "--env", "NODE_EXTRA_CA_CERTS=/lab-ca.pem"],
    ...["--volume", `${program}:/web-session.js:ro`, "--entrypoint", "sleep", image, "600"],
  ]);
  const env = {
    OPENCLAW_GATEWAY_URL: url,
    OPENCLAW_GATEWAY_TOKEN: (await labSecrets())["clawkeep:gatewayToken-openclaw"] ?? "",
  };
  const names = Object.keys(env).flatMap((key) => ["--env", key]);
  const run = (command: readonly string[], input = ""): Promise<Outcome> =>
    attempt("docker", ["exec", "--interactive", ...names, container, ...command], {
      env,
      input,
      timeoutSeconds: 90,
    });
  return {
    address,
    run,
    start: async (command) => {
      await docker(["exec", "--detach", "--tty", ...names, "--env", "TERM=xterm", container, ...command], {
        env,
      });
    },
    web: async (session) => {
      const { code, stdout, stderr } = await run(["node", "/web-session.js"], JSON.stringify(session));
      if (code !== 0) throw new Error(`the web session ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as WebOutcome;
    },
    leave: async () => {
      await docker(["rm", "--force", container]);
    },
  };
}
