/** A login at a registry reaches those that pull, and nobody else. */
import { everything, prod, rawConfiguration } from "../fixtures/stack-configuration";
import { commands, holdsSecret, ofType, opened, programRun, recordGraphs, type Graph } from "./graph";

const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  everything: programRun(rawConfiguration(everything)),
});
const images = (graph: Graph) => ofType(graph, "docker:index/remoteImage:RemoteImage");
const nameOf = ({ inputs }: Graph["resources"][number]): string => inputs["name"] as string;
const registryAuth = (graph: Graph) => ofType(graph, "pulumi:providers:docker")[0]?.inputs["registryAuth"];
const hub = everything.secrets["clawkeep:registryPassword-docker.io"] ?? "";
const mirror = everything.secrets["clawkeep:registryPassword-mirror.example.org-5000"] ?? "";

it.each(["prod", "everything"] as const)(
  "every image of %s is pulled by the script, then looked after",
  (stack) => {
    const graph = graphs[stack];
    expect(images(graph).length).toBeGreaterThan(5);
    for (const image of images(graph)) {
      const pull = commands(graph).find(({ name }) => name === `${image.name}-pulled`);
      expect(pull?.inputs["create"]).toBe(`/opt/openclaw/bin/pull-image '${nameOf(image)}'`);
      expect(image.dependencies).toContain(`${image.name}-pulled`);
    }
  },
);

it("a stack without a login gives none to anybody", () => {
  expect(registryAuth(graphs.prod)).toBeUndefined();
  for (const { inputs } of commands(graphs.prod).filter(({ name }) => name.endsWith("-pulled")))
    expect(Object.keys(JSON.parse(opened(inputs["stdin"]) as string) as object)).toEqual(["passwordKey"]);
});

it("the provider has every login, as a secret", () => {
  const auth = registryAuth(graphs.everything);
  expect(holdsSecret(auth)).toBe(true);
  expect(JSON.parse(opened(auth ?? "") as string)).toEqual([
    { address: "docker.io", username: "keeper", password: hub },
    { address: "mirror.example.org:5000", username: "reader", password: mirror },
  ]);
});

it("each pull has the login of its own registry, and none where there is none", () => {
  const orders = Object.fromEntries(
    images(graphs.everything).map((image) => {
      const pull = commands(graphs.everything).find((command) => command.name === `${image.name}-pulled`);
      const order = JSON.parse(opened(pull?.inputs["stdin"] ?? "") as string) as { password?: string };
      expect(holdsSecret(pull?.inputs["stdin"])).toBe(order.password !== undefined);
      return [nameOf(image).replace(/\/.*/, ""), order];
    }),
  );
  expect(orders).toEqual({
    "docker.io": { passwordKey: "clawkeep:registryPassword-docker.io", user: "keeper", password: hub },
    "ghcr.io": { passwordKey: "clawkeep:registryPassword-ghcr.io" },
    "mirror.example.org:5000": {
      passwordKey: "clawkeep:registryPassword-mirror.example.org-5000",
      user: "reader",
      password: mirror,
    },
  });
});
