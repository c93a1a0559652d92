/** What outlives a mistake: state, address and public name. */
import { broken, shown, want, type Resource, type ResourceRule } from "../rule";
import { isPublic } from "./edge";

const protectedHere = ({ protect }: Resource) =>
  protect ? [] : [broken("the resource option protect is not set")];
const protectedThere = ({ inputs }: Resource) =>
  want(
    inputs["deleteProtection"],
    (value) => value === true,
    `deleteProtection is ${shown(inputs["deleteProtection"])}`,
  );

// The engine shows a rule `protect`, and neither retainOnDelete nor replaceWith: those are tests of the graph.
export const protectionRules: readonly ResourceRule[] = [
  {
    name: "volume-protected",
    promise: "The volume with the state goes only when somebody names it, here and at Hetzner.",
    mend: "Set protect and deleteProtection.",
    unknown: "refused",
    types: ["hcloud:index/volume:Volume"],
    check: (resource) => [...protectedHere(resource), ...protectedThere(resource)],
  },
  {
    name: "address-protected",
    promise:
      "The public address outlives the server, and goes only when somebody names it, here and at Hetzner.",
    mend: "Set protect and deleteProtection, and autoDelete to false.",
    unknown: "refused",
    types: ["hcloud:index/primaryIp:PrimaryIp"],
    check: (resource) => [
      ...protectedHere(resource),
      ...protectedThere(resource),
      ...want(
        resource.inputs["autoDelete"],
        (value) => value === false,
        `autoDelete is ${shown(resource.inputs["autoDelete"])}`,
      ),
    ],
  },
  {
    name: "record-protected",
    promise: "The public name goes only when somebody names it.",
    mend: "Set protect.",
    unknown: "refused",
    types: ["cloudflare:index/dnsRecord:DnsRecord"],
    check: ({ protect, inputs }) =>
      protect
        ? []
        : want(inputs["type"], (type) => !isPublic(type), "the resource option protect is not set"),
  },
];
