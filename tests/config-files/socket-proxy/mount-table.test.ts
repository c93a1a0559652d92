import { checkSandboxesMount } from "../../../config-files/socket-proxy/mount-table";

const good = "44 43 7:0 / /sandboxes/here rw,nosuid,nodev,noatime,nosymfollow shared:7 - ext4 /dev/loop0 rw";
const others = [
  "43 40 8:1 /srv/openclaw /sandboxes ro,relatime - ext4 /dev/sda1 rw",
  "42 40 0:50 / / ro - overlay overlay rw",
];
const check =
  (...lines: readonly string[]) =>
  () =>
    checkSandboxesMount(`${[...others, ...lines].join("\n")}\n`, "/sandboxes/here");

test("a whole filesystem of its own with all flags is accepted", () => {
  expect(check(good)).not.toThrow();
});

test.each([
  ["is not a mount point", []],
  ["is not a mount point", [good.replace("/here", "/there")]],
  ["without nosymfollow", [good.replace(",nosymfollow", "")]],
  ["without nosuid", [good.replace("nosuid,", "")]],
  ["without nodev", [good.replace("nodev,", "")]],
  ["without nosuid,nodev,nosymfollow", [good.replace(/rw,[a-z,]+/, "ro,relatime")]],
  ["a part of a filesystem", [good.replace("7:0 /", "7:0 /part")]],
  ["mounted more than once", [good, good.replace("7:0", "7:1")]],
  ["shares its filesystem", [good.replace("7:0", "8:1")]],
  [
    "has a mount below it at /sandboxes/here/workspace-1",
    [good, "45 44 0:9 / /sandboxes/here/workspace-1 rw - tmpfs t rw"],
  ],
  // A flag of the filesystem's own options, behind the dash, is none of the mount.
  ["without nosymfollow", [good.replace(",nosymfollow", "").replace(/ rw$/, " rw,nosymfollow")]],
])("refuses: %s", (problem, lines) => {
  expect(check(...lines)).toThrow(problem);
});
