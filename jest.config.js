// Three groups: `fast` needs nothing but Node; `docker`, files ending in .docker.test.ts, a Docker engine and what
// `make setup` has made; `rehearsal` the lab that `make rehearse` leaves running.
const transform = {
  "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }],
};
const common = { rootDir: __dirname, testEnvironment: "node", transform };
module.exports = {
  projects: [
    {
      ...common,
      displayName: "fast",
      testMatch: ["<rootDir>/tests/**/*.test.ts"],
      testPathIgnorePatterns: ["\\.docker\\.test\\.ts$", "<rootDir>/tests/rehearsal/"],
    },
    { ...common, displayName: "docker", testMatch: ["<rootDir>/tests/**/*.docker.test.ts"] },
    { ...common, displayName: "rehearsal", testMatch: ["<rootDir>/tests/rehearsal/**/*.test.ts"] },
  ],
};
