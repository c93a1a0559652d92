"""One schema for each open route: what OpenClaw sends, and what its users' tools are made of.

Read from the pinned release's own code: OpenClaw asks by chat completions and embeddings alone; /v1/messages is open for
what an operator puts beside it. Pictures are inline; tools are the caller's own functions.
"""
from collections.abc import Mapping
from typing import Any

from shapes import (
    SOURCES,
    WIDENING,
    Found,
    Rule,
    anything,
    base64,
    by,
    cache_mark,
    data_url,
    each,
    either,
    fields,
    flag,
    free,
    inlined,
    matching,
    number,
    text,
    word,
    wrong,
)

CHAT, MESSAGES, EMBEDDINGS = "/v1/chat/completions", "/v1/messages", "/v1/embeddings"

MOST_TOOLS = 512
MOST_INPUTS = 256
"""Texts of one embeddings call: OpenClaw's batches have some 8,000 bytes, pieces of a few hundred each."""
MOST_INPUT_BYTES = 1024 * 1024
MOST_DIMENSIONS = 3072
"""Of the largest known model; an answer has inputs x dimensions numbers, which LiteLLM reads and writes one by one."""

NAME = matching(r"[A-Za-z0-9_.:-]{1,128}", "a name of letters, digits, _, -, . and :")
OWN_NAME = matching(r"(?!web_search)[A-Za-z0-9_.:-]{1,128}", "a name of the caller's own function")
"""LiteLLM's bridges take a tool of the provider's to be meant by its name alone."""
Rules = dict[str, Rule]
CACHED: Rules = {"cache_control": cache_mark}
OBJECT: Rules = {"type": text}
NAMED: Rules = {"name": text, **CACHED}

TEXT_PART = fields(OBJECT | {"text": text}, CACHED)
TEXTS = either(text, str, each(by("type", {"text": TEXT_PART})))

CHAT_PICTURE = fields(
    OBJECT | {"image_url": fields({"url": data_url}, {"detail": word("auto", "low", "high")}, SOURCES - {"url"})}, CACHED
)
CHAT_PARTS = either(text, str, each(by("type", {"text": TEXT_PART, "image_url": CHAT_PICTURE})))
CHAT_SAID = either(
    text, str, each(by("type", {"text": TEXT_PART, "refusal": fields(OBJECT | {"refusal": text}, {})}))
)
# In what was said a name is what the model made of it.
CHAT_CALL = fields({"id": text, "type": word("function"), "function": fields({"name": text, "arguments": text}, {})}, {})
CHAT_ANSWER = fields(
    {"role": text},
    {"content": CHAT_SAID, "tool_calls": each(CHAT_CALL), "name": text, "refusal": text, "reasoning_content": text, **CACHED},
)


def assistant(value: Any, where: str, found: Found) -> dict[str, Any]:
    # Beside tool calls it is null, and LiteLLM looks for it.
    return {"content": None, **CHAT_ANSWER(value, where, found)}


CHAT_MESSAGE = by(
    "role",
    {
        "system": fields({"role": text, "content": TEXTS}, NAMED),
        "developer": fields({"role": text, "content": TEXTS}, NAMED),
        "user": fields({"role": text, "content": CHAT_PARTS}, NAMED),
        "assistant": assistant,
        "tool": fields({"role": text, "content": CHAT_PARTS, "tool_call_id": text}, NAMED),
    },
)
CHAT_TOOL = fields(
    {
        "type": word("function"),
        "function": fields({"name": NAME}, {"description": text, "parameters": free, "strict": flag}),
    },
    CACHED,
)
CHAT_CHOICE = either(
    word("auto", "none", "required"), str, fields({"type": word("function"), "function": fields({"name": NAME}, {})}, {})
)
JSON_SCHEMA = fields({"name": NAME}, {"description": text, "schema": inlined, "strict": flag})
RESPONSE_FORMAT = fields({"type": word("text", "json_object", "json_schema")}, {"json_schema": JSON_SCHEMA})
THINKING = fields({"type": word("enabled", "disabled", "adaptive")}, {"budget_tokens": number(0, 10_000_000, True)})

COMMON: Mapping[str, Rule] = {
    "max_tokens": anything,
    "stream": flag,
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "thinking": THINKING,
}
STOPS = each(text, 16)

INLINE = fields(
    {"type": word("base64"), "media_type": word("image/png", "image/jpeg", "image/gif", "image/webp"), "data": base64}, {}
)
PICTURE = fields(OBJECT | {"source": INLINE}, CACHED, SOURCES - {"source"})
PDF = fields({"type": text, "media_type": word("application/pdf"), "data": base64}, {})
PLAIN = fields({"type": text, "media_type": word("text/plain"), "data": text}, {})
DOCUMENT = fields(
    OBJECT | {"source": by("type", {"base64": PDF, "text": PLAIN})}, {"title": text, "context": text, **CACHED}
)
GIVEN = {"text": TEXT_PART, "image": PICTURE, "document": DOCUMENT}
RESULT = fields(
    OBJECT | {"tool_use_id": text}, {"content": either(text, str, each(by("type", GIVEN))), "is_error": flag, **CACHED}
)
SAID = {
    "text": TEXT_PART,
    "tool_use": fields(OBJECT | {"id": text, "name": text, "input": free}, CACHED),
    "thinking": fields(OBJECT | {"thinking": text, "signature": text}, {}),
    "redacted_thinking": fields(OBJECT | {"data": text}, {}),
}
MESSAGE = by(
    "role",
    {
        "user": fields({"role": text, "content": either(text, str, each(by("type", GIVEN | {"tool_result": RESULT})))}, {}),
        "assistant": fields({"role": text, "content": either(text, str, each(by("type", SAID)))}, {}),
    },
)
TOOL = fields(
    {"type": word("custom"), "name": OWN_NAME, "input_schema": free}, {"description": text, "strict": flag, **CACHED}
)
CHOICE = fields({"type": word("auto", "any", "none", "tool")}, {"name": OWN_NAME, "disable_parallel_tool_use": flag})


def inputs(value: Any, where: str, found: Found) -> list[str]:
    """Texts: numbers of tokens would say nothing about what they cost."""
    texts: list[str] = each(text, MOST_INPUTS)([value] if isinstance(value, str) else value, where, found)
    if sum(map(len, texts)) > MOST_INPUT_BYTES:
        raise wrong(where, f"has more than {MOST_INPUT_BYTES} characters")
    found.inputs = len(texts)
    return texts


SCHEMAS: Mapping[str, Rule] = {
    CHAT: fields(
        {"model": anything, "messages": each(CHAT_MESSAGE)},
        {
            **COMMON,
            "max_completion_tokens": anything,
            "tools": each(CHAT_TOOL, MOST_TOOLS),
            "tool_choice": CHAT_CHOICE,
            "parallel_tool_calls": flag,
            "stop": either(text, str, STOPS),
            "response_format": RESPONSE_FORMAT,
            "seed": number(-(2**63), 2**63 - 1, True),
            "presence_penalty": number(-2, 2),
            "frequency_penalty": number(-2, 2),
            "reasoning_effort": word("none", "minimal", "low", "medium", "high", "xhigh", "max"),
            "verbosity": word("low", "medium", "high"),
        },
        WIDENING | SOURCES,
    ),
    MESSAGES: fields(
        {"model": anything, "messages": each(MESSAGE)},
        {
            **COMMON,
            "system": TEXTS,
            "tools": each(TOOL, MOST_TOOLS),
            "tool_choice": CHOICE,
            "top_k": number(0, 1_000_000, True),
            "stop_sequences": STOPS,
        },
        WIDENING | SOURCES,
    ),
    EMBEDDINGS: fields(
        {"model": anything, "input": inputs},
        {"dimensions": number(1, MOST_DIMENSIONS, True), "encoding_format": word("float", "base64")},
        WIDENING | SOURCES,
    ),
}


def rebuilt(body: Any, path: str, found: Found) -> dict[str, Any]:
    """@returns what LiteLLM is given instead of the caller's body. @throws Answer 400, naming the place"""
    made: dict[str, Any] = SCHEMAS[path](body, "", found)
    if path == CHAT and made.get("stream"):
        # Without it the provider does not say what a stream has cost.
        made["stream_options"] = {"include_usage": True}
    return made
