import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

/** What differs between release lines stands in their profiles. */
const comparedRelease = {
  selector:
    ":matches(BinaryExpression[operator=/^[!=]==?$/], SwitchCase) > Literal[value=/^20\\d\\d\\.\\d+$/]",
  message:
    "Ask the line's profile in config/release-lines.ts: a comparison with a name forgets the next line.",
};

export default tseslint.config(
  { ignores: ["node_modules", ".lab", "**/*.js", "**/*.mjs", "**/*.cjs"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
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
    files: ["tests/**", "lab/**"],
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
