"""OpenAI's moderations: requests of `/v1/moderations`, the `moderation` parameter of other routes, and results in its shape.

Names are those of OpenAI's types (openai/types/moderation.py). A result always has all of OpenAI's categories, false where
no filter speaks of them, and besides them the labels of ours that were found.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from guardproxy.types import Direction, Json, Origin, Role, Segment, WireError
from guardproxy.wire.base import Moderated, Unread
from guardproxy.wire.json import kind
from guardproxy.wire.request import Reading, Table, bad, fields, ignored, word, wrong

ROUTE: Final = "/v1/moderations"
MAX_INPUTS: Final = 2048
"""Texts of one request: each has a result, which is longer than a short text."""
MODEL: Final = "guardproxy"
"""The model that results name: it is no model of anybody's, and a client's own word is not repeated."""
CATEGORIES: Final = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
UNREAD: Final = "guard.unread"

_LABELS: Final = {name.replace("/", ".").replace("-", "_"): name for name in CATEGORIES}


def category(label: str) -> str | None:
    """OpenAI's category for a label of ours: `self_harm.intent` is `self-harm/intent`, `violence.knives` is `violence`."""
    while label not in _LABELS and "." in label:
        label = label.rpartition(".")[0]
    return _LABELS.get(label)


# ---------------------------------------------------------------------------------------------------- the route


@dataclass(frozen=True, slots=True)
class Question:
    """What one result is about: a text, or the parts of one message."""

    texts: tuple[Segment, ...]
    unread: tuple[Unread, ...] = ()


def read(body: Mapping[str, Json]) -> list[Question]:
    """The questions of a request, in the order of their results. Raises WireError, naming the parameter."""
    reading = Reading(frozenset())
    reading.walk(dict(body), (), _PARAMETERS)
    whose, given = origin(body), body.get("input")
    if given is None:
        raise WireError("`input` is missing; send a text, or a list.", code="missing_parameter", param="input")
    if isinstance(given, str):
        return [_text(given, whose)]
    if not isinstance(given, list):
        raise wrong(("input",), "a string or a list", given)
    if not 0 < len(given) <= MAX_INPUTS:
        raise bad(("input",), f"a list has 1 to {MAX_INPUTS} entries")
    if all(isinstance(one, str) for one in given):
        return [_text(one, whose) for one in given]
    return [_message(given, whose)]


def _anything(reading: Reading, value: Json, path: tuple[str | int, ...]) -> None:
    """Read elsewhere."""


_ROLES: Final = tuple(role.value for role in Role if role is not Role.TRAINING_EXAMPLE)
_PARAMETERS: Final[Table] = {"input": _anything, "model": ignored, "role": word(*_ROLES), "user": ignored}


def origin(body: Mapping[str, Json]) -> Origin:
    """Whose text it is: `role` is ours, a user's without it. What the assistant says is a reply."""
    role = body.get("role") or "user"
    if role not in _ROLES:
        raise bad(("role",), f"expected one of {', '.join(_ROLES)}")
    direction = Direction.RESPONSE if role == Role.ASSISTANT else Direction.REQUEST
    return Origin(direction, Role(role))


def _text(text: str, whose: Origin) -> Question:
    return Question((Segment(whose, text),))


def _message(parts: list[Json], whose: Origin) -> Question:
    texts: list[Segment] = []
    unread: list[Unread] = []
    for index, part in enumerate(parts):
        path = ("input", index)
        if not isinstance(part, dict):
            raise bad(path, f"a list holds either texts or parts (objects with a `type`), not {kind(part)} among them")
        if part.get("type") == "text":
            _known(part, path, "text")
            texts.append(Segment(whose, _string(part.get("text"), (*path, "text"))))
        elif part.get("type") == "image_url":
            _known(part, path, "image_url")
            unread.append(Unread(path, "an image"))
            place = part.get("image_url")
            url = _string(place.get("url") if isinstance(place, dict) else place, (*path, "image_url", "url"))
            if not url.startswith("data:"):  # an address is text too
                texts.append(Segment(whose, url))
        else:
            raise bad((*path, "type"), "expected one of text, image_url")
    return Question(tuple(texts), tuple(unread))


def _known(part: dict[str, Json], path: tuple[str | int, ...], name: str) -> None:
    if unknown := sorted(set(part) - {"type", name}):
        raise bad((*path, unknown[0]), "this part has no such field")


def _string(value: Json, path: tuple[str | int, ...]) -> str:
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    return value


# ---------------------------------------------------------------------------------------------------- the parameter


_MODE: Final = fields({"mode": word("score", "block")})
_WANTED: Final[Table] = {"model": ignored, "policy": fields({"input": _MODE, "output": _MODE})}


def parameter(reading: Reading, value: Json, path: tuple[str | int, ...]) -> None:
    """The check of the parameter `moderation`: `{model, policy: {input: {mode}, output: {mode}}}`. It is not forwarded."""
    Reading(frozenset()).walk(value, path, _WANTED)  # nothing of it goes upstream: no segments
    if not isinstance(value.get("model"), str):
        raise wrong((*path, "model"), "a string", value.get("model"))
    for side in ("input", "output"):
        given = (value.get("policy") or {}).get(side)
        if given is not None and given.get("mode") not in ("score", "block"):
            raise bad((*path, "policy", side, "mode"), "expected one of score, block")


def wanted(body: Mapping[str, Json]) -> Moderated | None:
    """What a request whose parameters were checked asks for; None where it asks for nothing."""
    asked = body.get("moderation")
    if asked is None:
        return None
    policy = asked.get("policy") or {}
    return Moderated(*((policy.get(side) or {}).get("mode") == "block" for side in ("input", "output")))


# ---------------------------------------------------------------------------------------------------- results


def result(flagged: bool, acted: AbstractSet[str], scores: Mapping[str, float], *, show_scores: bool) -> dict[str, Any]:
    """One result. `acted`: labels on which a rule acts; `scores`: the best score of every label that was found.

    Unless scores may be seen, a category has 1.0 where it is flagged and 0.0 elsewhere: real ones would tell somebody
    who tries words how near they are to the border.
    """
    shown = scores if show_scores else dict.fromkeys(acted, 1.0)
    flags: dict[str, bool] = dict.fromkeys(CATEGORIES, False)
    values: dict[str, float] = dict.fromkeys(CATEGORIES, 0.0)
    inputs: dict[str, list[str]] = {name: [] for name in CATEGORIES}
    for label in sorted(shown):
        for name in filter(None, (label, category(label))):
            flags[name] = flags.get(name, False) or label in acted
            values[name] = max(values.get(name, 0.0), shown[label])
            inputs[name] = ["image" if label == UNREAD else "text"]
    return {
        "flagged": flagged,
        "categories": flags,
        "category_scores": values,
        "category_applied_input_types": inputs,
    }


def reply(id: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer of `/v1/moderations`."""
    return {"id": id, "model": MODEL, "results": results}


def single(one: dict[str, Any]) -> dict[str, Any]:
    """A result as Responses has it beside its reply."""
    return {"type": "moderation_result", "model": MODEL, **one}


def several(one: dict[str, Any]) -> dict[str, Any]:
    """A result as Chat Completions have it beside their reply."""
    return {"type": "moderation_results", "model": MODEL, "results": [single(one)]}
