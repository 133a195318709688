"""The playground: the proxy's own judgement on what is tried, bounded, and counted nowhere."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import detectors
from guardproxy.cli.test import run_cases
from guardproxy.library import build
from guardproxy.policy.load import examine
from guardproxy.server.console import files as files_module
from guardproxy.server.console.markup import inside
from guardproxy.server.console.playground import MAX_TEXT, Attempts, Wanted, _pieces, tried
from guardproxy.server.console.trying import highlighted
from guardproxy.types import Channel, ConfigError, Finding, Outcome, Role, WireError
from tests.server.console.support import HOSTILE, Desk, desk
from tests.server.console.test_pages import check_plain
from tests.server.support import POLICY

STRICT = POLICY.replace("policy: small", "policy: strict").replace("then: redact", "then: block")


async def tries(one: Desk, **form: str):
    return await one.post("/console/playground", {"token": await one.token(), **form})


def test_a_request_is_judged_as_the_proxy_would(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            got = await tries(one, text="write to joe@mail.com, please", role="user")
            read = check_plain(got.text)
            assert got.status_code == 200
            assert re.search(r'<mark class="acted">joe@mail.com<span class="label"> words.mail', got.text)
            for told in (
                "Mask addresses",
                "words.mail 1",
                "write to [words.mail], please",
                "nothing of the kind was found",
            ):
                assert told in read.text, told
            got = await tries(one, text="a bomb", role="tool", tool="web")
            assert "Nothing: it is blocked." in got.text and "This content is blocked by policy." in got.text

    asyncio.run(main())


def test_a_reply_is_streamed_as_a_client_would_get_it(tmp_path: Path) -> None:
    guard = build(_policy(tmp_path))

    async def main() -> None:
        await guard.start()
        try:
            attempt = await tried(guard, Wanted("ask joe@mail.com now or never", Role.ASSISTANT, Channel.FINAL))
            [one] = attempt.tried
            assert "".join(s.fed for s in one.steps) == one.text
            assert "".join(s.released for s in one.steps) == one.released == "ask [words.mail] now or never"
            assert any(s.held for s in one.steps) and one.steps[-1].held == 0 and not one.cut
            attempt = await tried(guard, Wanted("all is well until the bomb comes", Role.ASSISTANT))
            [one] = attempt.tried
            out = "".join(s.released for s in one.steps)
            assert one.cut and attempt.outcome is Outcome.BLOCK and one.released is None
            assert one.text.startswith(out) and "bomb" not in out and out
            assert guard.held.now == 0
        finally:
            await guard.aclose()

    asyncio.run(main())


def _policy(folder: Path, text: str = POLICY) -> Path:
    file = folder / "policy.yaml"
    file.write_text(text)
    return file


def test_a_conversation_is_read_by_the_codec(tmp_path: Path) -> None:
    messages = [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": [{"type": "text", "text": "I am joe@mail.com"}]},
        {"role": "assistant", "content": "hello joe@mail.com"},
    ]
    tools = [{"type": "function", "function": {"name": "send", "description": "mail to ann@mail.com"}}]

    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            got = await tries(one, conversation=json.dumps({"messages": messages, "tools": tools}))
            text = check_plain(got.text).text
            assert got.status_code == 200
            for place in ("messages[1].content[0].text", "tools[0].function.description", "the reply"):
                assert place in text
            assert text.count("I am [words.mail]") == 1 and "Streamed, as the client sees it" in text
            got = await tries(one, conversation=json.dumps(messages), text="and again ann@mail.com", role="user")
            assert "the text" in got.text and "messages[2].content" in got.text
            for wrong in ("{", '{"a": 1}', "[1]", '[{"role": "owner", "content": "x"}]', "[" * 5000):
                got = await tries(one, conversation=wrong)
                assert got.status_code == 400, wrong
                check_plain(got.text)

    asyncio.run(main())


def test_an_edited_policy_is_tried_and_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    class Watched(files_module.Guard):
        @classmethod
        def build(cls, *args, **more):
            built.append(super().build(*args, **more))
            return built[-1]

    monkeypatch.setattr(files_module, "Guard", Watched)

    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            got = await tries(one, text="joe@mail.com", policy=STRICT)
            assert "Nothing: it is blocked." in got.text
            assert len(built) == 1 and not built[0].ready, "its filters are closed again"
            assert "policy: strict" in got.text, "the form keeps what was written"
            got = await tries(one, text="joe@mail.com")
            assert "[words.mail]" in got.text and one.guard.policy.name == "small" and one.guard.ready

    asyncio.run(main())


def test_an_edited_policy_is_checked(tmp_path: Path) -> None:
    broken = POLICY.replace("words.mail", "words.mial").replace("then: block", "then: blok")

    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            got = await tries(one, text="joe@mail.com", policy=broken)
            text = check_plain(got.text).text
            line = broken[: broken.index("blok")].count("\n") + 1
            assert f"line {line}, column " in text and "did you mean 'block'?" in text
            assert "nothing was tried" in text and "[words.mail]" not in text
            for wrong in ("}", "a: &x 1", "schema: guardproxy/v1", "<script>alert(1)</script>", "\x00"):
                got = await tries(one, text="x", policy=wrong)
                assert got.status_code == 200 and "nothing was tried" in check_plain(got.text).text
            outside = POLICY.replace("use: patterns", "use: llm_judge, judge: elsewhere").replace("patterns:\n", "x:\n")
            assert "nothing was tried" in (await tries(one, text="x", policy=outside)).text

    asyncio.run(main())


def test_the_policy_in_force_can_be_edited(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            got = await tries(one, text="kept", load="yes")
            assert "policy: small" in got.text and ">\nkept</textarea>" in got.text

    asyncio.run(main())


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: ascii(t[:20]))
def test_hostile_text_stays_text(tmp_path: Path, text: str) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            text_ = (text + " joe@mail.com")[-MAX_TEXT:]
            for role in ("assistant", "user"):
                got = await tries(one, text=text_, role=role, tool=text[:150], model=text[:150])
                assert got.status_code == 200
                check_plain(got.text)
                assert "words.mail" in got.text
            got = await tries(one, conversation=json.dumps([{"role": "user", "content": text_}]))
            check_plain(got.text)

    asyncio.run(main())


def test_it_counts_nowhere(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            before = _counted(one)
            await tries(one, text="joe@mail.com and a bomb", role="assistant")
            await tries(one, text="a bomb", policy=STRICT)
            assert _counted(one) == before
            assert one.recent.last == 0 and one.guard.held.now == 0

    asyncio.run(main())


def _counted(one: Desk) -> list[bytes]:
    return [line for line in one.metrics.exposition("")[0].splitlines() if line.startswith(b"guardproxy")]


def test_it_is_bounded(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            got = await tries(one, text="x" * (MAX_TEXT + 1))
            assert got.status_code == 413 and "100,000 characters" in got.text
            got = await tries(one, text="x" * 2_000_000)
            assert got.status_code == 413 and "2,000,000 bytes" in got.text
            many = json.dumps([{"role": "user", "content": "x"}] * 101)
            assert (await tries(one, conversation=many)).status_code == 413
            assert (await tries(one)).status_code == 400

        attempts, go = Attempts(2, 0.2), asyncio.Event()
        waiting = [asyncio.ensure_future(attempts.run(go.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(WireError) as busy:
            await attempts.run(go.wait)
        assert busy.value.status == 429
        late = await asyncio.gather(*waiting, return_exceptions=True)
        assert [e.status for e in late] == [408, 408]
        go.set()
        assert await attempts.run(go.wait) is True

    asyncio.run(main())


def test_what_was_tried_is_a_test_that_passes(tmp_path: Path) -> None:
    async def main() -> str:
        async with desk(tmp_path) as one:
            await one.sign_in()
            text = check_plain(
                (await tries(one, text='say "joe@mail.com"\nnow', role="assistant", channel="final")).text
            ).text
            return re.search(r"tests:\n(  - name: \"tried.*?\n    expect: [^\n]*\n)", text, re.DOTALL)[1]

    case = asyncio.run(main())
    (tmp_path / "next.yaml").write_text(POLICY + case)
    told = examine(tmp_path / "next.yaml", detectors.catalogue(), detectors.build)
    assert told.problems == []
    results = asyncio.run(run_cases(told.policy, told.cases))
    assert [r.status for r in results] == ["pass"] * 3


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6))
def test_highlighting_loses_nothing(text: str, spans: list[tuple[int, int]]) -> None:
    found = [Finding("f", "l", 1.0, (min(s), max(s))) for s in spans]
    page = "".join(map(inside, highlighted(text, found, found[:1])))
    bare = re.sub(r'<span class="label">.*?</span>|</?mark[^>]*>', "", page)
    assert bare == inside(text)
    inner = "".join(re.findall(r"<mark[^>]*>(.*?)(?:<span|</mark>)", page, re.DOTALL))
    marked = "".join(c for i, c in enumerate(text) if any(f.span[0] <= i < f.span[1] for f in found))
    assert inner == inside(marked)


@given(st.text(max_size=150))
def test_pieces_are_the_text(text: str) -> None:
    pieces = list(_pieces(text))
    assert "".join(pieces) == text and 1 <= len(pieces) <= 200


def test_a_rule_that_is_rolled_out_to_few_acts_here(tmp_path: Path) -> None:
    policy = POLICY.replace("then: redact}", "then: redact, rollout: {percent: 2, by: user}}")
    assert "rollout" in policy

    async def main() -> None:
        async with desk(tmp_path, policy=policy) as one:
            await one.sign_in()
            assert "write to [words.mail]" in (await tries(one, text="write to joe@mail.com")).text
            assert "2 % by user" in (await one.get("/console/policy")).text

    asyncio.run(main())


def test_a_call_is_read_and_watched(tmp_path: Path) -> None:
    policy = POLICY.replace("rules:", "monitors:\n  calls: {use: tool_calls, deny: [shell]}\nrules:")
    policy = policy.replace("tests:", "  - {id: no-shell, title: No shell, when: call.denied, then: block}\ntests:")
    call = json.dumps({"to": "joe@mail.com", "n": 1})

    async def main() -> None:
        async with desk(tmp_path, policy=policy) as one:
            await one.sign_in()
            text = check_plain((await tries(one, text=call, role="assistant", tool="send")).text).text
            assert '{"to": "[words.mail]", "n": 1}' in text and "the call, as a deed" not in text
            text = check_plain((await tries(one, text=call, role="assistant", tool="shell")).text).text
            assert "the call, as a deed" in text and "call.denied 1" in text

    asyncio.run(main())


def test_a_filter_that_cannot_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self) -> None:
        raise ConfigError("its model is missing")

    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            monkeypatch.setattr(files_module.Guard, "start", broken)
            got = await tries(one, text="x", policy=STRICT)
            assert got.status_code == 400 and "A filter can&#x27;t be started: its model is missing" in got.text

    asyncio.run(main())
