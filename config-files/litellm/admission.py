"""What of a body that has been read is let in, and what it may cost."""
import json
import unicodedata
import uuid
from collections import Counter
from typing import Any, Literal

from bodies import Answer
from calls import Call
from schemas import EMBEDDINGS, rebuilt
from shapes import Found
from spend_limits import Gateway, Limits

OPERATOR_OUTPUT_TOKENS = 1024


def admit(
    body: dict[str, Any], path: str, caller: str, gateway: Gateway | None, limits: Limits
) -> tuple[Call, bytes, int | None]:
    """Makes the body anew, sets the limit of the answer, and measures the rest.

    @returns the call, its body, and how many numbers an embedding has, where the request says so
    """
    name = body.get("model")
    model = limits.models.get(name) if isinstance(name, str) else None
    if model is None or (gateway is not None and name not in gateway.models):
        raise Answer(403, "key_model_access_denied", "the key may not use this model")
    if (model.mode == "embedding") != (path == EMBEDDINGS):
        raise Answer(400, "invalid_request_error", f"{name} is a model for {model.mode}")
    found = Found()
    made = rebuilt(body, path, found)
    most = gateway.max_output_tokens if gateway is not None else OPERATOR_OUTPUT_TOKENS
    output = 0 if path == EMBEDDINGS else limit_output(made, most)
    text = json.dumps(made, ensure_ascii=False, allow_nan=False)
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise Answer(400, "invalid_request_error", "the body has half a character in it") from None
    call = Call(
        id=str(uuid.uuid4()),
        caller=caller,
        gateway=gateway,
        route=path,
        model=model,
        input_bytes=max(len(encoded), normal_bytes(text, "NFKD" if path == EMBEDDINGS else "NFC")),
        text_only=found.text_only,
        references=found.references,
        parts=found.parts,
        inputs=found.inputs,
        writes_cache=found.writes_cache,
        max_output_tokens=output,
    )
    return call, encoded, made.get("dimensions")


def normal_bytes(text: str, form: Literal["NFC", "NFKD"]) -> int:
    """Bytes of a text in the form that tokenizers bring it into before they count: some characters become several.

    Models that chat are known to use NFC if any, which rarely makes a text longer; those for embeddings any form.
    """
    if text.isascii() or unicodedata.is_normalized(form, text):
        return 0
    # A bound, character by character: what combines is shorter than its parts, and to put a long run of marks in order
    # would take the square of its length.
    apart: Literal["NFD", "NFKD"] = "NFKD" if form == "NFKD" else "NFD"
    return sum(
        many * max(len(one.encode()), len(unicodedata.normalize(apart, one).encode())) for one, many in Counter(text).items()
    )


def limit_output(body: dict[str, Any], most: int) -> int:
    key = "max_completion_tokens" if "max_completion_tokens" in body else "max_tokens"
    wanted = body.pop("max_completion_tokens", body.get("max_tokens", most))
    body.pop("max_tokens", None)
    if wanted is None:
        wanted = most
    if type(wanted) is not int or wanted < 1:
        raise Answer(400, "invalid_request_error", f"{key} is not a positive whole number")
    body[key] = limit = min(wanted, most)
    return limit
