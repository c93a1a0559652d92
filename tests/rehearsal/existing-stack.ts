/** Stacks of the lab on hosts that were there before: their files, and what is left when they are gone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { endpoints, zone } from "../../lab/internet/addresses";
import { issueCertificate } from "../../lab/lib/ca";
import { attempt, run } from "../../lab/lib/exec";
import { labDir } from "../../lab/lib/paths";
import { writeStackFile } from "../../lab/rehearsal/stacks";

export interface ExistingStack {
  readonly stack: string;
  readonly address: string;
  readonly hostname: string;
}

/** Without Telegram: a bot has one gateway at every moment, and prod's has it. */
export const gatewayWithoutTelegram = { name: "openclaw", httpApi: true };

/** What `ssh-keyscan` prints, as the refusal of a missing host key tells people to get it; empty where nobody answers. */
export async function scannedHostKey(address: string, sshPort = 22): Promise<string> {
  const line = await run("ssh-keyscan", ["-T", "5", "-t", "ed25519", "-p", String(sshPort), address]);
  return line.trim().split(" ").slice(1, 3).join(" ");
}

/** Writes its file. @param more settings beside the usual ones */
export async function writeExistingStack(
  { stack, address, hostname }: ExistingStack,
  hostKey: string,
  { sshPort = 22, more = {} }: { sshPort?: number; more?: Readonly<Record<string, unknown>> } = {},
): Promise<void> {
  const origin = await issueCertificate(stack, [hostname]);
  await writeStackFile(
    stack,
    "active",
    { mode: "existing", address, sshPort, hostKey },
    {
      "clawkeep:hostname": hostname,
      "clawkeep:originCertificate": readFileSync(origin.cert, "utf8"),
      "clawkeep:gateways": [gatewayWithoutTelegram],
      ...more,
    },
    {
      "clawkeep:originKey": readFileSync(origin.key, "utf8"),
      "clawkeep:telegramBotToken-openclaw": undefined,
    },
  );
}

/** Its record is protected and stays when the stack is forgotten; whoever runs the same test next declares it again. */
export async function forgetRecord({ hostname }: ExistingStack): Promise<void> {
  const tokens = readFileSync(join(labDir(), "cloudflare", "tokens.json"), "utf8");
  const headers = { authorization: `Bearer ${(JSON.parse(tokens) as { write: string }).write}` };
  const records = `${endpoints.cloudflare}/zones/${zone.id}/dns_records`;
  const answer = await fetch(`${records}?name=${hostname}`, { headers });
  const { result } = (await answer.json()) as { result: { id: string }[] };
  for (const { id } of result) await fetch(`${records}/${id}`, { method: "DELETE", headers });
}

/** Forgets the stack, whatever is on its host. */
export async function forgetStack(existing: ExistingStack): Promise<void> {
  await attempt("pulumi", ["stack", "rm", "--stack", existing.stack, "--force", "--yes"]);
  await forgetRecord(existing);
  await attempt("rm", ["-f", join(labDir(), "run", `stack-${existing.stack}.json`)]);
}
