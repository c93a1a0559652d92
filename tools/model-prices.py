"""Prints the prices of the known providers' models as LiteLLM has them; runs inside LiteLLM's image.

{provider: {model: [input, cache write, output, context tokens]}}, US dollars for a million tokens. Of several rates for
one thing (long contexts, longer caching) the dearest; rates that the gate keeps out (priority, batches) do not count.
"""
import json
import os

import litellm

PATH = os.path.join(os.path.dirname(litellm.__file__), "model_prices_and_context_window_backup.json")
PROVIDERS = ("anthropic", "openai", "voyage")
MODES = ("chat", "embedding")


def dearest(entry: dict, kind: str) -> float:
    rates = [
        value
        for key, value in entry.items()
        if key.startswith(kind) and isinstance(value, (int, float)) and not key.endswith(("_batches", "_flex", "_priority"))
    ]
    return round(max(rates, default=0) * 1_000_000, 6)


with open(PATH, encoding="utf-8") as stream:
    entries = json.load(stream)
table: dict = {provider: {} for provider in PROVIDERS}
for name, entry in sorted(entries.items()):
    provider = entry.get("litellm_provider")
    if provider not in PROVIDERS or entry.get("mode") not in MODES or not entry.get("input_cost_per_token"):
        continue
    price = dearest(entry, "input_cost_per_token")
    cached = max(price, dearest(entry, "cache_creation_input_token_cost"))
    context = entry.get("max_input_tokens") or entry.get("max_tokens")
    if isinstance(context, int):
        table[provider][name.removeprefix(provider + "/")] = [price, cached, dearest(entry, "output_cost_per_token"), context]
print(json.dumps(table))
