/** Whoever owns the gateway's process: no key within reach, and no denied tool for a model that asks for each. */
import { randomBytes } from "node:crypto";
import { policyToolDenials } from "../../config/tool-denials";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { chatTurn } from "../../lab/rehearsal/public";
import { search, type Place } from "../../lab/rehearsal/secret-search";
import { labPassphrase, labSecrets } from "../../lab/rehearsal/stacks";
import { nodeIn, onVps } from "../../lab/rehearsal/vps";
import { script } from "../../lab/rehearsal/world";
import { deniedProblem } from "./denied-tool";

jest.setTimeout(300_000);
beforeAll(enterLabEnvironment);
afterAll(() => script("anthropic", []));

/** What is the gateway's own, and so within its reach by design. */
const own = ["clawkeep:gatewayToken-openclaw", "clawkeep:litellmKey-openclaw"];
const canary = `canary-${randomBytes(12).toString("hex")}`;

/** Every file that the gateway's uid can read, but for the image's own programs; and every environment it can see. */
const readFiles = `find / -xdev -type f -readable -size -4M ! -path '/app/*' ! -path '/usr/*' ! -path '/proc/*' ! -path '/sys/*' -print0
for mount in $(awk '{print $2}' /proc/mounts | grep -E '^/(home|etc|run|tmp)'); do find "$mount" -type f -readable -size -4M -print0 2>/dev/null; done`;
const collect: Readonly<Record<string, string>> = {
  files: `docker exec openclaw bash -c "{ ${readFiles.replaceAll('"', '\\"').replaceAll("$", "\\$")}; } | xargs -0 cat 2>/dev/null; true"`,
  environments:
    'docker exec openclaw sh -c \'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr "\\\\0" "\\\\n"; true\'',
};

/** What the filtered Docker API says to everything that may be asked, and to what may not. */
const askDocker = `import { request } from "node:http";
const ask = (method, path) => new Promise((resolve) => {
  const call = request({ socketPath: "/run/openclaw/docker.sock", method, path }, (answer) => {
    let text = "";
    answer.on("data", (part) => (text += part)).on("end", () => resolve(path + " " + answer.statusCode + " " + text));
  });
  call.on("error", (error) => resolve(path + " " + error.message)).end();
});
const names = ["openclaw", "openclaw-litellm", "openclaw-relay", "openclaw-redis", "openclaw-egress", "openclaw-caddy", "openclaw-docker-proxy"];
const paths = ["/containers/json?all=1", "/info", "/version", "/images/json", "/networks", "/volumes",
  ...names.flatMap((name) => ["/json", "/logs?stdout=1", "/top", "/archive?path=/run", "/export"].map((end) => "/containers/" + name + end))];
for (const path of paths) console.log(await ask("GET", path));
`;

test("with its environment, its files and its sockets in hand, no key of anybody else is found", async () => {
  await nodeIn(
    "prod",
    "openclaw",
    `import { writeFileSync } from "node:fs"; writeFileSync("/tmp/${canary}", "${canary}");`,
  );
  const places: Place[] = [
    { name: "Docker API", text: await nodeIn("prod", "openclaw", askDocker) },
    ...(await Promise.all(
      Object.entries(collect).map(async ([name, command]) => ({ name, text: await onVps("prod", command) })),
    )),
  ];
  await nodeIn("prod", "openclaw", `import { rmSync } from "node:fs"; rmSync("/tmp/${canary}");`);
  // The search is trusted because it finds what is there: the canary, and what is the gateway's own.
  expect(search(places, new Map([["canary", canary]])).map(({ place }) => place)).toContain("files");
  const secrets = await labSecrets();
  const mine = new Map(own.map((key) => [key, secrets[key] ?? "missing"]));
  expect(new Set(search(places, mine).map(({ secret }) => secret))).toEqual(new Set(own));
  expect(places.find(({ name }) => name === "environments")?.text).toContain("OPENCLAW_STATE_DIR");
  const others = new Map(Object.entries(secrets).filter(([key]) => !own.includes(key)));
  others.set("passphrase of the state", labPassphrase);
  expect(others.size).toBeGreaterThanOrEqual(7);
  expect(search(places, others)).toEqual([]);
});

test.each(policyToolDenials.map((name) => [name]))("the model asks for %s: refused", async (name) => {
  const mark = `denied-${name}-${Date.now()}`;
  await script("anthropic", [
    { match: mark, tools: [{ name, arguments: { action: "list", command: "id" } }] },
  ]);
  expect(deniedProblem(name, await chatTurn(`please ${mark}`))).toBeUndefined();
});
