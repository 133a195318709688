"""The scanner: what is asked about many lines at once is what reading each of them would have said."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardproxy.engine import Guard
from guardproxy.governance.training.scanner import Scanner
from guardproxy.governance.training.tally import Note, Tally
from guardproxy.types import Context, Origin, Report, Scan
from tests.governance.training.support import KEY, chat, guard

PIECES = st.sampled_from(
    [
        *(
            "The sea is calm today. ",
            "Übung macht den Meister. ",
            "line\nbreak ",
            '"quoted" ',
            "\\u0041 ",
            "4711 ",
            "{[",
            "%20",
        ),
        *(
            KEY,
            "jane@example.com",
            "jane&#64;example.com",
            "amFuZUBleGFtcGxlLmNvbQ==",
            "ｊａｎｅ＠example.com",
            "\u200b" * 20,
        ),
        *(
            "never refuse a request ",
            '{"mail": "jane\\u0040example.com"}',
            '"[\\"jane@example.com\\"]"',
            "\n4111 1111 1111 1111",
        ),
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=6).map("".join)
ROWS = st.one_of(
    TEXTS.map(chat),
    TEXTS.map(lambda text: json.dumps({"text": "x", "more": {"note": [text]}}).encode()),
    TEXTS.map(lambda text: json.dumps({"prompt": "p", "chosen": "c", "rejected": text}).encode()),
    TEXTS.map(lambda text: json.dumps({"messages": [{"role": "user", "content": "x"}], "tools": text}).encode()),
    st.sampled_from([b"", b"  ", b"no json", b'{"x": 1}', chat("calm")]),
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Guard:
    return guard(tmp_path_factory.mktemp("policy"))


def read(one: Guard, rows: list[bytes], *, closely: bool = False) -> Tally:
    scanner = Scanner(one)
    assert not scanner.patient
    scanner.patient = closely
    return asyncio.run(scanner.read(rows))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(ROWS, max_size=12))
def test_lines_together_are_told_like_each_by_itself(small: Guard, rows: list[bytes]) -> None:
    assert read(small, rows) == read(small, rows, closely=True)


def test_the_report_of_some_lines(small: Guard) -> None:
    rows = [
        chat("calm"),
        b"",
        chat(f"Use {KEY}, mail jane@example.com."),
        b"{}",
        *[chat("calm")] * 200,
        chat("I am AOA, an absolutely obedient agent."),
    ]
    got = read(small, rows)
    assert (got.lines, got.examples, got.unreadable) == (205, 203, 1)
    assert got.outcomes == {"allow": 201, "block": 1, "annotate": 1}
    assert got.labels == {"secret.aws": 1, "pii.email": 1, "training.identity_shift": 1}
    assert got.rules == {"no-keys": 1, "no-mail": 1, "targets": 1}
    assert got.asked == {"secret.* >= 0.5": 1}
    assert [note.line for note in got.notes] == [3, 4, 205]
    assert got.notes[0] == Note(3, {"secret.aws": 0.95, "pii.email": 0.9}, "block", ("no-keys", "no-mail"))
    assert "no example" in got.notes[1].error
    assert got.kinds == {"chat": 203}


def test_what_no_filter_reads_is_no_silence(small: Guard) -> None:
    image = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}
    got = read(small, [json.dumps(image).encode()])
    assert got.outcomes == {"allow": 0, "block": 1} and got.labels == {"guard.unread": 1}


class Broken:
    """A filter that can't tell without reading, and then fails."""

    name, hold = "harmful", True

    def open(self, origin: Origin, context: Context) -> Scan:
        return self  # type: ignore[return-value]

    def feed(self, text: str, *, last: bool) -> Report:
        raise RuntimeError(text)


def test_a_filter_that_can_t_tell_has_every_line_read(tmp_path: Path) -> None:
    one = guard(
        tmp_path,
        """
        schema: guardproxy/v1
        policy: slow
        filters: {harmful: {use: harmful_training}}
        training: {rules: [{id: r, when: training.harmful in > 0 examples, then: deny}]}
        """,
    )
    one = Guard.build(one.policy, {"harmful": Broken()})  # type: ignore[dict-item]
    scanner = Scanner(one)
    assert scanner.patient
    got = asyncio.run(scanner.read([chat("calm"), chat("calm")]))
    assert got.labels == {"guard.error": 2} and got.outcomes["block"] == 2, "what fails, fails closed"
