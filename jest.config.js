// Three groups: `fast` needs nothing but Node; `docker` needs a Docker engine (and the Pulumi toolchain for
// tests/lab/toolchain); `rehearsal` needs the lab that `make rehearse` leaves running.
const transform = {
  "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }],
};
const needsDocker = [
  "/tests/.*\\.docker\\.test\\.ts$",
  "/tests/lab/(vps|images|registry|toolchain)/.*\\.test\\.ts$",
];
const common = { rootDir: __dirname, testEnvironment: "node", transform };
module.exports = {
  projects: [
    {
      ...common,
      displayName: "fast",
      testMatch: ["<rootDir>/tests/**/*.test.ts"],
      testPathIgnorePatterns: [...needsDocker, "<rootDir>/tests/rehearsal/"],
    },
    { ...common, displayName: "docker", testRegex: needsDocker },
    { ...common, displayName: "rehearsal", testMatch: ["<rootDir>/tests/rehearsal/**/*.test.ts"] },
  ],
};
