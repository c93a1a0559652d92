/**
 * Puts node_modules in place by `npm ci`, and sees that they are what package-lock.json names.
 *
 * `npm ci` refuses a lock that lacks packages which package.json asks for. With a registry that does not have the optional
 * packages of other platforms a lock comes out like that, and nothing that this machine needs is missing from it. Then, and
 * only then, `npm install` takes its place: it is said, with npm's own words, and the result is compared all the same.
 *
 * Plain Node: there are no packages yet.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";

const record = "node_modules/.package-lock.json";
const options = ["--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"];
const npm = (...words) => {
  const { status, stdout, stderr, error } = spawnSync("npm", [...words, ...options], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  // Behind its reason npm prints its whole manual page.
  const [reason = ""] = `${stderr}${stdout}`.split("npm error Clean install a project");
  return { ok: status === 0, said: (error?.message ?? reason.trim()).replace(/^/gm, "  ") };
};
const packagesOf = (path) => JSON.parse(readFileSync(path, "utf8")).packages;
const stop = (...lines) => {
  console.error(lines.join("\n"));
  process.exit(1);
};

/** What of the installed packages is not what the lock names; what is optional may be missing. */
function differences(locked, installed) {
  const found = [];
  for (const [path, { version, optional, devOptional }] of Object.entries(locked)) {
    if (path === "" || installed[path] !== undefined || optional === true || devOptional === true) continue;
    found.push(`${path} ${version} is missing`);
  }
  for (const [path, { version, integrity }] of Object.entries(installed)) {
    const wanted = locked[path];
    if (wanted === undefined) found.push(`${path} ${version} is in no lock`);
    else if (wanted.version !== version || wanted.integrity !== integrity)
      found.push(`${path} is ${version} ${integrity}, and not ${wanted.version} ${wanted.integrity}`);
  }
  return found;
}

const clean = npm("ci");
if (!clean.ok) {
  console.error(`node_modules: npm ci refuses:\n${clean.said}`);
  if (!/ code EUSAGE$/m.test(clean.said) || !/ Missing: /.test(clean.said) || / Invalid: /.test(clean.said))
    stop("node_modules: nothing takes its place: mend what npm says, then run this again");
  console.error("node_modules: npm install takes its place, because only the lock is said to lack something");
  const installed = npm("install", "--no-save");
  if (!installed.ok) stop(`node_modules: npm install fails too:\n${installed.said}`);
}
const wrong = differences(packagesOf("package-lock.json"), packagesOf(record));
if (wrong.length > 0) {
  // Without it make, and npm, begin again.
  rmSync(record);
  stop(
    `node_modules: not what package-lock.json names, so nothing may run with them:\n  ${wrong.join("\n  ")}`,
    "where the lock lacks something: npm install --package-lock-only, look at what it adds, then run this again",
  );
}
console.log(`node_modules: by npm ${clean.ok ? "ci" : "install"}, as package-lock.json names them`);
