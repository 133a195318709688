"""Parameters that Chat Completions and Completions share: OpenAI's, and what gpt-oss servers add for sampling."""

from __future__ import annotations

from typing import Any, Final

import orjson

from guardproxy.types import Json, Path, WireError
from guardproxy.wire.request import (
    MAX_CHOICES,
    Reading,
    Table,
    bad,
    biases,
    boolean,
    document,
    either,
    fields,
    ignored,
    integer,
    integers,
    number,
    refused,
    text,
    texts,
    word,
    wrong,
)

_HIDES = "the model would read what no filter has read"
_REPEATS = "the reply would repeat its text as numbers"
TEMPLATE: Final = "it changes how the conversation is put to the model"

DROPPED: Final = frozenset({"metadata", "moderation"})
"""Not forwarded. `metadata` only labels stored completions, and `store` is off. `moderation` is asked of guardproxy."""


def model_name(reading: Reading, value: Json, path: Path) -> None:
    """No segment: the server replaces it by the route's name for it, and refuses names that no route has."""
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    if not 0 < len(value) <= 256:
        raise bad(path, "a model's name has 1 to 256 characters")


_NUMBERS: Final = (
    "temperature", "top_p", "frequency_penalty", "presence_penalty", "min_p", "top_a", "typical_p", "tfs_z",
    "repetition_penalty", "repeat_penalty", "length_penalty", "mirostat_tau", "mirostat_eta", "dynatemp_range",
    "dynatemp_exponent", "xtc_probability", "xtc_threshold", "dry_multiplier", "dry_base",
)  # fmt: skip
_INTEGERS: Final = (
    "top_k", "seed", "max_tokens", "min_tokens", "repeat_last_n", "n_keep", "mirostat", "dry_allowed_length",
    "dry_penalty_last_n", "truncate_prompt_tokens", "priority", "num_ctx", "num_predict",
)  # fmt: skip
_BOOLEANS: Final = (
    "ignore_eos", "include_stop_str_in_output", "spaces_between_special_tokens", "cache_prompt", "use_beam_search",
    "stream", "detokenize",
)  # fmt: skip

SHARED: Final[Table] = {
    "model": model_name,
    "n": integer(1, MAX_CHOICES),
    "stream_options": fields(
        {"include_usage": boolean, "include_obfuscation": boolean, "continuous_usage_stats": boolean}
    ),
    "store": boolean,  # sent as false: what servers keep is not guarded when it is read again
    "metadata": ignored,
    # The upstream's logs see these three, so they are texts. They identify nobody here: identity comes from the key.
    "user": text,
    "safety_identifier": text,
    "prompt_cache_key": text,
    "prompt_cache_retention": word("in-memory", "in_memory", "24h"),
    "prompt_cache_options": document,
    "service_tier": word("auto", "default", "flex", "scale", "priority", "fast", "on_demand", "performance"),
    "stop": texts,
    "bad_words": texts,
    "dry_sequence_breakers": texts,
    "guided_choice": texts,
    "guided_regex": text,
    "guided_grammar": text,
    "guided_json": either(string=text, other=document),
    "structured_outputs": document,
    "grammar": text,
    "json_schema": document,
    "logit_bias": biases,
    "stop_token_ids": integers,
    **dict.fromkeys(_NUMBERS, number),
    **dict.fromkeys(_INTEGERS, integer()),
    **dict.fromkeys(_BOOLEANS, boolean),
    "prompt_token_ids": refused(_HIDES),
    "prompt_embeds": refused(_HIDES),
    "input_ids": refused(_HIDES),
    "return_token_ids": refused(_REPEATS, harmless=(False,)),
    "return_tokens_as_token_ids": refused(_REPEATS, harmless=(False,)),
    "prompt_logprobs": refused(_REPEATS, harmless=(False,)),
    "skip_special_tokens": refused("the reply would hold control tokens", harmless=(True,)),
    "add_special_tokens": refused(TEMPLATE, harmless=(True, False)),
    "add_generation_prompt": refused(TEMPLATE, harmless=(True,)),
    "continue_final_message": refused(TEMPLATE, harmless=(False,)),
    "chat_template": refused(TEMPLATE),
    "chat_template_kwargs": refused(TEMPLATE),
    "documents": refused(TEMPLATE),
    "mm_processor_kwargs": refused(TEMPLATE),
}


def finish(out: dict[str, Any]) -> dict[str, Any]:
    """What every request gets on its way upstream: `store` is off."""
    if "store" in out:
        out["store"] = False
    return out


def require_model(body: dict[str, Any]) -> str:
    """The model's name, already checked if there is one."""
    if body.get("model") is None:
        raise WireError("`model` is missing; name the model to use.", code="missing_parameter", param="model")
    model: str = body["model"]
    return model


def json_wanted(body: dict[str, Any]) -> bool:
    """Whether the client asked for an answer that is a JSON document, in any server's way of saying so."""
    form, structure = body.get("response_format"), body.get("structured_outputs")
    return (
        (isinstance(form, dict) and form.get("type") in ("json_object", "json_schema"))
        or (isinstance(structure, dict) and not {"json", "json_object"}.isdisjoint(structure))
        or any(body.get(name) is not None for name in ("guided_json", "json_schema"))
    )


def schema_wanted(body: dict[str, Any]) -> Json:
    """The JSON Schema that the client asked the answer to keep to, in any server's way of saying so; None without one."""
    structure = body.get("structured_outputs")
    inner = structure.get("json") if isinstance(structure, dict) else None
    return schema_of(body.get("response_format")) or first_schema(
        inner, body.get("guided_json"), body.get("json_schema")
    )


def schema_of(form: Json) -> Json:
    """The JSON Schema in the `format` of an answer, if there is one."""
    if not isinstance(form, dict):
        return None
    inner = form.get("json_schema")
    return first_schema(inner.get("schema") if isinstance(inner, dict) else None, form.get("schema"))


def first_schema(*values: Json) -> Json:
    """The first of these that is a schema, which some servers take as text too; None where none is."""
    for value in values:
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                continue
        if isinstance(value, dict):
            return value
    return None


def usage_wanted(body: dict[str, Any]) -> bool:
    """Whether the client asked for a usage chunk at the end of its stream."""
    options = body.get("stream_options")
    return bool(options and options.get("include_usage"))
