"""Draws calls, seeded, and compares what the gate reserves for each with the most that a provider could bill for it.

Usage: worst_case.py FOLDER-OF-THE-GATE < {"limits": limits.json, "rates": {model: [input, cache write, output, context]},
"seed": number, "draws": calls for each model}. Prints how many were compared, and those that could cost more.

The bill is reckoned from what LiteLLM is handed, apart from the gate's own arithmetic: every byte of every text a token,
what a provider adds, the dearest rate that the request allows, the whole answer.
"""
import json
import random
import sys
import tempfile
import unicodedata

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

import admission  # noqa: E402
import spend_limits  # noqa: E402

ALPHABETS = ("abc xyz\n\"\\", "äöüß", "漢字かな", "\U0001d160\U0001d161", "🙂👨‍👩‍👧", "\ufdfa", "\x00\x07")
MARKS = 4
"""Around a message, a part of one, a tool."""
INSTRUCTIONS = 700
"""Before the tools; Anthropic's longest known one is 675 tokens."""
PIXEL = "iVBORw0KGgo="


class Draw:
    def __init__(self, seed):
        self.of = random.Random(seed)

    def text(self, most):
        return "".join(self.of.choices(self.of.choice(ALPHABETS), k=self.of.choice((0, 1, 7, most))))

    def maybe(self, share, value):
        return value() if self.of.random() < share else {}

    def cached(self):
        return self.maybe(0.1, lambda: {"cache_control": {"type": "ephemeral", "ttl": self.of.choice(("5m", "1h"))}})

    def part(self):
        if self.of.random() < 0.1:
            return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
        return {"type": "text", "text": self.text(300), **self.cached()}

    def message(self):
        content = self.text(2000) if self.of.random() < 0.5 else [self.part() for _ in range(self.of.randint(0, 5))]
        return {"role": "user", "content": content}

    def tool(self):
        schema = {"type": "object", "properties": {self.text(20): {"description": self.text(50)} for _ in range(3)}}
        reference = self.maybe(0.2, lambda: {"$ref": "#/properties/x"})
        function = {"name": "f", "description": self.text(100), "parameters": {**schema, **reference}}
        return {"type": "function", "function": function, **self.cached()}

    def chat(self, model):
        most = self.of.choice((None, 1, 100, 4000, 10**9))
        return {
            "model": model,
            "messages": [self.message() for _ in range(self.of.randint(0, 6))],
            **self.maybe(0.5, lambda: {"tools": [self.tool() for _ in range(self.of.randint(1, 5))]}),
            **self.maybe(0.3, lambda: {"stream": True}),
            self.of.choice(("max_tokens", "max_completion_tokens")): most,
        }

    def embedding(self, model):
        count = self.of.choice((1, 2, 50, 256))
        most = self.of.choice((1, 3, 100, 1000))
        texts = [self.text(most) for _ in range(count)]
        return {"model": model, "input": texts[0] if self.of.random() < 0.1 else texts}


def texts(value):
    """Every text that the provider reads, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def longest(text, forms):
    """Bytes of a text in whichever of its normal forms has most of them."""
    if text.isascii():
        return len(text)
    return max(len(text.encode()), *(len(unicodedata.normalize(form, text).encode()) for form in forms))


def bill(body, rates, by_itself):
    """@param by_itself the provider writes its cache unasked @returns nano-dollars, as a fraction"""
    plain, cache_write, output, context = rates
    marked = by_itself or '"cache_control"' in json.dumps(body)
    rate = max(plain, cache_write) if marked else plain
    if "input" in body:
        return sum(longest(one, ("NFC", "NFKC", "NFKD")) + 2 for one in body["input"]) * rate * 1000
    said = texts([body["messages"], body.get("tools")])
    tokens = sum(longest(one, ("NFC",)) for one in said)
    tokens += MARKS * sum(1 + len(one["content"]) * isinstance(one["content"], list) for one in body["messages"])
    tokens += sum(MARKS for _ in body.get("tools") or []) + (INSTRUCTIONS if body.get("tools") else 0)
    if '"image_url"' in json.dumps(body):
        tokens = context
    answer = body.get("max_completion_tokens", body.get("max_tokens"))
    return (min(tokens, context) * rate + answer * output) * 1000


def main():
    given = json.load(sys.stdin)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as stream:
        json.dump(given["limits"], stream)
        stream.flush()
        limits = spend_limits.Limits(stream.name)
    gateway, draw, compared, above = limits.gateways["openclaw"], Draw(given["seed"]), 0, []
    for name, rates in given["rates"].items():
        model = limits.models[name]
        embeds = model.mode == "embedding"
        for _ in range(given["draws"]):
            body = draw.embedding(name) if embeds else draw.chat(name)
            path = "/v1/embeddings" if embeds else "/v1/chat/completions"
            call, raw, _ = admission.admit(body, path, "openclaw", gateway, limits)
            handed_on = json.loads(raw)
            cost = bill(handed_on, rates, not model.litellm_model.startswith("anthropic/"))
            compared += 1
            if cost > call.worst_case(model) * (1 + 1e-12):
                above.append({"model": name, "cost": cost, "reserved": call.worst_case(model), "body": raw.decode()[:300]})
    print(json.dumps({"compared": compared, "above": above[:5]}))


main()
