/** That one of the two stacks serves, and never both. */
import { controlsOf } from "../control";

const host = "config-files/host/bin/active_record.py";

export const failoverControls = controlsOf(
  { threat: undefined, file: host, test: "tests/config-files/host/active-record.test.ts" },
  [
    {
      name: "record-names-another",
      from: 'if record.stack != wanted["stack"]:',
      to: "if False:",
      failing: "another stack there, or nobody",
    },
    {
      name: "record-highest-epoch",
      from: "return max(found, default=None)",
      to: "return found[0] if found else None",
      failing: "the highest epoch counts",
    },
    {
      name: "record-certificate",
      from: "trusted = ssl.create_default_context()",
      to: "trusted = ssl._create_unverified_context()",
      failing: "no certificate of an authority",
    },
    {
      name: "record-points-elsewhere",
      from: ",\n                                             _NoRedirect)",
      to: ")",
      failing: "only points elsewhere",
    },
    {
      name: "record-unreadable-at-a-boot",
      from: "if common.read(READ) is not None:",
      to: "if True:",
      failing: "unreadable at a boot",
    },
    {
      name: "record-forgotten-when-lost",
      from: "            os.unlink(READ)\n",
      to: "            pass\n",
      failing: "until another stack is read",
    },
    {
      name: "record-before-an-up",
      file: "config/active-record.ts",
      from: 'if ((record.stack === stack) === (role === "active")) return { agrees: true };',
      to: "return { agrees: true };",
      test: "tests/config/active-stack.test.ts",
      failing: "roles changed by hand",
    },
    {
      name: "record-unread-is-not-nobody",
      file: "config/active-stack.ts",
      from: "throw new Error(`Cloudflare cannot be asked which stack is the active one: ${reply.silent}`);",
      to: "return undefined;",
      test: "tests/config/active-stack.test.ts",
      failing: "never taken for nobody",
    },
  ],
);
