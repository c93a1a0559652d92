// npx tsx lab/images/build.ts: builds what a rehearsal's servers run, their own disk included, and fills the registry.
import { inspect } from "../lib/docker";
import { atMost } from "../lib/turns";
import { labBase, published, standIn } from "./catalogue";
import { buildLocal, localRef } from "./local-image";
import { publish } from "./publish";

// Downloading and compressing take turns well on two cores; more at once only wait for each other.
const sideBySide = 2;

async function main(): Promise<void> {
  // Our own first: everything that is published goes through a container of them.
  const steps = [ownImages, ...published.map((item) => ({ what: item.ref, make: () => publish(item) }))];
  await atMost(sideBySide, steps, async ({ what, make }) => {
    const started = Date.now();
    const isNew = await make();
    console.log(`${what}: ${isNew ? `made in ${Math.round((Date.now() - started) / 1000)} s` : "there"}`);
  });
}

const ownImages = {
  what: "stand-in VPS and lab containers",
  async make(): Promise<boolean> {
    const images = [labBase, standIn];
    const present = await Promise.all(images.map((image) => inspect("image", localRef(image), "{{.Id}}")));
    if (present.every((id) => id !== undefined)) return false;
    for (const image of images) await buildLocal(image);
    return true;
  },
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
