import fc, { type Arbitrary } from "fast-check";
import type { Body } from "./legal";

/** Values that have a meaning somewhere in the Docker API, and any others. */
const anything = fc.oneof(
  fc.constantFrom<unknown>(
    null, true, false, 0, 1, -1, 2 ** 40, "", "host", "none", "root", "0:0", "/", "/etc:/mnt", "ALL", "container:x",
    [], {}, ["ALL"], ["/:/mnt"], ["no-new-privileges", "seccomp=unconfined"], [{ PathOnHost: "/dev/mem" }],
  ), // prettier-ignore
  fc.jsonValue({ maxDepth: 2 }),
);

const names = fc.oneof(
  fc.constantFrom(
    "Privileged",
    "privileged",
    "CapAdd",
    "Binds",
    "Mounts",
    "HostConfig",
    "Sysctls",
    "User",
    "x",
    "constructor",
  ),
  fc.stringMatching(/^[A-Za-z]{1,6}$/),
);

/** A body with one to four random changes: a field replaced, left out, added or renamed, at any depth. */
export function mutated(body: Body): Arbitrary<Body> {
  const change = fc.record({
    where: fc.nat(),
    how: fc.constantFrom("replace", "remove", "add", "rename"),
    name: names,
    value: anything,
  });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const result = structuredClone(body);
    for (const { where, how, name, value } of changes) {
      const places = fields(result);
      const place = places[where % places.length];
      if (place === undefined) continue;
      const { owner, key } = place;
      if (how === "replace") owner[key] = value;
      else if (how === "remove") delete owner[key];
      else if (how === "add") owner[name] = value;
      else {
        owner[name] = owner[key];
        delete owner[key];
      }
    }
    return JSON.parse(JSON.stringify(result)) as Body;
  });
}

function fields(owner: Body): { owner: Body; key: string }[] {
  return Object.entries(owner).flatMap(([key, value]) => [
    { owner, key },
    ...(typeof value === "object" && value !== null && !Array.isArray(value) ? fields(value as Body) : []),
  ]);
}
