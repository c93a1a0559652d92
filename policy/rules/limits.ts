/** What a container may use up, how it is watched, and who starts it. */
import { hardened, inspectedShape, openFiles } from "../../config/container-shape";
import { restartPolicy } from "../../config/services";
import { allowanceOf, containerType, nameOf } from "../allowances";
import {
  at,
  broken,
  shown,
  undecided,
  unknown,
  want,
  type Finding,
  type Inputs,
  type Resource,
  type ResourceRule,
  type StackResource,
  type StackRule,
  type Value,
} from "../rule";

const types = [containerType];
const isPositive = (value: Value): boolean => Number(value) > 0;

export const limitRules: readonly ResourceRule[] = [
  {
    name: "container-memory-limited",
    promise: "Every container has a memory limit, and nothing it holds in memory reaches a disk as swap.",
    mend: "Set memory, and memorySwap to the same.",
    unknown: "refused",
    types,
    check: ({ inputs }) => [
      ...want(inputs["memory"], isPositive, `memory is ${shown(inputs["memory"])}`),
      ...want(
        [inputs["memorySwap"], inputs["memory"]],
        (pair) => (pair as Value[])[0] === (pair as Value[])[1],
        `memorySwap is ${shown(inputs["memorySwap"])} and memory ${shown(inputs["memory"])}`,
      ),
    ],
  },
  {
    name: "container-cpu-limited",
    promise: "Every container has a CPU limit.",
    mend: "Set cpus to a number above zero.",
    unknown: "refused",
    types,
    check: ({ inputs }) => want(inputs["cpus"], isPositive, `cpus is ${shown(inputs["cpus"])}`),
  },
  {
    name: "container-open-files-limited",
    promise:
      "Every container has a limit of its own on open files, and widens no other limit of the kernel's.",
    mend: "Set ulimits to nofile alone, with openFiles of config/container-shape.ts as soft and hard.",
    unknown: "refused",
    types,
    check: ({ inputs }) =>
      want(
        inputs["ulimits"],
        (value) =>
          Array.isArray(value) &&
          value.length === 1 &&
          at(value[0] as Value, "name") === "nofile" &&
          ["soft", "hard"].every((kind) => at(value[0] as Value, kind) === openFiles),
        `ulimits is ${shown(inputs["ulimits"])}`,
      ),
  },
  {
    name: "container-log-limited",
    promise: "No container can fill the disk with its log.",
    mend: "Set logDriver to json-file, and max-size and max-file in logOpts.",
    unknown: "refused",
    types,
    check: ({ inputs }) => [
      ...want(
        inputs["logDriver"],
        (value) => value === hardened.logDriver,
        `logDriver is ${shown(inputs["logDriver"])}`,
      ),
      ...want(
        at(inputs, "logOpts", "max-size"),
        (value) => typeof value === "string" && /^[1-9]\d*[km]$/.test(value),
        `max-size is ${shown(at(inputs, "logOpts", "max-size"))}`,
      ),
      ...want(
        at(inputs, "logOpts", "max-file"),
        (value) => typeof value === "string" && /^[1-9]$/.test(value),
        `max-file is ${shown(at(inputs, "logOpts", "max-file"))}`,
      ),
    ],
  },
  {
    name: "container-health-checked",
    promise: "Every container is asked for its health, by a command without a shell.",
    mend: 'Set healthcheck.tests to ["CMD", …].',
    unknown: "refused",
    types,
    check: ({ inputs }) => {
      const tests = at(inputs, "healthcheck", "tests");
      return want(
        tests,
        (value) => Array.isArray(value) && value[0] === "CMD" && value.length > 1,
        `the healthcheck is ${shown(tests)}`,
      );
    },
  },
  {
    name: "container-name-fixed",
    promise:
      "Names are fixed, and a container is called what it is named: access lists and scripts rest on it.",
    mend: "Set hostname to the name, or to the label clawkeep.instance-of where the name is handed over.",
    unknown: "refused",
    types,
    check: (container) => [
      ...want(
        nameOf(container),
        (value) => typeof value === "string" && value !== "",
        `name is ${shown(nameOf(container))}`,
      ),
      ...want(
        [container.inputs["hostname"], nameOf(container)],
        (pair) => (pair as Value[])[0] === (pair as Value[])[1],
        `hostname is ${shown(container.inputs["hostname"])} and name ${shown(nameOf(container))}`,
      ),
    ],
  },
  {
    name: "container-restart-policy",
    promise:
      "Docker starts every container again but a gateway: that one starts after a check of who is active.",
    mend: "Set restart to no for a gateway and to unless-stopped for everything else.",
    unknown: "refused",
    types,
    check: (container) => {
      const { restart } = container.inputs;
      const expected = restartPolicy(allowanceOf(container));
      return want(restart, (value) => value === expected, `restart is ${shown(restart)}, not ${expected}`);
    },
  },
];

/** What the command that settles a container says about it; undefined for other commands. */
function settleOrder({ type, inputs }: Resource): Inputs | undefined {
  if (type !== "command:remote:Command" || typeof inputs["stdin"] !== "string") return undefined;
  try {
    const order = JSON.parse(inputs["stdin"]) as Inputs | null;
    return typeof order === "object" && order !== null && "pidsLimit" in order ? order : undefined;
  } catch {
    return undefined;
  }
}

/** What the daemon has to hold, by the name that `docker inspect` gives it. */
function expected(container: Resource): Record<string, Value> {
  const { inputs } = container;
  const { capability, startedBy } = allowanceOf(container);
  return inspectedShape({
    user: inputs["user"] as string,
    hostname: inputs["hostname"] as string,
    memoryMiB: Number(inputs["memory"]),
    restart: restartPolicy({ startedBy }),
    capabilities: capability === undefined ? [] : [capability],
    cgroupParent: (inputs["cgroupParent"] ?? "") as string,
  });
}

export const limitStackRules: readonly StackRule[] = [
  {
    name: "container-settled",
    promise:
      "Every container gets a limit on its processes, and the daemon is asked whether it took what was asked for.",
    mend: "Make containers with serviceContainer: its command runs settle-container for each of them.",
    unknown: "waits",
    checkStack: (resources) =>
      resources
        .filter(({ type }) => type === containerType)
        .map((container) => ({ urn: container.urn, findings: settling(container, resources) })),
  },
];

function settling(container: StackResource, resources: readonly StackResource[]): Finding[] {
  const after = resources.filter(
    ({ type, dependencies }) => type === "command:remote:Command" && dependencies.includes(container.urn),
  );
  const orders = after.map(settleOrder).filter((order) => order !== undefined);
  if (orders.length === 0) {
    const says = "no command settles it, so it has no limit on its processes";
    return [after.some(({ inputs }) => inputs["stdin"] === unknown) ? undecided(says) : broken(says)];
  }
  return orders.flatMap((order) => [
    ...want(order["pidsLimit"], isPositive, `its pidsLimit is ${shown(order["pidsLimit"])}`),
    ...Object.entries(expected(container)).flatMap(([key, value]) =>
      want(
        [at(order, "expect", key), value],
        (pair) => JSON.stringify((pair as Value[])[0]) === JSON.stringify((pair as Value[])[1]),
        `the daemon is not asked for ${key}`,
      ),
    ),
  ]);
}
