"""Every dialog of the local gpt-oss through the default policy, with the openai client: no value gets out, all else does."""

from __future__ import annotations

import re

import pytest

from guardproxy.backend.dialog import Dialog
from guardproxy.backend.dialogs import CONVERSATIONS, GITHUB_TOKEN, PREFIXES, request
from tests.e2e.proxy import Proxy
from tests.e2e.talk import Caller, check, leaks, masked, read

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(90)]  # the first test starts the model

PLANTED = [dialog for dialog in CONVERSATIONS if dialog.planted]
ways = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def prefix(dialog: Dialog) -> str | None:
    """A system message, another for each dialog in turn."""
    return PREFIXES[CONVERSATIONS.index(dialog) % len(PREFIXES)]


@ways
@pytest.mark.parametrize("dialog", CONVERSATIONS, ids=lambda dialog: dialog.name)
def test_a_dialog(guarded: Proxy, caller: Caller, dialog: Dialog, stream: bool) -> None:
    said = caller.chat(request(dialog, prefix(dialog)), stream=stream)
    upstream = read(guarded.tap.last.answer, stream=stream)
    assert all(value in "\n".join([upstream.text, *strings(upstream.parsed)]) for value in dialog.planted)
    assert not leaks(dialog, caller.last.raw)
    assert not leaks(dialog, said.text)
    check(dialog, said)
    if not dialog.planted:
        assert said.same(upstream)
    if stream and len(dialog.content) > 400:
        check_flow(guarded, caller)


def check_flow(guarded: Proxy, caller: Caller) -> None:
    """Text arrives while the upstream is still sending, and keeps arriving."""
    upstream = [at for at, data in guarded.tap.last.pieces if b'"content":"' in data]
    client = [at for at, data in caller.last.pieces if b'"content":"' in data]
    assert client[0] < upstream[len(upstream) // 2]
    assert sum(at < upstream[-1] for at in client) > len(client) / 2
    assert len(client) > 20


def strings(value: object) -> list[str]:
    if isinstance(value, dict | list | tuple):
        return [s for item in (value.values() if isinstance(value, dict) else value) for s in strings(item)]
    return [value] if isinstance(value, str) else []


def test_the_dialogs_hold_every_kind_of_value() -> None:
    """What the tests above stand on: something is planted in content, in thinking, in preambles and in arguments."""
    assert len(PLANTED) > 20
    for part in ("answer", "reasoning", "preamble"):
        assert any(value in getattr(dialog, part) for dialog in PLANTED for value in dialog.planted)
    assert any(dialog.call and GITHUB_TOKEN in dialog.call.text() for dialog in PLANTED)
    assert sum(len(dialog.content) > 400 for dialog in CONVERSATIONS) >= 3


# ---------------------------------------------------------------------------------------------------- without a template


def plain(dialog: Dialog) -> str:
    """A reply as servers give it that don't read Harmony: `analysis…assistantfinal…`."""
    return re.sub(r"<\|\w+\|>", "", dialog.completion)


GLUED = {"email_only": "analysisNothing [pii.email]"}
"""Nothing parts `else.assistantfinal` from the address behind it: it reads as the address's beginning, and goes with it."""
WHOLE = ("email_only", "thought_card", "tool_key", "tool_text", "many", "preamble_email", "japanese_email")


@pytest.mark.parametrize(
    ("dialog", "stream"),
    [(dialog, stream) for stream in (True, False) for dialog in PLANTED if stream or dialog.name in WHOLE],
    ids=lambda value: value.name if isinstance(value, Dialog) else "streamed" if value else "whole",
)
def test_a_dialog_without_a_template(guarded_raw: Proxy, dialog: Dialog, stream: bool) -> None:
    caller = Caller(guarded_raw.url)
    said = caller.chat(request(dialog, prefix(dialog)), stream=stream)
    assert read(guarded_raw.tap.last.answer, stream=stream).content == plain(dialog)
    assert not leaks(dialog, caller.last.raw)
    assert not leaks(dialog, said.text)
    assert said.content == (GLUED.get(dialog.name) or masked(plain(dialog), dialog))
    assert (said.reasoning, said.calls, said.end) == ("", [], "stop")
