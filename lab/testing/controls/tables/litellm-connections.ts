/** What LiteLLM's process reads, parses and answers before a key says whose it is; told by Python alone. */
import { controlsOf, type Control } from "../control";

const litellm = "config-files/litellm";
const connections = "tests/config-files/litellm/connections.test.ts";
const gateTest = "tests/config-files/litellm/gate.test.ts";
const parts = "tests/config-files/litellm/parts.test.ts";

export const connectionControls: readonly Control[] = [
  ...controlsOf(
    {
      threat: "Before a key says whose it is, an address has a rate",
      file: `${litellm}/connections.py`,
      test: connections,
    },
    [
      {
        name: "bodies-after-the-answer",
        from: "if self._unread > MOST_UNREAD_BYTES:",
        to: "if False:",
        failing: "^a body that goes on after the answer",
      },
      {
        name: "bodies-after-the-answer-unparsed",
        from: "if self._ends is not None or self.conn.chunked:",
        to: "if self.conn.chunked:",
        failing: "^a body that goes on after the answer",
      },
      {
        name: "chunks-unparsed",
        from: "        if self.chunked:\n            return h11.NEED_DATA\n",
        to: "",
        failing: "^no chunk is parsed",
      },
      {
        name: "chunks-refused",
        file: `${litellm}/gate.py`,
        from: 'if b"transfer-encoding" in headers:',
        to: "if False:",
        test: gateTest,
        failing: "a body in chunks, on any route: 411",
      },
      {
        name: "lines-of-a-head",
        from: "if self._lines > MOST_HEAD_LINES:",
        to: "if False:",
        failing: "^a head of many lines",
      },
      {
        name: "one-request-of-a-connection",
        from: "            if self._has_whole_request():\n                self._pipelined()\n                return\n",
        to: "",
        failing: "^a head of many lines .* and so is a second request",
      },
      {
        name: "reads-of-an-address",
        from: "wait = self._reading.take(cost)",
        to: "wait = 0 * cost",
        failing: "^what an address makes this process read has a rate",
      },
      {
        name: "answers-that-are-not-read",
        from: "WRITE_SECONDS - self._waited",
        to: "WRITE_SECONDS",
        failing: "^who does not read its answer",
      },
      {
        name: "requests-of-an-address",
        file: `${litellm}/callers.py`,
        from: "if wait > MOST_TURN_SECONDS:",
        to: "if False:",
        test: parts,
        failing: "^requests of one address have a rate",
      },
      {
        name: "requests-of-an-address-first",
        file: `${litellm}/gate.py`,
        from: '            await self._turn(address, len(scope["headers"]))\n',
        to: "            pass\n",
        test: gateTest,
        failing: "without a key that counts: 401 with a record",
      },
      {
        name: "wrong-keys-are-recorded",
        file: `${litellm}/gate.py`,
        from: '            self._refused_at(address, 401, "refused: auth_error")\n',
        to: "",
        test: gateTest,
        failing: "without a key that counts: 401 with a record",
      },
    ],
  ),
];
