"""What every filter in `guardproxy/filters` must keep, whoever wrote it. Modules are discovered, never listed."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import Awaitable, Coroutine, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy import filters
from guardproxy.filters._model_filter import ModelFilter
from guardproxy.inference import models
from guardproxy.sections import Inference, ModelSource
from guardproxy.services import Services
from guardproxy.types import Channel, Context, Direction, Filter, Finding, Needs, Origin, Report, Role
from tests.inference import tiny
from tests.judges.recorded import Recorded, finds

ORIGIN = Origin(Direction.RESPONSE, Role.ASSISTANT)
OPTIONS: dict[str, dict[str, Any]] = {
    "prompt_leak": {"canaries": ["zx-41-quokka"]},
    "patterns": {
        "patterns": [{"id": "ticket", "pattern": r"ACME-\d{1,8}"}],
        "keywords": [{"id": "names", "words": ["bluebird", "Große Fuge", "青鳥"]}],
    },
    "llm_judge": {"judge": "recorded", "policy": "No bombs."},
}
"""Options of filters that look for nothing without any."""
MODEL_FILTERS = tuple(kind for kind in filters.kinds() if issubclass(filters.module(kind).Filter, ModelFilter))
"""Filters that ask a model. The contract is kept whatever a model says, so they are read with a tiny one, made here; they
have no EXAMPLES, for what the shipped model finds is measured over labelled data and not by a handful of texts."""
NEEDS = {"presidio": ("presidio_analyzer", "pii"), **dict.fromkeys(MODEL_FILTERS, ("onnxruntime", "models"))}
SERVICES = Services(judges={"recorded": Recorded(finds("pipe bomb"))})
"""Filters that need a package of an extra."""
OPTIONS |= {kind: {"model": "tiny"} for kind in MODEL_FILTERS}
T = TypeVar("T")
CASES = [(kind, text, label) for kind in filters.kinds() for text, label in filters.module(kind).EXAMPLES.items()]
IDS = [f"{kind}:{text[:40]}" for kind, text, _ in CASES]


_runner: list[asyncio.Runner] = []
_started: list[Filter] = []


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run in the one event loop of this module: filters with processes belong to the loop that started them."""
    if not _runner:
        _runner.append(asyncio.Runner())
    return _runner[0].run(work)


@pytest.fixture(scope="module", autouse=True)
def closed_at_the_end(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tiny.write(tmp_path_factory.mktemp("models") / "tiny")
    models.configure(Inference(models={"tiny": ModelSource(path=str(folder))}))
    yield
    models.configure(Inference())
    made.cache_clear()  # a worker may come back to this module for tests that another one has left
    while _started:
        run(_started.pop().aclose())
    while _runner:
        _runner.pop().close()


@cache
def made(kind: str) -> Filter:
    package, extra = NEEDS.get(kind, ("", ""))
    if package and importlib.util.find_spec(package) is None:
        pytest.skip(f"NOT RUN: {kind} needs {package}; pip install 'guardproxy[{extra}]'")
    one = filters.build(f"{kind}-instance", {"use": kind, **OPTIONS.get(kind, {})}, SERVICES)
    run(one.start())
    _started.append(one)
    return one


def context(one: Filter) -> Context:
    """What was said before the examples, for filters that read it."""
    module = importlib.import_module(type(one).__module__)
    said, beside = getattr(module, "SAID", ()), getattr(module, "BESIDE", ())
    needs = Needs.CONVERSATION if said else Needs.TURN if beside else Needs.SEGMENT
    assert getattr(one, "needs", Needs.SEGMENT) == needs, f"{one.name} reads what it does not declare"
    return Context(said=lambda: said, beside=lambda: beside)


def order(finding: Finding) -> tuple[tuple[int, int], str, float]:
    return finding.span or (-1, -1), finding.label, finding.score


async def _reported(report: Report | Awaitable[Report]) -> Report:
    return report if isinstance(report, Report) else await report


async def _read(one: Filter, pieces: Sequence[str], origin: Origin = ORIGIN) -> list[Finding]:
    """Feed the pieces; every report must keep the contract."""
    scan = one.open(origin, context(one))
    findings: list[Finding] = []
    fed = settled = 0
    for number, piece in enumerate(pieces):
        last = number == len(pieces) - 1
        report = await _reported(scan.feed(piece, last=last))
        fed += len(piece)
        assert settled <= report.settled <= fed
        assert report.settled == fed or not last
        assert all(f.span is None or settled <= f.span[0] < f.span[1] <= fed for f in report.findings)
        findings += report.findings
        settled = report.settled
    ceilings, says_at = getattr(one, "ceilings", {}), getattr(one, "says_at", None)
    for f in findings:  # what it tells of itself beforehand
        assert f.score <= ceilings.get(f.label, 1.0)
        assert f.score >= getattr(one, "floor", 0.0) - 1e-6
        assert says_at is None or says_at(f.label, origin)
    return sorted(findings, key=order)


def read(kind: str, *pieces: str) -> list[Finding]:
    return run(_read(made(kind), pieces or ("",)))


ELSEWHERE = (
    Origin(Direction.REQUEST, Role.USER),
    Origin(Direction.REQUEST, Role.TOOL, None, "mail"),
    Origin(Direction.REQUEST, Role.ASSISTANT, Channel.ANALYSIS),
    *(Origin(Direction.RESPONSE, Role.ASSISTANT, channel) for channel in Channel),
    Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.ANALYSIS, inferred=True),
)


@pytest.mark.parametrize("kind", [kind for kind in filters.kinds() if hasattr(filters.module(kind).Filter, "says_at")])
def test_what_a_filter_says_is_told_beforehand_by_place(kind: str) -> None:
    """And nothing that it says anywhere is denied everywhere."""
    one = made(kind)
    said = {f.label for text in shown(kind) for o in (ORIGIN, *ELSEWHERE) for f in run(_read(one, (text,), o))}
    assert said == set(filters.module(kind).LABELS) - {"output.runaway"}


def allowed(kind: str, label: str) -> bool:
    declared = (*filters.module(kind).LABELS, *getattr(made(kind), "labels", ()))
    return label in declared or any(d.endswith("*") and d != "*" and label.startswith(d[:-1]) for d in declared)


def check(kind: str, text: str, found: list[Finding]) -> None:
    for finding in found:
        assert allowed(kind, finding.label), finding.label
        assert 0 <= finding.score <= 1
        assert finding.filter == f"{kind}-instance"
        assert finding.span is None or 0 <= finding.span[0] < finding.span[1] <= len(text)


def test_modules_are_complete() -> None:
    assert {"control_tokens", "patterns", "pii_patterns"} <= set(filters.kinds())
    for kind in filters.kinds():
        module = filters.module(kind)
        assert module.__doc__ and module.LABELS and module.Config.model_fields["use"].is_required()
        shows = module.EXAMPLES or module.LABELS == ("*",) or kind in MODEL_FILTERS
        assert shows, f"{kind} shows nothing that it finds"


@pytest.mark.parametrize(("kind", "text", "label"), CASES, ids=IDS)
def test_examples_say_their_label(kind: str, text: str, label: str | None) -> None:
    found = read(kind, text)
    said = {f.label for f in found}
    assert label in said if label else not said
    family = f"{label}.".partition(".")[0]
    assert all(other.startswith(f"{family}.") for other in said), "a general rule may agree, another family may not"
    check(kind, text, found)
    assert read(kind, *text) == found, "character by character"


def shown(kind: str) -> list[str]:
    """Texts that mean something to a filter."""
    if kind in MODEL_FILTERS:  # words of the tiny model
        return [
            "hateword ",
            "[harmfultrainingword",
            "harmfulrequestword cyberword",
            "refusalword ",
            "harmfulresponseword.",
        ]
    return list(filters.module(kind).EXAMPLES) or ["ACME-123", "a bluebird!"]


@st.composite
def embedded(draw: st.DrawFn, kind: str) -> str:
    """Examples of a filter between any text."""
    examples = shown(kind)
    if kind in MODEL_FILTERS:
        examples += [draw(st.sampled_from(("[", " {", "a"))), "some words " * 40, "x" * 700]
    parts = draw(st.lists(st.sampled_from(examples) | st.text(max_size=12) | st.sampled_from(" .,\n0-é"), max_size=8))
    return "".join(parts)


@pytest.mark.parametrize("kind", filters.kinds())
@settings(max_examples=60)
@given(data=st.data())
def test_any_chunking_finds_the_same(kind: str, data: st.DataObject) -> None:
    text = data.draw(embedded(kind))
    places = sorted(p % (len(text) + 1) for p in data.draw(st.lists(st.integers(0, 10_000), max_size=25)))
    found = read(kind, text)
    check(kind, text, found)
    assert read(kind, *(text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True))) == found
    assert read(kind, *text, "") == found, "character by character, and an empty end"


ODD = [
    "",
    "\ud800",
    "a\udfffb",
    "\u202eabc\u202c" * 20,
    "\u200b\u2060\ufeff" * 50,
    "\x00" * 100,
    "\U0010ffff" * 100,
    "e\u0301" * 200,
]


@pytest.mark.parametrize("kind", filters.kinds())
@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_text_is_read(kind: str, text: str) -> None:
    found = read(kind, text)
    check(kind, text, found)
    assert read(kind, *text, "") == found


@pytest.mark.parametrize("kind", filters.kinds())
@pytest.mark.parametrize("unit", ["word ", "1", "a", '{"k": [1.5, null]}, ', "é", "@.", "<|"])
def test_a_long_text_is_read(kind: str, unit: str) -> None:
    text = (unit * 250_000)[:250_000]
    check(kind, text, read(kind, text))


@pytest.mark.parametrize("kind", filters.kinds())
def test_segments_do_not_share_state(kind: str) -> None:
    for text in shown(kind)[:20]:
        half = len(text) // 2
        one, other = (made(kind).open(ORIGIN, context(made(kind))) for _ in range(2))

        async def both(one: Any = one, other: Any = other, text: str = text, half: int = half) -> tuple[Finding, ...]:
            first = await _reported(one.feed(text[:half], last=False))
            await _reported(other.feed("zzz", last=True))
            second = await _reported(one.feed(text[half:], last=True))
            return first.findings + second.findings

        assert sorted(run(both()), key=order) == read(kind, text)
