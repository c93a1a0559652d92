"""What a request's body is rebuilt with: rules that make a value anew out of what is known of it, or refuse it.

Nothing is handed on as it came. A key that no rule names is left out; one that would widen what the call may do, or that
names a place to fetch from, is refused, so that the attempt is recorded. `None` for a key that may be missing is missing.
"""
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bodies import Answer

MOST_DEPTH = 64
"""Of a tool's schema or arguments; deeper ones end Python's JSON, and no provider takes them."""
CUT = 60
DATA_URL = re.compile(r"data:(image/(?:png|jpeg|jpg|gif|webp));base64,")


@dataclass
class Found:
    """What the rules have met that the worst case depends on."""

    text_only: bool = True
    writes_cache: bool = False
    references: bool = False
    """A tool's schema refers to parts of itself."""
    parts: int = 0
    """Entries of lists: messages, their parts, tools."""
    inputs: int = 0


Rule = Callable[[Any, str, Found], Any]

WIDENING = frozenset(
    "background base_url cache caching container context_management custom_llm_provider deployment_id functions"
    " guardrails headers inference_geo mcp_servers modalities model_list no-log plugins prediction prompt_id region_name"
    " service_tier skills speed specific_deployment tags timeout stream_timeout top_logprobs web_search_options"
    " audio best_of function_call".split()
)
WIDENING_FORMS = re.compile(r".*(cost|callback|fallback|retries|mock_).*|(api|extra|litellm|user_config|vertex|aws)_?.*")
"""Prices, callbacks, fallbacks, retries, addresses and keys of providers, in whatever words LiteLLM has for them."""
SOURCES = frozenset(
    "connector_id file file_data file_id file_ids file_url image_url input_audio server_url source uri url video_url".split()
)
"""Names a place or a stored thing, where no rule expects one."""


def wrong(where: str, what: str) -> Answer:
    return Answer(400, "invalid_request_error", f"{where or 'the body'} {what}")


def shown(key: object) -> str:
    """A name of the caller's, as far as it can be put into an error."""
    return re.sub(r"[^\w.-]", "?", str(key))[:CUT]


def check_unknown(key: str, value: Any, where: str, names: frozenset[str]) -> None:
    # One answer is what everybody gets.
    if value is None or (key == "n" and value == 1 and value is not True):
        return
    if key in names or key == "n" or WIDENING_FORMS.fullmatch(key):
        raise wrong(f"{where}.{shown(key)}".lstrip("."), "is not allowed here")


def fields(required: Mapping[str, Rule], optional: Mapping[str, Rule], names: frozenset[str] = SOURCES) -> Rule:
    """An object of these keys. @param names keys that are refused and not merely left out"""

    def rule(value: Any, where: str, found: Found) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong(where, "is not an object")
        made: dict[str, Any] = {}
        for key, given in value.items():
            inner = required.get(key)
            if inner is None and given is not None:
                inner = optional.get(key)
            if inner is not None:
                made[key] = inner(given, f"{where}.{key}" if where else key, found)
            elif key not in optional:
                check_unknown(key, given, where, names)
        for key in required:
            if key not in made:
                raise wrong(f"{where}.{key}".lstrip("."), "is missing")
        return made

    return rule


def by(key: str, table: Mapping[str, Rule]) -> Rule:
    """An object whose rule is told by one of its keys."""

    def rule(value: Any, where: str, found: Found) -> Any:
        kind = value.get(key) if isinstance(value, dict) else None
        inner = table.get(kind) if isinstance(kind, str) else None
        if inner is None:
            raise wrong(f"{where}.{key}", f"is none of {', '.join(table)}")
        return inner(value, where, found)

    return rule


def each(inner: Rule, most: int = 100_000) -> Rule:
    def rule(value: Any, where: str, found: Found) -> list[Any]:
        if not isinstance(value, list):
            raise wrong(where, "is not a list")
        if len(value) > most:
            raise wrong(where, f"has more than {most} entries")
        found.parts += len(value)
        return [inner(one, f"{where}[{place}]", found) for place, one in enumerate(value)]

    return rule


def either(first: Rule, kind: type, other: Rule) -> Rule:
    """@param kind the type that `first` is for"""

    def rule(value: Any, where: str, found: Found) -> Any:
        return (first if isinstance(value, kind) else other)(value, where, found)

    return rule


def text(value: Any, where: str, _: Found) -> str:
    if not isinstance(value, str):
        raise wrong(where, "is not text")
    return value


def matching(pattern: str, what: str) -> Rule:
    compiled = re.compile(pattern)

    def rule(value: Any, where: str, _: Found) -> str:
        if not isinstance(value, str) or compiled.fullmatch(value) is None:
            raise wrong(where, f"is not {what}")
        return value

    return rule


def flag(value: Any, where: str, _: Found) -> bool:
    if not isinstance(value, bool):
        raise wrong(where, "is neither true nor false")
    return value


def number(least: float, most: float, whole: bool = False) -> Rule:
    def rule(value: Any, where: str, _: Found) -> float:
        allowed = type(value) is int or (type(value) is float and not whole)
        if not allowed or not least <= value <= most:
            raise wrong(where, f"is not a {'whole ' if whole else ''}number from {least} to {most}")
        return value

    return rule


def word(*words: str) -> Rule:
    def rule(value: Any, where: str, _: Found) -> str:
        if not isinstance(value, str) or value not in words:
            raise wrong(where, f"is none of {', '.join(words)}")
        return value

    return rule


def anything(value: Any, _: str, __: Found) -> Any:
    """For what is looked at afterwards."""
    return value


def free(value: Any, where: str, found: Found) -> dict[str, Any]:
    """An object of the caller's own making (a tool's schema or arguments), which a provider reads as text."""
    if not isinstance(value, dict):
        raise wrong(where, "is not an object")
    level: list[Any] = [value]
    for _ in range(MOST_DEPTH):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                reference(one.get("$ref"), where, found)
                inner += one.values()
            else:
                inner += one
        level = [one for one in inner if isinstance(one, (dict, list))]
        if not level:
            return value
    raise wrong(where, f"is more than {MOST_DEPTH} levels deep")


def reference(target: Any, where: str, found: Found) -> None:
    if not isinstance(target, str):
        return
    if not target.startswith("#"):
        raise wrong(f"{where}.$ref", "is not within the schema")
    found.references = True


def inlined(value: Any, where: str, found: Found) -> dict[str, Any]:
    """A schema in which LiteLLM puts what is referred to in the place of each reference: its bytes are no bound then."""
    own = Found()
    made = free(value, where, own)
    found.text_only = found.text_only and not own.references
    return made


def base64(value: Any, where: str, found: Found) -> str:
    found.text_only = False
    try:
        if isinstance(value, str) and binascii.a2b_base64(value, strict_mode=True):
            return value
    except ValueError:
        pass
    raise wrong(where, "is not base64")


def data_url(value: Any, where: str, found: Found) -> str:
    """A picture inside the request. An address would be fetched by LiteLLM or the provider, from anywhere."""
    head = DATA_URL.match(value) if isinstance(value, str) else None
    if head is None:
        raise wrong(where, "is not a picture in base64 (data:image/png;base64,...)")
    base64(value[head.end() :], where, found)
    return value


def cache_mark(value: Any, where: str, found: Found) -> dict[str, Any]:
    found.writes_cache = True
    rule = fields({"type": word("ephemeral")}, {"ttl": word("5m", "1h")})
    made: dict[str, Any] = rule(value, where, found)
    return made
