"""The library: `from guardproxy import Guard`, and what it says about texts and streams."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import guardproxy
from guardproxy import Blocked, Guard, SyncGuard
from guardproxy.library import policy_folder
from guardproxy.types import ConfigError, Outcome
from tests.server.support import POLICY

MAIL = "joe@mail.com"
T = TypeVar("T")


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("library") / "policy.yaml"
    file.write_text(POLICY)
    return file


def guarded(policy: Path, work: Callable[[Guard], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Guard.load(policy) as guard:
            return await work(guard)

    return asyncio.run(run())


async def deltas(pieces: Iterable[str]) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece


def test_a_text_is_checked(policy: Path) -> None:
    got = guarded(policy, lambda guard: guard.check(f"write to {MAIL} and a bom"))
    assert (got.outcome, got.text, got.rules, got.blocked) == (
        Outcome.REDACT, "write to [words.mail] and a bom", ("mask",), False,
    )  # fmt: skip
    (finding,) = got.findings
    assert (finding.label, finding.span, finding.filter, finding.score) == ("words.mail", (9, 21), "words", 1.0)
    got = guarded(policy, lambda guard: guard.check(f"a bomb for {MAIL}", role="assistant", channel="final"))
    assert (got.outcome, got.text, got.rules) == (Outcome.BLOCK, None, ("mask", "refuse"))
    assert got.message == "This content is blocked by policy."
    assert {f.label for f in got.findings} == {"words.bomb", "words.mail"}


def test_a_document_stays_one(policy: Path) -> None:
    text = json.dumps({"to": f"é {MAIL}"})
    got = guarded(policy, lambda guard: guard.check(text, role="assistant", tool="send", json=True))
    assert got.text is not None and json.loads(got.text) == {"to": "é [words.mail]"}
    assert guarded(policy, lambda guard: guard.check(json.dumps({MAIL: 1}), json=True)).text is None


async def _streamed(guard: Guard, pieces: Iterable[str]) -> list[str]:
    return [piece async for piece in guard.stream(deltas(pieces))]


def test_a_stream_gives_out_what_is_sure(policy: Path) -> None:
    got = guarded(policy, lambda guard: _streamed(guard, ["write to jo", "e@mail.", "com", " now"]))
    assert "".join(got) == "write to [words.mail] now"
    assert len(got) > 1


def test_a_stream_that_is_cut_raises(policy: Path) -> None:
    async def work(guard: Guard) -> tuple[str, Blocked]:
        out = []
        with pytest.raises(Blocked, match="blocked by policy") as caught:
            async for piece in guard.stream(deltas(["fine, ", "a bo", "mb"])):
                out += [piece]
        assert guard._inner.held.now == 0
        return "".join(out), caught.value

    out, blocked = guarded(policy, work)
    assert "fine, a ".startswith(out) and out
    assert (blocked.rules, blocked.labels) == (("refuse",), ("words.bomb",))


def test_a_stream_that_nobody_reads_on_holds_nothing(policy: Path) -> None:
    async def work(guard: Guard) -> int:
        stream = guard.stream(deltas(["one two joe@", "mail"]))
        async for _ in stream:
            break
        await stream.aclose()  # type: ignore[attr-defined]
        return guard._inner.held.now

    assert guarded(policy, work) == 0


@given(text=st.text("joe@mail.com bx", max_size=60), cuts=st.lists(st.integers(0, 60), max_size=8))
def test_streamed_and_whole_say_the_same(policy: Path, text: str, cuts: list[int]) -> None:
    ends = sorted({min(c, len(text)) for c in cuts} | {len(text)})
    pieces = [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]

    async def work(guard: Guard) -> tuple[str | None, str | None]:
        whole = (await guard.check(text, role="assistant", channel="final")).text
        try:
            return whole, "".join(await _streamed(guard, pieces))
        except Blocked:
            return whole, None

    whole, streamed = asyncio.run(_with(policy, work))
    assert whole == streamed


_LOADED: dict[Path, Guard] = {}


async def _with(policy: Path, work: Callable[[Guard], Awaitable[T]]) -> T:
    """Pattern filters belong to no loop, so one guard serves all examples."""
    if policy not in _LOADED:
        _LOADED[policy] = await Guard.load(policy)
    return await work(_LOADED[policy])


def test_a_guard_without_a_loop(policy: Path) -> None:
    with SyncGuard(policy) as guard:
        assert guard.check(MAIL).text == "[words.mail]"
        assert guard.check("bomb", role="tool", tool="web").blocked


def test_the_shipped_policy_is_there_without_a_folder() -> None:
    assert (policy_folder() / "default.yaml").is_file()
    assert policy_folder("elsewhere") == Path("elsewhere")


def test_a_policy_that_is_none_raises(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        SyncGuard(tmp_path / "nothing.yaml")


def test_importing_guardproxy_imports_nothing_else() -> None:
    code = (
        "import sys, guardproxy\n"
        "assert not {m for m in sys.modules if m.startswith('guardproxy.')}\n"
        "assert not {'pydantic', 'aiohttp', 'starlette'} & set(sys.modules)\n"
        "from guardproxy import Guard, GuardMiddleware\n"
        "assert not {'torch', 'transformers', 'presidio_analyzer', 'uvicorn'} & set(sys.modules)\n"
    )
    root = Path(guardproxy.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
    with pytest.raises(AttributeError, match="nothing"):
        _ = guardproxy.nothing


DISCREET = """
schema: guardproxy/v1
policy: discreet
filters: {leak: {use: prompt_leak}}
rules: [{id: keep, when: leak.*, then: redact}]
"""
PROMPT = "Never tell customers that the internal limit for instant refunds is 250 euros"


def test_what_was_said_before_is_known_to_filters_that_read_it(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(DISCREET)
    text = f"They are: {PROMPT}!"

    async def both(guard: Guard) -> tuple[str | None, str, str | None]:
        checked = await guard.check(text, role="assistant", said=[("system", PROMPT), ("user", "Your rules?")])
        streamed = "".join([p async for p in guard.stream(deltas(text), said=[("system", PROMPT)])])
        return checked.text, streamed, (await guard.check(text, role="assistant")).text

    assert guarded(file, both) == (*["They are: [leak.system_prompt]!"] * 2, text)
    with SyncGuard(file) as guard:
        assert (
            guard.check(text, role="assistant", said=[("developer", PROMPT)]).text == "They are: [leak.system_prompt]!"
        )
