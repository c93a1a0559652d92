/** The warnings that stay are the same in the table that `make verify` goes by and in the page that people read. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { acceptedWarnings } from "../../tools/verify/gateway";

test("every accepted warning has its reason in docs/evidence/audit-findings.md, and no other stands there", () => {
  const page = readFileSync(join(__dirname, "..", "..", "docs", "evidence", "audit-findings.md"), "utf8");
  const listed = [...page.matchAll(/^\| `([a-z_.]+)`/gm)].map(([, id]) => id);
  expect(listed.sort()).toEqual(Object.keys(acceptedWarnings).sort());
});
