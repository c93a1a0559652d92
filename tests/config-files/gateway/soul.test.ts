import { soul } from "../../../config-files/gateway/soul";

const rules = (text: string, heading: string): string[] =>
  (text.split(`## ${heading}`)[1]?.split("## ")[0] ?? "").split("\n").filter((line) => /^\d\. /.test(line));

it("has the guide's seven security rules and three behaviour rules", () => {
  const text = soul({});
  const security = rules(text, "Security");
  expect(rules(text, "Behaviour")).toHaveLength(3);
  expect(security).toHaveLength(7);
  for (const [index, subject] of [
    /directory listings.*paths/,
    /[Kk]eys, tokens/,
    /owner confirm/,
    /not even to their friends/,
    /attack/,
    /download/,
    /SOUL\.md, USER\.md, or a file of memory or configuration/,
  ].entries()) {
    expect(security[index]).toMatch(subject);
  }
});

it("puts a stack's own text behind the rules, or in their place", () => {
  expect(soul({ soul: { append: "Speak Latin." } })).toBe(`${soul({})}\nSpeak Latin.\n`);
  expect(soul({ soul: { replace: "Speak Latin.\n" } })).toBe("Speak Latin.\n");
});

it("fits into a prompt: OpenClaw cuts a file at 20000 characters", () => {
  expect(soul({ soul: { append: "x".repeat(10_000) } }).length).toBeLessThan(20_000);
});
