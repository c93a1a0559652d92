/** No secret is where it can be read by looking. The search is trusted only because it finds what was planted. */
import { randomBytes } from "node:crypto";
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { labDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import {
  forms,
  generatedSecrets,
  placesOfPulumi,
  placesOnVps,
  search,
  type Place,
} from "../../lab/rehearsal/secret-search";
import { labSecrets, plantedInState } from "../../lab/rehearsal/stacks";
import { onVps } from "../../lab/rehearsal/vps";

jest.setTimeout(300_000);

const canary = `canary-${randomBytes(12).toString("hex")}`;
const plantedLog = (): string => join(labDir(), "logs", "pulumi-planted.log");
let places: Place[] = [];

/** Puts the canary into every place on the stand-in that the search looks at. */
const plant = `set -e
image=$(docker inspect --format '{{.Config.Image}}' openclaw-docker-proxy)
docker rm -f clawkeep-canary >/dev/null 2>&1 || true
printf 'FROM %s\\nLABEL planted=${canary}\\n' "$image" | docker build -q -t clawkeep-canary - >/dev/null
docker run -d --name clawkeep-canary --network none --entrypoint node -e PLANTED=${canary} clawkeep-canary \
  -e 'console.log("${canary}"); setTimeout(() => {}, 600000)' >/dev/null
echo 'planted ${canary}' | systemd-cat
echo 'planted ${canary}' >>/var/log/cloud-init-output.log`;

const unplant = `docker rm -f clawkeep-canary >/dev/null; docker rmi -f clawkeep-canary >/dev/null
sed -i '/planted canary/d' /var/log/cloud-init-output.log`;

beforeAll(async () => {
  await enterLabEnvironment();
  appendFileSync(plantedLog(), `${canary}\n`);
  await onVps("prod", "bash -s", plant);
  places = [...(await placesOnVps("prod")), ...(await placesOfPulumi("prod"))];
});

afterAll(async () => {
  rmSync(plantedLog(), { force: true });
  await onVps("prod", "bash -s", unplant);
});

test("the search finds the canary in every place it was planted in", () => {
  const found = new Set(search(places, new Map([["canary", canary]])).map((finding) => finding.place));
  const inState = new Set(
    search(places, new Map([["planted", plantedInState]])).map((finding) => finding.place),
  );
  const everywhere = places.map((place) => place.name);
  const planted = everywhere.filter((name) => found.has(name) || inState.has(name));
  expect(planted).toEqual(everywhere);
  expect(inState.has("state") && inState.has("preview JSON")).toBe(true);
});

test.each(["plain", "base64 at 0", "base64 at 1", "base64 at 2", "URL-escaped", "JSON-escaped"])(
  "the search knows the form: %s",
  (form) => {
    const value = 'se"cret/value+with\nall sorts';
    const needle = forms(value).get(form) ?? "";
    const hidden = form.startsWith("base64")
      ? Buffer.from(`${"x".repeat(Number(form.at(-1)))}${value}yz`).toString("base64")
      : `before ${needle} after`;
    const findings = search([{ name: "here", text: hidden }], new Map([["secret", value]]));
    expect(findings.map((finding) => finding.form)).toContain(form);
  },
);

test("no configured and no generated secret is found anywhere", async () => {
  const generated = await generatedSecrets("prod");
  expect(generated.size).toBeGreaterThanOrEqual(2);
  const configured = Object.entries(await labSecrets());
  expect(configured.length).toBeGreaterThanOrEqual(6);
  expect(search(places, new Map([...configured, ...generated]))).toEqual([]);
});
