/** How an image is pulled: with the stack's login and without, and what is said of a registry that refuses. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const script = join(__dirname, "..", "..", "..", "config-files", "host", "bin", "pull-image");
const reference = "docker.io/library/redis:7.4.11-bookworm@sha256:aaaa";
const passwordKey = "clawkeep:registryPassword-docker.io";
const login = { passwordKey, user: "keeper", password: "dckr_pat_sentinel" };
let directory = "";
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "clawkeep-pull-test-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs it with a docker that says `refusal` to the pull, or pulls, and notes what it was asked and saw of a login. */
function pull(order: object, { refusal = "", image = reference, there = false } = {}) {
  if (there) writeFileSync(join(directory, "there"), "");
  writeFileSync(join(directory, "refusal"), refusal);
  const fake = `#!/bin/sh
cd ${directory}
echo "$*" >>calls
env >>environment
if [ "$1" = image ]; then [ -e there ] && echo sha256:1234 || exit 1; exit; fi
stat -c '%a' "$2" >mode
[ ! -e "$2/config.json" ] || { cp "$2/config.json" seen; stat -c '%a' "$2/config.json" >>mode; }
[ ! -s refusal ] || { cat refusal >&2; exit 1; }
: >there
`;
  writeFileSync(join(directory, "docker"), fake, { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync(script, [image], {
    encoding: "utf8",
    input: JSON.stringify(order),
    env: { ...process.env, PATH: [directory, process.env["PATH"]].join(delimiter) },
  });
  const read = (name: string): string =>
    existsSync(join(directory, name)) ? readFileSync(join(directory, name), "utf8") : "";
  const calls = read("calls").split("\n").filter(Boolean);
  return {
    status,
    stdout,
    stderr,
    calls,
    seen: read("seen"),
    mode: read("mode"),
    environment: read("environment"),
  };
}

const left = (): string[] => readdirSync("/dev/shm").filter((name) => name.startsWith("clawkeep-pull-"));

test("an image that is there is not asked for, whatever its registry would say", () => {
  const { status, stdout, calls } = pull(login, { there: true, refusal: "toomanyrequests" });
  expect([status, stdout, calls.length]).toEqual([0, "sha256:1234\n", 1]);
});

test("without a login it is pulled as nobody, not as somebody who has logged in by hand", () => {
  const { status, stdout, calls, seen, mode } = pull({ passwordKey });
  expect([status, stdout, seen, mode]).toEqual([0, "sha256:1234\n", "", "700\n"]);
  expect(calls[1]).toMatch(new RegExp(`^--config /dev/shm/clawkeep-pull-\\S+ pull --quiet ${reference}$`));
});

test.each([
  [reference, "https://index.docker.io/v1/"],
  ["mirror.example.org:5000/library/redis:7", "mirror.example.org:5000"],
  ["ghcr.io/openclaw/openclaw:2026.9.6", "ghcr.io"],
])(
  "the login for %s lies in memory, where the client looks for it, readable for root alone, and goes",
  (image, key) => {
    const { status, seen, mode, calls, environment, stdout, stderr } = pull(login, { image });
    expect(status).toBe(0);
    expect(JSON.parse(seen)).toEqual({
      auths: { [key]: { auth: Buffer.from("keeper:dckr_pat_sentinel").toString("base64") } },
    });
    expect(mode).toBe("700\n600\n");
    expect(left()).toEqual([]);
    const forms = /dckr_pat_sentinel|a2VlcGVyOmRja3J/;
    for (const text of [...calls, environment, stdout, stderr]) expect(text).not.toMatch(forms);
  },
);

const limit = `Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit`;
const hubDenied = `Error response from daemon: pull access denied for x, repository does not exist or may require 'docker login'`;
test.each<[string, object, string, RegExp]>([
  [
    "a full disk",
    { passwordKey },
    "failed to register layer: write /usr/lib/x.so: no space left on device",
    /the disk of this host is full, .* does not fit: docker system df .*; then pulumi up/,
  ],
  [
    "the pull limit, without a login",
    { passwordKey },
    limit,
    /docker\.io counts pulls.*name docker\.io and its user in clawkeep:registryLogins, then pulumi config set --secret clawkeep:registryPassword-docker\.io, and pulumi up\. Or wait/,
  ],
  [
    "the pull limit of a login",
    login,
    limit,
    /the pulls of keeper are used up: wait some hours.*or take a mirror/,
  ],
  [
    "a registry that wants a login",
    { passwordKey },
    'Error response from daemon: Head "https://x/v2/y/manifests/1": no basic auth credentials',
    /to nobody without a login.*clawkeep:registryLogins/,
  ],
  [
    "what Docker Hub says of a repository that it hides",
    { passwordKey },
    hubDenied,
    /or has no such repository/,
  ],
  [
    "a wrong password",
    login,
    "Error response from daemon: unauthorized: incorrect username or password",
    /docker\.io refuses keeper.*pulumi config set --secret clawkeep:registryPassword-docker\.io with a password or token/,
  ],
  ["an image that is not there", login, "manifest unknown: manifest unknown", /has no .*: make pins/],
  [
    "another error about a digest with the numbers of refusals",
    { passwordKey },
    "Head https://x/v2/y/manifests/sha256:0429a401: net/http: TLS handshake timeout",
    /could not be pulled .*: pulumi up tries again/,
  ],
  [
    "a limit that is said by its number alone",
    { passwordKey },
    "received unexpected HTTP status: 429 Too Many Requests",
    /counts pulls/,
  ],
  ["a network that is down", login, "dial tcp: i/o timeout", /could not be pulled .*: pulumi up tries again/],
])("%s leads to a sentence with the way out, and leaves no login behind", (_, order, refusal, sentence) => {
  const { status, stderr } = pull(order, { refusal });
  expect(status).toBe(1);
  expect(stderr).toMatch(sentence);
  expect(stderr).toContain(`Docker's own words: ${refusal}`);
  expect(stderr).not.toContain("sentinel");
  expect(left()).toEqual([]);
});
