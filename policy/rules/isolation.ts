/** What keeps a process in its container: no way to write the root, to gain privileges, to see the host. */
import { cgroupDrivers, gatewayCgroup } from "../../config/cgroups";
import { hardened } from "../../config/container-shape";
import { allowanceOf, containerType, gatewayOf } from "../allowances";
import { at, broken, each, isUnset, shown, want, type Inputs, type ResourceRule } from "../rule";

const types = [containerType];
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** One finding for each of these inputs that is set to anything. */
const unset = (inputs: Inputs, ...names: string[]) =>
  names.flatMap((name) => want(inputs[name], isUnset, `${name} is set`));

export const isolationRules: readonly ResourceRule[] = [
  {
    name: "container-root-read-only",
    promise: "No container can write its root file system.",
    mend: "Set readOnly, and give what has to be written a tmpfs or a mount.",
    unknown: "refused",
    types,
    check: ({ inputs }) =>
      want(
        inputs["readOnly"],
        (value) => value === hardened.readOnly,
        `readOnly is ${shown(inputs["readOnly"])}, not true`,
      ),
  },
  {
    name: "container-capabilities-dropped",
    promise: "No container has a capability, but for the one that the reverse proxy's binary asks for.",
    mend: "Drop ALL and add none; an exception stands in its row of config/services.ts with its reason.",
    unknown: "refused",
    types,
    check: (container) => {
      const { capability } = allowanceOf(container);
      const allowed = capability === undefined ? [] : [capability];
      const drops = at(container.inputs, "capabilities", "drops");
      const adds = at(container.inputs, "capabilities", "adds");
      return [
        ...want(
          drops,
          (value) => same(value, hardened.droppedCapabilities),
          `it drops ${shown(drops)}, not ALL`,
        ),
        ...each(adds, "capabilities.adds", (added) =>
          want(added, (value) => allowed.some((one) => one === value), `it adds ${shown(added)}`),
        ),
      ];
    },
  },
  {
    name: "container-no-new-privileges",
    promise: "No process in a container gains privileges, and seccomp and AppArmor stay as Docker has them.",
    mend: 'Set securityOpts to ["no-new-privileges"] and nothing else.',
    unknown: "refused",
    types,
    check: ({ inputs }) =>
      want(
        inputs["securityOpts"],
        (value) => same(value, hardened.securityOpts),
        `securityOpts is ${shown(inputs["securityOpts"])}`,
      ),
  },
  {
    name: "container-not-privileged",
    promise: "No container is privileged, has a device of the host, or changes how the kernel treats it.",
    mend: "Take the input away; what needs it does not belong in a container here.",
    unknown: "refused",
    types,
    check: ({ inputs }) =>
      unset(
        inputs,
        ...["privileged", "devices", "gpus", "deviceRequests", "deviceCgroupRules"],
        ...["sysctls", "runtime"],
      ),
  },
  {
    name: "container-cgroup",
    promise: "All that runs for a gateway shares that gateway's part of the CPUs, and nothing else is in it.",
    mend: "Make containers with serviceContainer: cgroupParent is the gateway's own (config/cgroups.ts), or not set.",
    unknown: "refused",
    types,
    check: (container) => {
      const gateway = gatewayOf(container);
      const allowed = cgroupDrivers.map((driver) => gatewayCgroup(gateway ?? "", driver));
      const { cgroupParent } = container.inputs;
      return want(
        cgroupParent,
        (value) => (gateway === undefined ? isUnset(value) : allowed.some((one) => one === value)),
        `cgroupParent is ${shown(cgroupParent)}`,
      );
    },
  },
  {
    name: "container-own-namespaces",
    promise: "Every container has namespaces of its own: none of the host's, none of another container's.",
    mend: "Leave pidMode, ipcMode, usernsMode and cgroupnsMode out; networkMode is bridge, or none without networks.",
    unknown: "refused",
    types,
    check: ({ inputs }) => [
      ...unset(inputs, "pidMode", "usernsMode"),
      ...["ipcMode", "cgroupnsMode"].flatMap((name) =>
        want(
          inputs[name],
          (value) => isUnset(value) || value === "private",
          `${name} is ${shown(inputs[name])}`,
        ),
      ),
      ...want(
        inputs["networkMode"],
        (value) => value === "bridge" || value === "none",
        `networkMode is ${shown(inputs["networkMode"])}`,
      ),
    ],
  },
  {
    name: "container-user-not-root",
    promise: "No container's process is root, by user or by group.",
    mend: "Set user to uid:gid in numbers, neither of them 0: a name is looked up in the image.",
    unknown: "refused",
    types,
    check: ({ inputs }) =>
      want(
        inputs["user"],
        (value) => typeof value === "string" && /^[1-9]\d*:[1-9]\d*$/.test(value),
        `user is ${shown(inputs["user"])}`,
      ),
  },
  {
    name: "container-groups",
    promise:
      "Only the filter of the Docker API is in another group: that of the Docker socket, never root's.",
    mend: "Take groupAdds away; files that a service reads belong to its uid.",
    unknown: "waits",
    types,
    check: (container) =>
      each(container.inputs["groupAdds"], "groupAdds", (group) =>
        allowanceOf(container).dockerSocket === true
          ? want(
              group,
              (value) => typeof value === "string" && /^[1-9]\d*$/.test(value),
              `it is in the group ${shown(group)}`,
            )
          : [broken(`it is in the group ${shown(group)}`)],
      ),
  },
  {
    name: "container-tmpfs",
    promise: "A temporary file system has a size, no set-uid programs and no devices.",
    mend: "Give it nosuid, nodev and size=…m.",
    unknown: "refused",
    types,
    check: ({ inputs }) =>
      want(
        inputs["tmpfs"] ?? {},
        (value) =>
          Object.values(value as Inputs).every(
            (options) =>
              typeof options === "string" &&
              ["nosuid", "nodev"].every((flag) => options.split(",").includes(flag)) &&
              /(^|,)size=\d+[km](,|$)/.test(options),
          ),
        `tmpfs is ${shown(inputs["tmpfs"])}`,
      ),
  },
];
