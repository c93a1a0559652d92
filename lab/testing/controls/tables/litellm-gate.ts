/** What LiteLLM's gate lets through, and what it reserves; told by Python alone. */
import { controlsOf, type Control } from "../control";

const litellm = "config-files/litellm";
const gateTest = "tests/config-files/litellm/gate.test.ts";
const refusals = "tests/config-files/litellm/gate-refusals.test.ts";
const answers = "tests/config-files/litellm/gate-answers.test.ts";
const worstCase = "tests/config-files/litellm/worst-case.test.ts";
const parts = "tests/config-files/litellm/parts.test.ts";
const anyModel = "^no call to a model of the price table can cost more";

const shares = "tests/config-files/litellm/shares.test.ts";

export const gateControls: readonly Control[] = [
  ...controlsOf(
    { threat: "Each gateway has a share of each model's cap", file: `${litellm}/reserve.lua`, test: shares },
    [
      {
        name: "share-of-a-cap",
        from: "  return {whole, {suffix = said(scope, 4)",
        to: "  return {whole} or {{suffix = said(scope, 4)",
        failing: "leaves the others all of theirs, to the nano-dollar",
      },
      {
        name: "share-of-a-minute",
        from: 'if rpm > 0 and number(minute, "requests" .. of) + 1 > rpm then',
        to: 'if of == "" and rpm > 0 and number(minute, "requests" .. of) + 1 > rpm then',
        failing: "others' part of the requests of a minute",
      },
      {
        name: "share-asked-for",
        file: `${litellm}/ledger.py`,
        from: "bounds_of(share) if scope is model.scope and share is not scope else NO_SHARE",
        to: "NO_SHARE",
        failing: "leaves the others all of theirs, to the nano-dollar",
      },
      {
        name: "shares-add-up",
        file: `${litellm}/spend_limits.py`,
        from: " or sum(parts.values()) > 1 + 1e-9:",
        to: ":",
        failing: "nothing is served with shares of more than all",
      },
    ],
  ),
  ...controlsOf(
    { threat: "A request is made anew by its route's schema", file: `${litellm}/schemas.py`, test: refusals },
    [
      {
        name: "gate-chat-sources",
        from: 'fields({"url": data_url}',
        to: 'fields({"url": text}',
        failing: "image_url is refused in every place",
      },
      {
        name: "gate-messages-sources",
        from: '{"source": INLINE}',
        to: '{"source": free}',
        failing: "an image by (address|id) is refused in every place",
      },
      {
        name: "gate-tools",
        from: '        "type": word("function"),\n',
        to: '        "type": anything,\n',
        failing: "chat: each is refused",
      },
      {
        name: "gate-tool-names",
        from: "(?!web_search)",
        to: "",
        failing: "a name that a bridge knows is refused",
      },
      {
        name: "gate-include-usage",
        from: 'made["stream_options"] = {"include_usage": True}',
        to: "pass",
        failing: "a stream says what it has cost",
      },
      {
        name: "gate-widening",
        file: `${litellm}/shapes.py`,
        from: 'if key in names or key == "n" or WIDENING_FORMS.fullmatch(key):',
        to: "if False:",
        failing: "is refused by its name",
      },
      {
        name: "gate-own-reading",
        file: `${litellm}/gate.py`,
        from: "except Exception as error:",
        to: "except ZeroDivisionError as error:",
        test: gateTest,
        failing: "what it did not expect is 400 with a record",
      },
      {
        name: "gate-models",
        file: `${litellm}/gate.py`,
        from: "return await respond(send, 200, self._models(caller))",
        to: "return await self._app(scope, receive, send)",
        test: gateTest,
        failing: "GET /v1/models with a body without end",
      },
      {
        name: "gate-request-headers",
        file: `${litellm}/exchange.py`,
        from: '(b"host", b"litellm"),',
        to: '*scope["headers"],',
        test: answers,
        failing: "LiteLLM gets headers of the gate's",
      },
    ],
  ),
  ...controlsOf({ threat: "Of an answer a gateway sees", file: `${litellm}/answers.py`, test: answers }, [
    {
      name: "gate-answer-headers",
      from: " for name, value in given if name.lower() in HEADERS]",
      to: " for name, value in given]",
      failing: "the gateway gets three headers",
    },
    {
      name: "gate-error-words",
      from: 'NOT_OURS.sub("", said[:MOST_ERROR_BYTES])',
      to: "said[:MOST_ERROR_BYTES]",
      failing: "an error (keeps its words|within a stream)",
    },
  ]),
  ...controlsOf(
    { threat: "No call can cost more than its worst case", file: `${litellm}/calls.py`, test: worstCase },
    [
      {
        name: "worst-case-of-embeddings",
        from: 'if model.mode == "embedding":',
        to: "if False:",
        failing: anyModel,
      },
      {
        name: "worst-case-of-caches",
        file: `${litellm}/spend_limits.py`,
        from: "input_price=plain if asked else max(plain, cache_write)",
        to: "input_price=plain",
        failing: anyModel,
      },
      {
        name: "worst-case-of-pictures",
        from: "if bounded else model.context_tokens",
        to: "if bounded else min(tokens, model.context_tokens)",
        failing: anyModel,
      },
      {
        name: "worst-case-of-characters",
        file: `${litellm}/admission.py`,
        from: 'max(len(encoded), normal_bytes(text, "NFKD" if path == EMBEDDINGS else "NFC"))',
        to: "len(encoded)",
        failing: anyModel,
      },
      {
        name: "worst-case-context-of-the-table",
        file: "config/model-prices.ts",
        from: "Math.max(model.contextTokens ?? 0, row?.[3] ?? 0)",
        to: "model.contextTokens ?? row?.[3] ?? 0",
        failing: "^a shorter context than the provider's own",
      },
      {
        name: "worst-case-context-known",
        file: "config/model-checks.ts",
        from: "price.contextTokens === 0 && ",
        to: "price.contextTokens < 0 && ",
        test: "tests/config/parse.test.ts",
        failing: "model of one's own without a context",
      },
    ],
  ),
  ...controlsOf({ threat: undefined, file: `${litellm}/answers.py`, test: parts }, [
    {
      name: "gate-errors-of-blanks",
      from: '    r"(?:Traceback',
      to: '    r"\\s*(?:Traceback',
      failing: "^no text of one gateway takes a time",
    },
    {
      name: "gate-callers-who-leave",
      file: `${litellm}/exchange.py`,
      from: "        if not waiting.done():\n            return False\n",
      to: "        await waiting\n",
      failing: "^who hangs up while it waits",
    },
  ]),
  ...controlsOf({ threat: "A failed attempt is free only when", file: `${litellm}/sent.py`, test: parts }, [
    {
      name: "sent-is-watched",
      from: "return bool(_watched) and counted(sends) == before",
      to: "return counted(sends) == before",
      failing: "^it is certain that a call has sent nothing",
    },
    {
      name: "sent-by-nobody",
      from: "return sends.count, nobodys.count",
      to: "return sends.count, 0",
      failing: "^it is certain that a call has sent nothing",
    },
  ]),
  ...controlsOf({ threat: "One record a call", file: `${litellm}/calls.py`, test: parts }, [
    {
      name: "lost-calls-are-ascribed",
      from: '        "gateway": of.get("gateway", "(operator)"),\n',
      to: "",
      failing: "^the record of a lost call names gateway",
    },
  ]),
  ...controlsOf(
    { threat: "One gateway's calls have a share of LiteLLM", file: `${litellm}/pace.py`, test: parts },
    [
      {
        name: "pace-waits",
        from: "        wait = max(0.0, (units",
        to: "        wait = min(0.0, (units",
        failing: "^a gateway that asks for more work than its share",
      },
      {
        name: "pace-of-parts",
        from: "parts * UNITS_OF_A_PART",
        to: "parts",
        failing: "^a gateway that asks for more work than its share",
      },
      {
        name: "pace-of-refused-bodies",
        from: "self._left -= size",
        to: "pass",
        failing: "^a gateway whose bodies are refused waits too",
      },
      {
        name: "pace-of-requests",
        from: "self._left -= UNITS_OF_A_REQUEST",
        to: "pass",
        failing: "^requests of nothing, refused or not, wait as well",
      },
      {
        name: "pace-one-embedding",
        file: `${litellm}/pace.py`,
        from: "self.embedding = asyncio.Lock()",
        to: "self.embedding = asyncio.Semaphore(100)",
        test: gateTest,
        failing: "of one gateway one is on its way at a time",
      },
      {
        name: "embeddings-texts",
        file: `${litellm}/schemas.py`,
        from: "each(text, MOST_INPUTS)",
        to: "each(text)",
        test: gateTest,
        failing: "have so many texts, bytes and numbers",
      },
      {
        name: "bytes-for-every-caller",
        file: `${litellm}/bodies.py`,
        from: " and of_caller > BYTES_OF_EACH_CALLER",
        to: "",
        failing: "^two gateways that have taken all bytes",
      },
      {
        name: "bytes-of-one-caller",
        file: `${litellm}/bodies.py`,
        from: "of_caller > MOST_BYTES_OF_CALLER or full",
        to: "full",
        failing: "^two gateways that have taken all bytes",
      },
      {
        name: "bytes-that-have-come",
        file: `${litellm}/bodies.py`,
        from: "    chunks: list[bytes] = []\n",
        to: "    chunks: list[bytes] = []\n    share.arrive(int(announced))\n",
        failing: "^a body holds what has come of it",
      },
    ],
  ),
  ...controlsOf(
    {
      threat: "Spending caps in dollars for each gateway and model",
      file: "config/model-spending.ts",
      test: "tests/config/model-shares.test.ts",
    },
    [
      {
        name: "most-spending-whole-periods",
        from: "Math.ceil(thirtyDaysSeconds / periodSeconds(period)) + 1",
        to: "Math.ceil(thirtyDaysSeconds / periodSeconds(period))",
        failing:
          "counts each period that any thirty days have a part of|is never passed within any thirty days",
      },
    ],
  ),
];
