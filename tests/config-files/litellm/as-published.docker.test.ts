/**
 * LiteLLM's published image holds no compiled bytecode, and nothing can write any there: each start compiles, on the one
 * CPU that it has. Here that is the lab's image with its bytecode deleted: Debian's build of Python 3.13, not the published one.
 */
import { services } from "../../../config/services";
import { docker } from "../../../lab/lib/docker";
import { Deployment, imageOf } from "./support/deployment";

jest.setTimeout(600_000);
const image = "clawkeep-test-litellm-uncompiled:1";
const { readyWithinSeconds, limits } = services.litellm;
const deployments: Deployment[] = [];

beforeAll(async () => {
  const text = `FROM ${await imageOf("litellm")}
USER root
RUN find / -xdev -name '*.pyc' -delete
`;
  await docker(["build", "--quiet", "--tag", image, "-"], { input: text });
});
afterAll(async () => {
  for (const each of deployments) await each.stop();
  await docker(["rmi", "--force", image]);
});

/** Seconds from its start until it answers, and how many files of bytecode it has then. */
async function started(of: string): Promise<{ seconds: number; compiled: number }> {
  const deployment = new Deployment({ image: of, cpus: limits.starter.cpus });
  deployments.push(deployment);
  await deployment.prepare();
  const begin = Date.now();
  await deployment.startLiteLLM();
  const seconds = (Date.now() - begin) / 1000;
  const count = "find / -xdev -name '*.pyc' 2>/dev/null | wc -l";
  const compiled = Number(await docker(["exec", deployment.litellm, "sh", "-c", count]));
  return { seconds, compiled };
}

it("starts well within its limit, as published and as the lab has it", async () => {
  const published = await started(image);
  const lab = await started(await imageOf("litellm"));
  console.log(
    `ready after ${published.seconds.toFixed(1)} s as published, ${lab.seconds.toFixed(1)} s compiled; limit ${readyWithinSeconds} s`,
  );
  expect(published.compiled).toBe(0);
  expect(lab.compiled).toBeGreaterThan(1000);
  // A server's CPU may be half as fast as this one's.
  expect(published.seconds).toBeLessThan(readyWithinSeconds / 2);
});
