"""A judge as a filter: what it is asked, what becomes of its words, and that nothing but a verdict counts as one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import filters
from guardproxy.discovery import BadOptions
from guardproxy.filters._judge_scan import Windows
from guardproxy.filters.llm_judge import LABELS, Filter
from guardproxy.inference.verdicts import Opinion
from guardproxy.judges import JudgeError
from guardproxy.policy.load import examine
from guardproxy.services import Services
from guardproxy.types import ConfigError, Context, Direction, Finding, Origin, Role
from tests.judges.recorded import Recorded, broken, finds

ORIGIN = Origin(Direction.REQUEST, Role.USER)
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def made(judge: Recorded, folder: Path | None = None, **options: Any) -> Filter:
    options = {
        "use": "llm_judge",
        "judge": "recorded",
        **({"policy": "No bombs."} if "policies" not in options else {}),
        **options,
    }
    services = Services({"recorded": judge}, folder, key=b"k" * 16)
    return filters.build("mine", options, services)  # type: ignore[return-value]


async def read(one: Filter, pieces: Sequence[str], tenant: str = "default", origin: Origin = ORIGIN) -> list[Finding]:
    scan, found = one.open(origin, Context(tenant)), []
    for number, piece in enumerate(pieces, 1):
        report = scan.feed(piece, last=number == len(pieces))
        found += (report if hasattr(report, "settled") else await report).findings
    return found


@given(
    st.text(alphabet="ab \n", max_size=900), st.lists(st.integers(0, 900), max_size=12), st.sampled_from([0, 10, 50])
)
def test_windows_follow_from_the_text_alone(text: str, cuts: list[int], overlap: int) -> None:
    places = sorted(c for c in cuts if c <= len(text))
    pieces = [text[a:b] for a, b in pairwise([0, *places, len(text)])]
    whole, streamed = Recorded(finds("ab")), Recorded(finds("ab"))
    one, other = made(whole, window=100, overlap=overlap, cache=0), made(streamed, window=100, overlap=overlap, cache=0)
    assert run(read(one, [text])) == run(read(other, [*pieces, ""]))
    assert whole.texts == streamed.texts
    assert all(len(window) <= 100 for window in whole.texts)
    windows = Windows(100, overlap)
    asked = [text[k * windows.step :][:100] for k in range(windows.count(len(text)))]
    assert whole.texts == [window for window in asked if window and not window.isspace()]
    shown = [False] * len(text)
    for k in range(windows.count(len(text))):
        shown[k * windows.step : k * windows.step + 100] = [True] * len(
            shown[k * windows.step : k * windows.step + 100]
        )
    assert all(shown), "every character is in some window"


def test_a_finding_is_its_window() -> None:
    judge = Recorded(finds("bomb"))
    [found] = run(read(made(judge, window=100, overlap=0), ["x" * 150 + "bomb" + "y" * 100]))
    assert found == Finding("mine", "judge.unsafe", 1.0, (100, 200))
    assert len(judge.asked) == 3


def test_words_become_labels_with_the_highest_score() -> None:
    said = (
        Opinion("L1", 0.4),
        Opinion("L1", 0.7),
        Opinion("weird\nlabel", 0.2),
        Opinion("fine", 0.9),
        Opinion("safe", 0.9),
    )
    judge = Recorded(lambda text: said, labels={"fine": "safe"})
    one = made(judge, labels={"L1": "hazard.locks"})
    found = {f.label: f.score for f in run(read(one, ["a lock"]))}
    assert found == {"hazard.locks": 0.7, "judge.other": 0.2, "judge.unsafe": 0.7}
    assert set(found) <= set(one.labels)
    assert set(LABELS) < set(one.labels)


def test_a_judge_that_tells_where_gives_spans() -> None:
    one = made(Recorded(lambda text: (Opinion("x", 0.9, (2, 4)),)), window=100, overlap=0)
    found = run(read(one, ["a" * 150]))
    assert [f.span for f in found if f.label == "judge.other"] == [(2, 4), (102, 104)]
    assert [f.span for f in found if f.label == "judge.unsafe"] == [(0, 100), (100, 150)]


def test_an_error_is_an_error() -> None:
    with pytest.raises(JudgeError):
        run(read(made(Recorded(broken)), ["a text"]))


def test_the_question_holds_policy_origin_and_key() -> None:
    judge = Recorded(finds())
    run(read(made(judge), ["a text"]))
    [question] = judge.asked
    assert (question.text, question.origin, dict(question.policies)) == ("a text", ORIGIN, {"": "No bombs."})
    assert question.key == b"k" * 16 and not question.batch


def test_blank_text_is_not_asked_about() -> None:
    judge = Recorded(finds(""))
    assert run(read(made(judge), ["  ", "\n"])) == []
    assert judge.asked == []


def test_verdicts_are_remembered_by_tenant_and_place_and_errors_are_not() -> None:
    judge = Recorded(finds("bomb"))
    one = made(judge, cache=2)

    async def work() -> None:
        reply = Origin(Direction.RESPONSE, Role.ASSISTANT)
        for _ in range(3):
            assert [f.label for f in await read(one, ["a bomb"])] == ["judge.unsafe"]
        assert len(judge.asked) == 1
        await read(one, ["a bomb"], tenant="other")
        await read(one, ["a bomb"], origin=reply)
        assert len(judge.asked) == 3
        await read(one, ["a bomb"])
        assert len(judge.asked) == 4, "the one that was not used for longest is forgotten"
        judge.verdict = broken
        for _ in range(2):
            with pytest.raises(JudgeError):
                await read(one, ["new"])
        assert len(judge.asked) == 6
        assert len(one._verdicts._memory) == 2
        assert not any(b"bomb" in key for key in one._verdicts._memory)

    run(work())


def test_what_it_may_take_grows_with_the_text() -> None:
    one = made(Recorded(finds(), timeout=2.0), window=100, overlap=0)
    assert [one.seconds(n) for n in (0, 1, 100, 101, 1000)] == [0.0, 2.0, 2.0, 4.0, 20.0]


POLICY = """\
schema: guardproxy/v1
policy: p
filters:
  judge:
    use: llm_judge
    judge: {judge}
    {option}
rules:
  - {{id: r, when: {label}, then: block}}
tests:
  - {{name: t, given: {{role: user, findings: [{{label: {label}}}]}}, expect: {{rules: [r]}}}}
"""


def look(
    folder: Path, option: str, judge: str = "recorded", label: str = "judge.unsafe", known: bool = True
) -> list[str]:
    (folder / "policy.yaml").write_text(POLICY.format(judge=judge, option=option, label=label), "utf-8")
    services = Services({"recorded": Recorded(finds())} if known else None, folder)
    examined = examine(folder, filters.catalogue(), lambda name, options: filters.build(name, options, services))
    return [f"{e.line}:{e.column} {e.message}" for e in examined.problems]


def test_policies_lie_beside_the_policy(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    (folder / "prompts").mkdir(parents=True)
    (folder / "prompts" / "locks.md").write_text("No locks.", "utf-8")
    (tmp_path / "secret.md").write_text("secret", "utf-8")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "empty.md").write_text(" \n", "utf-8")
    (folder / "binary.md").write_bytes(b"\xff\xfe")
    (folder / "large.md").write_text("x" * 70_000, "utf-8")
    assert look(folder, "policy_file: prompts/locks.md") == []
    assert look(folder, "policy_file: prompts/locks.md", known=False) == []
    for name, why in {
        "prompts/none.md": "there is no file",
        "../secret.md": "outside",
        "link.md": "outside",
        "empty.md": "empty",
        "binary.md": "UTF-8",
        "large.md": "larger",
        "prompts": "there is no file",
    }.items():
        [said] = look(folder, f"policy_file: {name}")
        assert said.startswith("7:18 ") and why in said
    assert look(folder, f"policy_file: {tmp_path}/secret.md")[0].startswith("7:18 ")
    [said] = look(folder, "policies: {a: prompts/locks.md, b: prompts/none.md}")
    assert said.startswith("7:40 ")


@pytest.mark.parametrize(
    ("option", "place", "why"),
    [
        ("policy: x\n    policy_file: y.md", "5:5", "not several"),
        ("policy: x\n    overlap: 3000", "5:5", "overlap"),
        ("policy: x\n    batch: true", "5:5", "batch"),
        ("policy: x\n    labels: {S1: guard.error}", "5:5", "guard"),
        ("hold: true", "6:12", "needs a `policy`"),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, option: str, place: str, why: str) -> None:
    [said] = look(tmp_path, option)
    assert said.startswith(place) and why in said


def test_a_judge_that_the_operator_lacks(tmp_path: Path) -> None:
    [said] = look(tmp_path, "policy: x", judge="nope")
    assert said == "6:12 there is no judge 'nope' in the operator's settings (`judges:`); there are recorded"
    assert look(tmp_path, "policy: x", judge="nope", known=False) == []


def test_a_judge_with_a_policy_of_its_own_takes_none() -> None:
    with pytest.raises(ConfigError, match="policy of its own"):
        made(Recorded(finds(), protocol="qwen3guard"))


def test_labels_of_the_author_are_known_to_the_policy(tmp_path: Path) -> None:
    assert look(tmp_path, "policy: x\n    labels: {L1: hazard.locks}", label="hazard.locks") == []
    [said] = look(tmp_path, "policy: x", label="hazard.locks")[:1]
    assert "no filter" in said


def test_the_policys_digest_hangs_on_what_is_judged_by(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("No locks.", "utf-8")
    digests = set()
    for text in ("No locks.", "No locks.", "No keys."):
        (tmp_path / "a.md").write_text(text, "utf-8")
        assert look(tmp_path, "policy_file: a.md") == []
        services = Services({"recorded": Recorded(finds())}, tmp_path)
        examined = examine(tmp_path, filters.catalogue(), lambda n, o, s=services: filters.build(n, o, s))
        assert examined.policy is not None
        digests.add(examined.policy.digest)
    assert len(digests) == 2


def test_without_the_operators_settings_it_can_be_checked_and_not_started() -> None:
    one = filters.build("mine", {"use": "llm_judge", "judge": "any", "policy": "x"})
    with pytest.raises(ConfigError, match="--config"):
        run(one.start())
    run(one.aclose())
    with pytest.raises(BadOptions):
        filters.build("mine", {"use": "llm_judge"})


def test_closing_closes_the_judge() -> None:
    judge = Recorded(finds())
    run(made(judge).aclose())
    assert judge.closed == 1
