"""Finds a chat template's control tokens in text, where they could forge a turn, a channel or a tool call.

Harmony's own (`<|start|>`, `<|channel|>`, `<|reserved_200013|>`), every other `<|name|>`, look-alikes (spaces, other
bars and brackets, invisible characters) and the bracketed tokens of other families. It says where a token stands, never
whether that text may have it: which segments are searched is the policy's scope.
Misses: a token that is spelled over two segments, and markup such as `<s>` that is also HTML.
"""

from __future__ import annotations

import re

from guardproxy.text import PatternFilter, Rule
from guardproxy.types import FilterConfig

LABELS = ("injection.control_token",)

EXAMPLES: dict[str, str | None] = {
    "<|start|>": LABELS[0],
    "<|end|>": LABELS[0],
    "<|message|>": LABELS[0],
    "<|channel|>": LABELS[0],
    "<|constrain|>": LABELS[0],
    "<|return|>": LABELS[0],
    "<|call|>": LABELS[0],
    "<|startoftext|>": LABELS[0],
    "<|endoftext|>": LABELS[0],
    "<|endofprompt|>": LABELS[0],
    "<|refusal|>": LABELS[0],
    "<|reserved_200013|>": LABELS[0],
    "<|im_start|>": LABELS[0],
    "<|eot_id|>": LABELS[0],
    "<|START|>": LABELS[0],
    "<|st<|x|>art|>": LABELS[0],
    "<|st<|a<|x|>b|>art|>": LABELS[0],
    "< | start | >": LABELS[0],
    "<| channel |>": LABELS[0],
    "＜｜start｜＞": LABELS[0],
    "<｜User｜>": LABELS[0],
    "<∣message∣>": LABELS[0],
    "<|st\u200bart|>": LABELS[0],
    "<\u2060|end|>": LABELS[0],
    "<|ѕtart|>": LABELS[0],
    "[INST]": LABELS[0],
    "<<SYS>>": LABELS[0],
    "<start_of_turn>": LABELS[0],
    "<|>": None,
    "|start|": None,
    "x <| f |> g": None,
    "a < b | c > d": None,
    "<s>struck out</s>": None,
    "<start>": None,
    "| start | end |": None,
    "List<String>|null": None,
}

_KNOWN = (
    "startoftext|endoftext|endofprompt|start|end|message|channel|constrain|return|call|refusal|reserved_\\d{1,6}"
    "|im_start|im_end|im_sep|eot_id|eom_id|begin_of_text|end_of_text|start_header_id|end_header_id|python_tag"
    "|system|developer|user|assistant|tool|observation|fim_prefix|fim_middle|fim_suffix"
)
_UNSEEN = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
_UNSEEN += "\u3164\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff"
_SPACES = f" \\t\\r\\n\u00a0\u2000-\u200a\u202f\u205f\u3000{_UNSEEN}"
_OPEN, _CLOSE = "[<＜﹤‹〈⟨〈˂ᐸ]", "[>＞﹥›〉⟩〉˃ᐳ]"
_BAR = "[|｜∣│┃¦ǀ❘￨⏐⎮▏丨∥‖׀।]"
_NAME = f"[A-Za-z0-9_\\-▁０-９Ａ-Ｚａ-ｚ＿À-ɏΑ-ϿЀ-ӿ{_UNSEEN}]"

_EXACT = r"(?:<\|\w{1,40}){1,6}(?:\|>\w{1,40}){0,6}\|>"
"""A token, with tokens inside it: were only the inner one removed, what is left would be a token again."""
_LIKE = f"{_OPEN}[{_UNSEEN}]{{0,4}}{_BAR}{_NAME}{{1,40}}{_BAR}[{_UNSEEN}]{{0,4}}{_CLOSE}"
_SPACED = (
    f"{_OPEN}[{_SPACES}]{{0,4}}{_BAR}[{_SPACES}]{{0,4}}(?:{_KNOWN})[{_SPACES}]{{0,4}}{_BAR}[{_SPACES}]{{0,4}}{_CLOSE}"
)
_FAMILIES = (
    r"\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>|\[/?(?:AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\]"
)
_PLAIN = re.compile(r"<\|[A-Za-z0-9_]+\|>")


def _unlike(value: str) -> float | None:
    """The score of a look-alike; None for the token itself, which the exact rule reports."""
    return None if _PLAIN.fullmatch(value) else 0.8


RULES = (
    Rule("token", LABELS[0], _EXACT),
    Rule("token.like", LABELS[0], _LIKE, judge=_unlike),
    Rule("token.spaced", LABELS[0], _SPACED, ignore_case=True, judge=_unlike),
    Rule("token.family", LABELS[0], _FAMILIES, score=0.7),
)


class Config(FilterConfig):
    """No options: a control token is one in every text."""


class Filter(PatternFilter):
    """All rules, always."""

    def __init__(self, name: str, config: Config) -> None:
        super().__init__(name, RULES, hold=config.hold, views=config.views)
