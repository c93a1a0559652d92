/** Which programs our scripts started on a server, and which package each of them is from. */
import { prepareHostScript } from "../../config-files/host/tools";
import { startedPrograms, type Started } from "../../lab/vps/programs";
import { onVps } from "../../lab/rehearsal/vps";

/** Packages that prepare-host installs where they are missing, on Debian. */
export function namedPackages(script = prepareHostScript()): string[] {
  const table = /<<TABLE\n([\s\S]*?)\nTABLE/.exec(script)?.[1] ?? "";
  const own: Readonly<Record<string, string>> = { $1: "docker-cli", $2: "docker-buildx" };
  return table.split("\n").map((line) => {
    const name = line.trim().split(/\s+/)[1] ?? "";
    return own[name] ?? name;
  });
}

/** What is there without prepare-host's doing. */
export const otherwiseCertain: Readonly<Record<string, string>> = {
  "openssh-server": "every command comes by it",
  systemd: "the supported distributions have no other init",
  "cloud-init": "only called where it is there",
};

/** In a login or one of our units, and not by a package's own scripts while apt installs it. */
export const isOurs = ({ unit, above }: Started): boolean =>
  /^(session-.*\.scope|(clawkeep|openclaw)[^/]*\.service)$/.test(unit) &&
  !above.some((name) => /^(apt-get|dpkg)$/.test(name));

/** Our own scripts, and what the stand-in puts before a program of the system, by that program's name. */
export function systemPath(program: string): string | undefined {
  if (program.startsWith("/opt/openclaw/")) return undefined;
  return program.replace(/^\/usr\/local\/lib\/stand-in\//, "/usr/sbin/").replace(/\.real$/, "");
}

/** Package of each file on a server; undefined where it is of none. */
export async function packagesOf(
  server: string,
  files: readonly string[],
): Promise<Map<string, string | undefined>> {
  const owner = 'dpkg-query -S "$file" 2>/dev/null | grep -v diversion | head -n 1 | cut -d : -f 1';
  const script = `while read -r file; do echo "$file $(${owner})"; done`;
  const said = await onVps(server, script, `${files.join("\n")}\n`);
  return new Map(
    said
      .trimEnd()
      .split("\n")
      .map((line): [string, string | undefined] => {
        const [file = "", name = ""] = line.split(" ");
        return [file, name === "" ? undefined : name];
      }),
  );
}

/** The packages that are there as long as those of the list and every Essential one are: what they depend on. */
export async function guaranteed(server: string, names: readonly string[]): Promise<Set<string>> {
  const format = "${Package}\\t${Essential}\\t${Pre-Depends}, ${Depends}\\t${Provides}\\n";
  const said = await onVps(server, `dpkg-query -W -f '${format}'`);
  const rows = said
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
  const listed = (field = ""): string[] =>
    field
      .split(/[,|]/)
      .map((each) => each.trim().replace(/[ :(].*$/, ""))
      .filter((each) => each !== "");
  const needs = new Map(rows.map(([name = "", , depends]) => [name, listed(depends)]));
  const providers = new Map<string, string[]>();
  for (const [name = "", , , provides] of rows)
    for (const each of listed(provides)) providers.set(each, [...(providers.get(each) ?? []), name]);
  const found = new Set<string>();
  const add = (name: string): void => {
    const real = needs.has(name) ? [name] : (providers.get(name) ?? []);
    for (const each of real) {
      if (found.has(each)) continue;
      found.add(each);
      needs.get(each)?.forEach(add);
    }
  };
  [...names, ...rows.filter(([, essential]) => essential === "yes").map(([name = ""]) => name)].forEach(add);
  return found;
}

/** Paths of all that our scripts have started on a stack's server, as far as it was written down. */
export const startedPaths = (stack: string): string[] => [
  ...new Set(
    startedPrograms(`clawkeep-${stack}`)
      .filter(isOurs)
      .map(({ program }) => systemPath(program))
      .filter((path) => path !== undefined),
  ),
];

/** Those of them that a server may be without, each with its package. */
export async function uncertainPrograms(stack: string): Promise<[string, string | undefined][]> {
  const certain = await guaranteed(stack, [...namedPackages(), ...Object.keys(otherwiseCertain)]);
  const packages = await packagesOf(stack, startedPaths(stack));
  return [...packages].filter(([, name]) => name === undefined || !certain.has(name));
}
