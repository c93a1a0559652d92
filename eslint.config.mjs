import eslint from "@eslint/js";
import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

/** What differs between release lines stands in their profiles. */
const comparedRelease = {
  selector:
    ":matches(BinaryExpression[operator=/^[!=]==?$/], SwitchCase) > Literal[value=/^20\\d\\d\\.\\d+$/]",
  message:
    "Ask the line's profile in config/release-lines.ts: a comparison with a name forgets the next line.",
};

const [typed, plain] = [["**/*.ts"], ["**/*.mjs", "**/*.cjs", "**/*.js"]];
const nodeGlobals = Object.fromEntries(
  [
    "AbortSignal",
    "Buffer",
    "URL",
    "__dirname",
    "clearTimeout",
    "console",
    "fetch",
    "process",
    "setTimeout",
  ].map((name) => [name, "readonly"]),
);

export default tseslint.config(
  { ignores: ["node_modules", ".lab"] },
  {
    // Plain Node, of which nothing knows the types. `attempts` is put before that file.
    files: plain,
    extends: [eslint.configs.recommended],
    languageOptions: { globals: nodeGlobals },
    rules: { eqeqeq: "error" },
  },
  { files: ["**/*.js"], languageOptions: { sourceType: "commonjs" } },
  {
    files: ["tests/rehearsal/egress-corpus/try.mjs"],
    languageOptions: { globals: { attempts: "readonly" } },
  },
  { files: typed, extends: tseslint.configs.recommendedTypeChecked },
  {
    files: typed,
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    plugins: { "@pulumi": pulumi },
    rules: {
      "@pulumi/no-output-in-template-literal": "error",
      "@pulumi/no-output-instance-in-template-literal": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-base-to-string": "error",
      eqeqeq: "error",
      "no-restricted-syntax": [
        "error",
        comparedRelease,
        // A resource made inside apply is missing from previews and from the graph tests.
        {
          selector:
            "CallExpression[callee.property.name='apply'] NewExpression[callee.type='MemberExpression']",
          message: "Never create a resource inside apply: previews and graph tests would not see it.",
        },
      ],
    },
  },
  {
    // Jest's matchers and JSON bodies are untyped by nature; the assertions are the check.
    files: ["tests/**/*.ts", "lab/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "no-restricted-syntax": ["error", comparedRelease],
    },
  },
);
