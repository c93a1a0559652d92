/** Which tags `--bump` may take: those of the deployed line, exact releases, nothing that must not run. */
import { imagePins, parseReference, type ImageName } from "../../../config/images";
import { isSeries, newestInLine, releaseLines } from "../../../tools/pins/release-lines";

const newest = (name: ImageName, tag: string, ...offered: string[]): string =>
  newestInLine(name, tag, offered, (other) => `registry.example.org/image:${other}`);

it.each(Object.entries(imagePins))("%s: the deployed tag is of the line's form", (name, reference) => {
  const tag = parseReference(reference)?.tag ?? "";
  expect(tag).toMatch(releaseLines[name as ImageName].tags);
  expect(newest(name as ImageName, tag)).toBe(tag);
});

it.each<[ImageName, string, string[], string]>([
  [
    "openclaw",
    "2026.9.6",
    ["2026.9.10", "2026.9.7", "2026.10.1", "2026.9.11-beta.1", "2026.2.17"],
    "2026.9.10",
  ],
  [
    "litellm",
    "v1.103.7",
    ["v1.103.11", "v1.104.9", "v1.103.12-rc.1", "1.103.13", "main-v1.103.14"],
    "v1.103.11",
  ],
  // Out of a bad range within the line: what is newest of all, never a bad one.
  ["litellm", "v1.83.2", ["v1.83.3", "v1.83.6", "v1.83.13"], "v1.83.2"],
  ["litellm", "v1.83.2", ["v1.83.6", "v1.83.14", "v1.83.15"], "v1.83.15"],
  [
    "redis",
    "7.4.7-bookworm",
    ["7.4.8-bookworm", "7.4.9", "7.4.9-alpine", "8.0.4-bookworm"],
    "7.4.8-bookworm",
  ],
  ["redis", "7.4.7-bookworm", ["7.4.6-bookworm", "7.4-bookworm"], "7.4.7-bookworm"],
  ["caddy", "2.10.2", ["2.10.3", "2.11.0", "2.10.4-alpine", "2"], "2.10.3"],
  [
    "node",
    "24-bookworm-slim",
    ["24.9.0-bookworm-slim", "24.21.0-bookworm-slim", "25.0.0-bookworm-slim", "24-slim"],
    "24.21.0-bookworm-slim",
  ],
  ["node", "24.21.0-bookworm-slim", ["24.9.0-bookworm-slim", "24-bookworm-slim"], "24.21.0-bookworm-slim"],
  [
    "dockerCli",
    "29-cli",
    ["29.9.3-cli", "29.10.0-cli", "29.11.0", "30.0.0-cli", "29.10.1-rc.1-cli"],
    "29.10.0-cli",
  ],
  [
    "sandboxBase",
    "bookworm-slim",
    ["bookworm-20261103-slim", "bookworm-20260921-slim", "trixie-20261103-slim", "bookworm-20261117"],
    "bookworm-20261103-slim",
  ],
  ["squid", "6.6-24.04_edge", ["7.2-26.04_edge", "6.6-24.04_beta", "6.7-24.04_edge"], "6.6-24.04_edge"],
])("%s %s of %j: %s", (name, tag, offered, expected) => {
  expect(newest(name, tag, ...offered)).toBe(expected);
});

it("series and channels are told from releases", () => {
  const series = (Object.keys(imagePins) as ImageName[]).filter((name) =>
    isSeries(name, parseReference(imagePins[name])?.tag ?? ""),
  );
  expect(series).toEqual(["squid", "node", "dockerCli", "sandboxBase"]);
  expect(isSeries("node", "24.21.0-bookworm-slim")).toBe(false);
  expect(isSeries("sandboxBase", "bookworm-20261103-slim")).toBe(false);
});
