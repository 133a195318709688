"""What every monitor in `guardproxy/monitors` must keep, whoever wrote it. Modules are discovered, never listed."""

from __future__ import annotations

import asyncio
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import monitors
from guardproxy.text.calls import read_call
from guardproxy.types import Direction, Finding, Monitor, Origin, Role, ToolCall, Turn, Utterance

_URLS = ["https://", "//", "\\", "@", "good.com", "0x7f.1", "[::1]", "%41", ":", "."]
_CODE = ["import os", "eval(", ")", "!", "%%", "'", "__class__", "=", "lambda: ", "if a:\n ", "class A: ", "f'{", "}'"]
_OTHER = ["{", "}", '"', "1", "é", "x", " ", "\ud800", "\0", "\n", "\u202e"]
WORDS = st.sampled_from([*_URLS, *_CODE, *_OTHER])
TEXT = st.lists(WORDS, max_size=12).map("".join) | st.text(max_size=12)
KEYS = st.sampled_from(["code", "url", "x"]) | TEXT
VALUE = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
ARGUMENTS = TEXT | VALUE.map(json.dumps)
SCHEMA = {"pattern": "^a*$", "properties": {"x": {"pattern": "^a*$"}}}
OPTIONS: dict[str, dict[str, Any]] = {
    "crescendo": {"of": ["hazard.*"], "turns": 2},
    "topics": {"topics": {"money": ["invoice*", "credit note"]}, "min_words": 1},
    "python_code": {"imports": {"allow": ["math"]}, "calls": {"allow": ["print"], "deny": ["open"]}},
    "tool_calls": {"arguments": {"*": SCHEMA}, "max_calls": 1, "allow": ["t*"]},
    "web_domains": {"allow": ["good.com"]},
}


def made(kind: str) -> Any:
    watched = {"tools": ["*"]} if "tools" in monitors.module(kind).Config.model_fields else {}
    return monitors.build("mine", {"use": kind, **watched, **OPTIONS.get(kind, {})})


CALLS = [kind for kind in monitors.kinds() if hasattr(monitors.module(kind).Monitor, "watch")]
CONVERSATIONS = [kind for kind in monitors.kinds() if kind not in CALLS]
FOUND = st.lists(
    st.builds(Finding, st.just("f"), st.sampled_from(["hazard.cyber", "pii.email"]), st.floats(0, 1)), max_size=2
)
UTTERANCES = st.builds(
    Utterance,
    st.builds(Origin, st.sampled_from(Direction), st.sampled_from(Role)),
    TEXT | st.sampled_from(["my Invoices", "a credit\nnote", "yes"]),
    FOUND.map(tuple),
)


def said(one: Monitor, call: ToolCall, turn: Turn) -> tuple[Finding, ...]:
    async def run() -> tuple[Finding, ...]:
        found = one.watch(call, turn)
        return await found if inspect.isawaitable(found) else found

    return asyncio.run(run())


@pytest.mark.parametrize("kind", CALLS)
@given(name=TEXT, arguments=ARGUMENTS, plain=st.booleans(), before=st.integers(0, 2))
def test_any_call_can_be_judged_and_is_judged_the_same(
    kind: str, name: str, arguments: str, plain: bool, before: int
) -> None:
    one = made(kind)
    call = read_call(name, arguments, plain=plain)
    turn = Turn((call,) * before, frozenset({"t"}))
    found = said(one, call, turn)
    assert {f.label for f in found} <= set(one.labels) <= set(monitors.module(kind).LABELS)
    assert all((f.filter, f.score, f.span) == ("mine", 1.0, None) for f in found)
    assert found == said(one, call, turn)


@pytest.mark.parametrize("kind", CONVERSATIONS)
@given(conversation=st.lists(UTTERANCES, max_size=6))
def test_any_conversation_can_be_judged_and_is_judged_the_same(kind: str, conversation: list[Utterance]) -> None:
    one = made(kind)
    found = one.review(conversation)
    assert {f.label for f in found} <= set(one.labels) <= set(monitors.module(kind).LABELS)
    assert not any(label.startswith("call.") for label in one.labels), "by this, others are told to be of calls"
    assert all((f.filter, f.score, f.span) == ("mine", 1.0, None) for f in found)
    assert found == one.review(tuple(conversation))
    assert isinstance(one.reads, tuple)


@pytest.mark.parametrize("kind", monitors.kinds())
def test_it_has_its_page_and_its_tests(kind: str) -> None:
    root = Path(__file__).parents[2]
    assert f"`{kind}`" in (root / "docs" / "policy.md").read_text("utf-8")
    assert (root / "tests" / "monitors" / f"test_{kind}.py").exists()
