/** What package managers leave behind, read: small pieces of the real files. */
import {
  apkPackages,
  dpkgPackages,
  nodePackage,
  osRelease,
  pythonPackage,
} from "../../../tools/sbom/packages";
import { imageUrl, packageUrl } from "../../../tools/sbom/purl";

it("dpkg: what is installed, not what was removed", () => {
  const status = `Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Version: 2.36-9+deb12u13
Description: GNU C Library
 Version: 9.9 is only text in a description

Package: nano
Status: deinstall ok config-files
Architecture: amd64
Version: 7.2-1

Package: redis-server
Status: install ok installed
Architecture: amd64
Version: 5:7.0.15-1~deb12u7
`;
  expect(dpkgPackages(status)).toEqual([
    { kind: "deb", name: "libc6", version: "2.36-9+deb12u13", architecture: "amd64" },
    { kind: "deb", name: "redis-server", version: "5:7.0.15-1~deb12u7", architecture: "amd64" },
  ]);
});

it("dpkg without a status, as in distroless images", () => {
  const [found] = dpkgPackages("Package: tzdata\nVersion: 2026a-0\nArchitecture: all\n");
  expect(found).toEqual({ kind: "deb", name: "tzdata", version: "2026a-0", architecture: "all" });
});

it("apk", () => {
  const installed =
    "C:Q1abc=\nP:musl\nV:1.2.5-r9\nA:x86_64\nT:the musl c library\nF:lib\nR:ld.so\n\nC:Q1d=\nP:busybox\nV:1.37.0-r12\nA:x86_64\n\n";
  expect(apkPackages(installed)).toEqual([
    { kind: "apk", name: "musl", version: "1.2.5-r9", architecture: "x86_64" },
    { kind: "apk", name: "busybox", version: "1.37.0-r12", architecture: "x86_64" },
  ]);
});

it("Python: the header counts, not the description", () => {
  const metadata =
    "Metadata-Version: 2.4\r\nName: litellm\r\nVersion: 1.103.7\r\n\r\nName: other\r\nVersion: 0\r\n";
  expect(pythonPackage(metadata, "a/METADATA")).toEqual([
    { kind: "pypi", name: "litellm", version: "1.103.7", location: "a/METADATA" },
  ]);
  expect(pythonPackage("Metadata-Version: 2.1\n\nName: x\nVersion: 1\n", "a")).toEqual([]);
});

it.each([
  ['{"name":"@scope/a","version":"1.2.3"}', ["@scope/a"]],
  ['{"type":"module"}', []],
  ['{"name":"a","version":7}', []],
  ['{"name":"","version":"1"}', []],
  ["null", []],
  ["{", []],
])("Node: %s", (text, names) => {
  expect(nodePackage(text, "p").map(({ name }) => name)).toEqual(names);
});

it("os-release, with and without quotes", () => {
  expect(osRelease('PRETTY_NAME="Debian"\nVERSION_ID="12"\nID=debian\n')).toEqual({
    id: "debian",
    version: "12",
  });
  expect(osRelease("ID='wolfi'\nVERSION_ID=20230201\n")).toEqual({ id: "wolfi", version: "20230201" });
  expect(osRelease("ID=debian\nVERSION_CODENAME=forky\n")).toEqual({ id: "debian", version: "unknown" });
  expect(osRelease("")).toBeUndefined();
});

describe("package URLs", () => {
  const debian = { id: "debian", version: "12" };
  it.each([
    [
      { kind: "deb", name: "libstdc++6", version: "5:7.0.15-1~deb12u7", architecture: "amd64" },
      debian,
      "pkg:deb/debian/libstdc%2B%2B6@5%3A7.0.15-1~deb12u7?arch=amd64&distro=debian-12",
    ],
    [
      { kind: "apk", name: "musl", version: "1.2.5-r9", architecture: "x86_64" },
      { id: "wolfi", version: "20230201" },
      "pkg:apk/wolfi/musl@1.2.5-r9?arch=x86_64&distro=wolfi-20230201",
    ],
    [{ kind: "apk", name: "musl", version: "1" }, undefined, "pkg:apk/alpine/musl@1"],
    [
      { kind: "pypi", name: "Typing_Extensions", version: "4.15.0" },
      debian,
      "pkg:pypi/typing-extensions@4.15.0",
    ],
    [{ kind: "npm", name: "@pulumi/pulumi", version: "3.230.0" }, debian, "pkg:npm/%40pulumi/pulumi@3.230.0"],
    [
      { kind: "golang", name: "github.com/caddyserver/caddy/v2", version: "v2.10.2+incompatible" },
      debian,
      "pkg:golang/github.com/caddyserver/caddy/v2@v2.10.2%2Bincompatible",
    ],
  ] as const)("%j", (found, distribution, expected) => {
    expect(packageUrl(found, distribution)).toBe(expected);
  });

  it("of an image: its digest, and where it comes from", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const url = `pkg:oci/redis@sha256%3A${"a".repeat(64)}?repository_url=docker.io%2Flibrary%2Fredis&tag=7.4.7`;
    expect(imageUrl("docker.io/library/redis:7.4.7", digest)).toBe(url);
    expect(imageUrl(`docker.io/library/redis:7.4.7@${digest}`, digest)).toBe(url);
    expect(imageUrl("mirror:5000/redis", digest)).toContain("repository_url=mirror%3A5000%2Fredis");
  });
});
