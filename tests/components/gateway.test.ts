/** One gateway of each release line in a stack: what its container is made from and what it sees. */
import { policyEnvironment } from "../../config-files/gateway/hardening-policy";
import { soulFile } from "../../config-files/gateway/paths";
import { imagePins } from "../../config/images";
import { rawConfiguration, twoGateways } from "../fixtures/stack-configuration";
import { commands, containers, nameOnHost, ofType, opened, programRun, recordGraphs } from "./graph";

const [first, second] = twoGateways.settings["clawkeep:gateways"] as object[];
const { graph } = recordGraphs({
  graph: programRun(
    rawConfiguration(twoGateways, { "clawkeep:gateways": [first, { ...second, release: "2026.2" }] }),
  ),
});
const container = (name: string) => {
  const found = containers(graph).find((one) => nameOnHost(one) === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found.inputs as {
    readonly envs: readonly string[];
    readonly volumes: readonly { hostPath: string; containerPath: string; readOnly: boolean }[];
  };
};
const mount = (name: string, path: string) =>
  container(name).volumes.find(({ containerPath }) => containerPath === path);

it("pulls each release line's own pin", () => {
  const pulled = ofType(graph, "docker:index/remoteImage:RemoteImage").map(nameOnHost);
  expect(pulled).toEqual(expect.arrayContaining([imagePins.openclaw, imagePins.openclaw2026_2]));
});

it.each([
  ["openclaw", "2026.9", true],
  ["second", "2026.2", false],
] as const)("%s has the environment that the policy wants of %s", (name, line, fixed) => {
  const { envs } = container(name);
  for (const [key, value] of Object.entries(policyEnvironment(line)))
    expect(envs).toContain(`${key}=${value}`);
  expect(envs.includes("OPENCLAW_CONFIG_READONLY=1")).toBe(fixed);
});

it.each(["openclaw", "second"])("mounts SOUL.md of %s read-only, from the closed configuration", (name) => {
  expect(mount(name, soulFile)).toMatchObject({
    hostPath: expect.stringMatching(`^/opt/openclaw/config/gateway-${name}/[0-9a-f]{12}/SOUL\\.md$`),
    readOnly: true,
  });
  const order = commands(graph).find((one) => one.name === `gateway-${name}-config`);
  const { files, directoryMode } = JSON.parse(String(opened(order?.inputs["stdin"]))) as {
    readonly directoryMode: string;
    readonly files: readonly { readonly path: string; readonly mode: string }[];
  };
  expect(directoryMode).toBe("0500");
  expect(files.map(({ path, mode }) => [path, mode])).toEqual([
    ["openclaw.json", "0400"],
    ["SOUL.md", "0400"],
  ]);
});

it("gives the workspaces of 2026.2 their own path, because it does not ask Docker for the host's", () => {
  expect(mount("openclaw", "/home/node/.openclaw/sandboxes")).toMatchObject({
    hostPath: "/opt/openclaw/gateways/openclaw/of-gateway/workspaces",
  });
  const own = "/opt/openclaw/gateways/second/of-gateway/workspaces";
  expect(mount("second", own)).toMatchObject({ hostPath: own, readOnly: false });
});
