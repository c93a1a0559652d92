"""Prints the prices of the known providers' models as LiteLLM has them; runs inside LiteLLM's image.

{provider: {model: [input, cache write, output, context tokens]}}, US dollars for a million tokens. Of several rates for
one thing (long contexts, longer caching, reasoning) the dearest; rates that the gate keeps out (priority, batches) do not
count. A model that speaks or searches by itself costs more than its tokens do, so it has no price here.
"""
import json
import os
import re

import litellm

PATH = os.path.join(os.path.dirname(litellm.__file__), "model_prices_and_context_window_backup.json")
PROVIDERS = ("anthropic", "openai", "voyage")
MODES = ("chat", "embedding")
KEPT_OUT = ("_batches", "_flex", "_priority")
"""Ends of the names of rates that a request has to ask for by `service_tier` or as a batch."""
MORE_THAN_TOKENS = re.compile("audio|deep-research|realtime|search")
"""In the names of models that have speech or search built in; `search_context_cost_per_query` is there for many others."""


def dearest(entry: dict, kind: str) -> float:
    rates = [
        value
        for key, value in entry.items()
        if key.startswith(kind) and isinstance(value, (int, float)) and not key.endswith(KEPT_OUT)
    ]
    return round(max(rates, default=0) * 1_000_000, 6)


with open(PATH, encoding="utf-8") as stream:
    entries = json.load(stream)
table: dict = {provider: {} for provider in PROVIDERS}
for name, entry in sorted(entries.items()):
    provider = entry.get("litellm_provider")
    if provider not in PROVIDERS or entry.get("mode") not in MODES or not entry.get("input_cost_per_token"):
        continue
    if MORE_THAN_TOKENS.search(name) or entry.get("input_cost_per_audio_token"):
        continue
    price = dearest(entry, "input_cost_per_token")
    cached = max(price, dearest(entry, "cache_creation_input_token_cost"))
    output = max(dearest(entry, "output_cost_per_token"), dearest(entry, "output_cost_per_reasoning_token"))
    context = entry.get("max_input_tokens") or entry.get("max_tokens")
    if isinstance(context, int):
        table[provider][name.removeprefix(provider + "/")] = [price, cached, output, context]
print(json.dumps(table))
