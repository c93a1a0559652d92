/**
 * `make sbom STACK=prod`: writes software bills of materials (CycloneDX 1.6, JSON) of what runs on the stack's host: one of its
 * Debian packages, one of each container's image and the sandboxes', and one of this program's npm packages. syft reads
 * them on this machine: from the PATH, or built once with Go.
 *
 *   npx tsx tools/sbom.ts STACK [FOLDER]    FOLDER is sbom-STACK where it is left out
 *
 * Nothing on the host is changed. Each image is copied from it, packed, to a temporary file, so this takes as long as your
 * line needs. Needs a deployed stack, pulumi on the PATH and the key in your ssh-agent.
 */
import { join } from "node:path";
import { sayBackend } from "./backend";
import { sshTarget, withHost } from "./host-shell";
import { askPulumi } from "./pulumi";
import { writeDocuments } from "./sbom/host";
import { findSyft, scan } from "./sbom/syft";
import { complain, endWith, say } from "./terminal";

function outputs(stack: string): Record<string, unknown> {
  // Secrets stay masked: nothing here needs one.
  return JSON.parse(askPulumi(["stack", "output", "--json", "--stack", stack])) as Record<string, unknown>;
}

async function main([stack, folder]: readonly string[]): Promise<void> {
  if (stack === undefined || !/^[A-Za-z0-9._/-]+$/.test(stack))
    throw new Error("usage: npx tsx tools/sbom.ts STACK [FOLDER]");
  sayBackend(stack);
  const target = sshTarget(stack, outputs(stack));
  const syft = findSyft(complain);
  const into = folder ?? `sbom-${stack.replaceAll("/", "-")}`;
  const documents = await withHost(target, (shell, download) =>
    writeDocuments(into, join(__dirname, ".."), {
      ...{ shell, download, say: complain },
      scan: (subject, file, scratch) => scan(syft, subject, file, scratch),
    }),
  );
  say(documents.map((name) => join(into, name)).join("\n"));
}

main(process.argv.slice(2)).catch((error: unknown) => endWith(error));
