/**
 * Every program that our scripts started on the bare server of the first deployment is of a package that prepare-host
 * names, or an Essential one, or one that these depend on. A new one fails here: add its package to prepare-host's table.
 */
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { startedPrograms } from "../../lab/vps/programs";
import { guaranteed, isOurs, namedPackages, otherwiseCertain, packagesOf, systemPath } from "./programs";

beforeAll(enterLabEnvironment);

test("every program that our scripts start is of a package that is certain to be there", async () => {
  const ours = startedPrograms("clawkeep-prod").filter(isOurs);
  const paths = [...new Set(ours.map(({ program }) => systemPath(program)))].filter(
    (path) => path !== undefined,
  );
  // Seen at all: what the first deployment cannot do without.
  for (const name of ["docker", "docker-buildx", "apt-get", "nft", "systemctl", "losetup"])
    expect(paths.map((path) => path.split("/").at(-1))).toContain(name);
  const certain = await guaranteed("prod", [...namedPackages(), ...Object.keys(otherwiseCertain)]);
  const packages = await packagesOf("prod", paths);
  const other = [...packages].filter(([, name]) => name === undefined || !certain.has(name));
  expect(other).toEqual([]);
});
