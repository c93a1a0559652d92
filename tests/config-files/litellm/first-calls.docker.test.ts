/**
 * A LiteLLM that has just started answers as one that has been at work: what it loads at a first call by itself, launch.py has
 * loaded before. Otherwise its event loop stands still for seconds, and the calls beside that one lose the store.
 */
import { services } from "../../../config/services";
import { docker } from "../../../lab/lib/docker";
import { Deployment, gpt, sonnet } from "./support/deployment";

jest.setTimeout(300_000);

const state = "/var/lib/litellm";
/** Writes how many modules are loaded, each time that it is asked by a file; it must not load any itself. */
const counter = `
import os, sys, threading, time

def count() -> None:
    while True:
        time.sleep(0.1)
        if os.path.exists("${state}/asked"):
            os.unlink("${state}/asked")
            with open("${state}/counting", "w") as file:
                file.write(str(len(sys.modules)))
            os.rename("${state}/counting", "${state}/counted")

threading.Thread(target=count, daemon=True).start()
`;
const deployment = new Deployment({
  gateways: [{ name: "openclaw", requestsPerMinute: 10_000, maxParallelRequests: 30 }],
  models: [sonnet, gpt],
  cpus: services.litellm.limits.starter.cpus,
  edit: (files) => {
    for (const [path, text] of files) if (path.endsWith("launch.py")) files.set(path, counter + text);
  },
});
beforeAll(() => deployment.start());
afterAll(() => deployment.stop());

async function modules(): Promise<number> {
  const { litellm } = deployment;
  await docker(["exec", litellm, "sh", "-c", `rm -f ${state}/counted; touch ${state}/asked`]);
  let counted = "";
  await deployment.until("modules counted", async () => {
    counted = await docker(["exec", litellm, "cat", `${state}/counted`]);
    return counted !== "";
  });
  return Number(counted);
}

it("twenty first calls at once are all answered, and load next to nothing", async () => {
  const before = await modules();
  expect(before).toBeGreaterThan(2000);
  const first = await Promise.all(
    Array.from({ length: 20 }, () => deployment.chat("sonnet", "one of twenty")),
  );
  expect(first.map(({ status }) => status)).toEqual(Array(20).fill(200));
  for (const model of ["sonnet", "gpt"])
    for (const stream of [false, true])
      expect(await deployment.chat(model, "and one", { stream })).toMatchObject({ status: 200 });
  // Some 680 without what launch.py loads.
  expect((await modules()) - before).toBeLessThan(100);
});
