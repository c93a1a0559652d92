"""What of a body that has been read is let in, and what it may cost."""
import json
import unicodedata
import uuid
from typing import Any

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
        input_bytes=len(encoded) if path != EMBEDDINGS else max(len(encoded), unfolded_bytes(text)),
        text_only=found.text_only,
        references=found.references,
        inputs=found.inputs,
        writes_cache=found.writes_cache,
        max_output_tokens=output,
    )
    return call, encoded, made.get("dimensions")


def unfolded_bytes(text: str) -> int:
    """Bytes of a text in the longest form that a tokenizer of embeddings makes of it before it counts."""
    return 0 if text.isascii() else len(unicodedata.normalize("NFKD", text).encode())


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
