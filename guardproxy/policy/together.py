"""What the JSON Schema says about several keys together, so that editors show while one types what `check` would say.

Pydantic writes a schema of each key for itself; this adds the conditions between them. All of it stands in `check` too, which
alone decides.
"""

from __future__ import annotations

from typing import Any, Final


def _has(*keys: str) -> dict[str, Any]:
    return {"required": list(keys)}


def _any_of(*keys: str) -> dict[str, Any]:
    return {"anyOf": [_has(key) for key in keys]}


def _is(key: str, value: str) -> dict[str, Any]:
    return {"properties": {key: {"const": value}}, "required": [key]}


def _one_of(key: str, *values: str) -> dict[str, Any]:
    return {"properties": {key: {"enum": list(values)}}, "required": [key]}


def _filled(key: str) -> dict[str, Any]:
    return {"properties": {key: {"minItems": 1}}, "required": [key]}


_SEEN: Final = _any_of("findings", "failures")
_REQUESTS: Final = {"properties": {"direction": {"enum": ["request", ["request"]]}}, **_has("direction")}
_CALLED: Final = {"properties": {"role": {"const": "assistant"}, "direction": {"const": "response"}}, **_has("tool")}

_CONDITIONS: Final[dict[str, dict[str, Any]]] = {
    "": {
        "dependentRequired": {"tenants": ["extends"]},
        "if": {"properties": {"override": {"minProperties": 1}}, **_has("override")},
        "then": _any_of("extends", "packs"),
    },
    "RuleEntry": {
        "allOf": [
            {"if": _one_of("then", "escalate", "route"), "then": _has("to"), "else": {"properties": {"to": False}}},
            {
                "if": _is("then", "route"),
                "then": {"properties": {"scope": _REQUESTS}, **_has("scope")},
            },
            {
                "if": _is("then", "require_approval"),
                "then": {"properties": {"scope": _has("tool")}, **_has("scope")},
            },
            {
                "if": {"properties": {"with": _any_of("style", "restore_tools")}, **_has("with")},
                "then": _is("then", "redact"),
            },
            {
                "if": _is("then", "rewrite"),
                "then": {"properties": {"with": _has("template")}, **_has("with")},
                "else": {"properties": {"with": {"properties": {"template": False}}}},
            },
        ]
    },
    "WithEntry": {"if": _filled("restore_tools"), "then": _is("style", "token")},
    "UnlessEntry": {"minProperties": 1},
    "GivenEntry": {
        "oneOf": [_has("text"), _has("call"), _SEEN, _has("conversation")],
        "allOf": [
            {"if": _has("call"), "then": _CALLED},
            {"if": _filled("said"), "then": _has("text")},
            {
                "if": _has("conversation"),
                "then": {"properties": dict.fromkeys(("role", "direction", "channel", "tool", "said"), False)},
                "else": _has("role"),
            },
        ],
        "dependentRequired": {key: ["call"] for key in ("plain", "declared", "before")},
    },
    "TurnEntry": {
        "oneOf": [_has("text"), _has("calls")],
        "if": _any_of("calls", "channel"),
        "then": _is("role", "assistant"),
    },
    "ExpectEntry": {"minProperties": 1},
    "CaseEntry": {
        "if": {"properties": {"expect": _has("released")}},
        "then": {"properties": {"given": _any_of("text", "call", "conversation")}},
    },
}
"""By the name of a definition; the empty one is the file."""


def with_conditions(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what its keys mean for each other. `guard` is nobody's name for a filter or monitor."""
    for name, conditions in _CONDITIONS.items():
        (schema["$defs"][name] if name else schema).update(conditions)
    for section in ("filters", "monitors"):
        schema["properties"][section]["propertyNames"] = {"not": {"const": "guard"}}
    return schema
