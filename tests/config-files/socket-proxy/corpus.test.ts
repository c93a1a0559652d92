import { corpus } from "./corpus";
import type { Attack, Place, Target } from "./corpus/attack";
import { createBody } from "./support/legal";

const id = "d".repeat(64);
const directory = "/srv/sandboxes";
const place: Place = {
  image: "openclaw-sandbox:bookworm-slim",
  imageId: `sha256:${"e".repeat(64)}`,
  otherImage: "other:1",
  workspace: "workspace-1",
  gateway: "gateway",
  gatewayId: "a".repeat(64),
  victim: "victim",
  victimId: "b".repeat(64),
  mount: { directory },
  freshName: () => "test.fresh",
  createBody: () =>
    createBody({
      image: "openclaw-sandbox:bookworm-slim",
      hostDirectory: directory,
      workspace: "workspace-1",
    }),
};
const target: Target = { id, name: "target", execId: "c".repeat(64) };

/**
 * What is left of a request when words and numbers are taken out of its values: the method, the path, the headers, the
 * keys and the punctuation. Two attacks of one shape differ in a value alone.
 */
function shape(attack: Attack): string {
  const bytes = attack
    .request(place, target)
    .map((piece) => (typeof piece === "object" && "pauseMs" in piece ? "<pause>" : piece.toString("latin1")))
    .join("");
  const at = bytes.indexOf("\r\n\r\n");
  const head = bytes.slice(0, at).replace(/Content-Length: [0-9]+/, "Content-Length: n");
  return `${attack.target ?? ""} ${attack.before === undefined ? "" : attack.name} ${head}\n${bodyShape(bytes.slice(at + 4))}`;
}

function bodyShape(text: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text.slice(0, 20_000);
  }
  if (text !== JSON.stringify(body)) return text.slice(0, 20_000);
  const legal = flatten(place.createBody());
  const sent = flatten(body);
  return Object.entries(sent)
    .filter(([path, value]) => legal[path] !== value)
    .map(([path, value]) => `${path}=${kind(value)}`)
    .concat(
      Object.keys(legal)
        .filter((path) => !(path in sent))
        .map((path) => `-${path}`),
    )
    .join("\n");
}

function flatten(
  value: unknown,
  path = "",
  into: { [path: string]: string } = {},
): { [path: string]: string } {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0)
    into[path] = JSON.stringify(value);
  else for (const [key, each] of Object.entries(value)) flatten(each, `${path}.${key}`, into);
  return into;
}

/** A value with its words and numbers taken out: "host" and "shareable" are one kind, "container:x" is another. */
function kind(value: string): string {
  if (["true", "false", "null"].includes(value)) return value;
  // Long values are of one letter; V8's stack for a repeated group ends somewhere above a million of them.
  return value
    .slice(0, 20_000)
    .replaceAll(directory, "<sandboxes>")
    .replaceAll("workspace-1", "<workspace>")
    .replace(/[A-Za-z]+/g, "w")
    .replace(/(?<![0-9])0(?![0-9])/g, "zero")
    .replace(/[0-9]+/g, "n")
    .replace(/(?:[wn]|zero){2,}/g, "w");
}

test("no two attacks differ in a value alone", () => {
  const shapes = new Map<string, string[]>();
  for (const attack of corpus) {
    const names = shapes.get(shape(attack)) ?? [];
    shapes.set(shape(attack), [...names, `${attack.family}: ${attack.name}`]);
  }
  expect([...shapes.values()].filter((names) => names.length > 1)).toEqual([]);
});

test("every family has at least ten attacks, but the slow ones, of which there are five kinds", () => {
  const sizes = new Map<string, number>();
  for (const { family } of corpus) sizes.set(family, (sizes.get(family) ?? 0) + 1);
  expect([...sizes].filter(([, size]) => size < 10)).toEqual([["slow", 5]]);
});
