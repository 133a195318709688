"""Filters that ask a model: what they report, what they ask, and that all together ask once. What the shipped model finds is
measured elsewhere (`python -m bench.accuracy`); here models score by words."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import filters
from guardproxy.filters._model_filter import ModelFilter, ModelScan
from guardproxy.inference import models
from guardproxy.inference.classifier import Said
from guardproxy.inference.folder import About
from guardproxy.types import Channel, ConfigError, Context, Direction, Finding, Origin, Report, Role
from tests.inference import scoring, tiny

KINDS = ("harmful_response", "harmful_training", "hazards", "injection", "refusal", "toxicity")
USER = Origin(Direction.REQUEST, Role.USER)
ANSWER = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL)


class Words:
    """A classifier that finds words, without a process; it notes what it was asked."""

    def __init__(self, **logits: float) -> None:
        self.spec, self.logits, self.asked = scoring.spec(), logits, list[list[Said]]()
        self._scores = struct.Struct(f"<{len(scoring.LABELS)}e")

    def known(self, tenant: str, texts: Sequence[Said]) -> None:
        return None

    async def read(self, tenant: str, texts: Sequence[Said]) -> list[bytes]:
        self.asked.append(list(texts))
        return [self._scores.pack(*(self._logit(label, text) for label in scoring.LABELS)) for _, text in texts]

    def _logit(self, label: str, text: str) -> float:
        return self.logits.get(label, 4.0) if tiny.WORDS[label] in text else -4.0

    def unpack(self, scores: bytes) -> tuple[float, ...]:
        return self._scores.unpack(scores)


def made(kind: str, words: Words | None = None, **options: Any) -> tuple[ModelFilter, Words]:
    one: Any = filters.build(f"my-{kind}", {"use": kind, **options})
    one.classifier = words = words or Words()
    one.picks = one._picks(words.spec.labels)
    return one, words


async def reading(scan: ModelScan, pieces: Sequence[str]) -> list[Finding]:
    out: list[Finding] = []
    fed = settled = 0
    for number, piece in enumerate(pieces, 1):
        report = scan.feed(piece, last=number == len(pieces))
        report = report if isinstance(report, Report) else await report
        fed += len(piece)
        assert settled <= report.settled <= fed
        assert all(f.span is not None and settled <= f.span[0] < f.span[1] <= fed for f in report.findings)
        out += report.findings
        settled = report.settled
    assert settled == fed
    return out


def read(kind: str, *pieces: str, origin: Origin = ANSWER, **options: Any) -> list[Finding]:
    one, _ = made(kind, **options)
    return asyncio.run(reading(one.open(origin, Context()), pieces or ("",)))


def said(found: list[Finding]) -> dict[str, float]:
    return {f.label: round(f.score, 3) for f in found}


TEXTS = st.lists(
    st.sampled_from((*(f"{word} " for word in tiny.WORDS.values()), "[", " {", "\n", "some words ", "x" * 700))
    | st.integers(1, 90).map(lambda n: "filler " * n),
    max_size=12,
).map("".join)


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS, places=st.lists(st.integers(0, 10_000), max_size=20))
def test_arrival_changes_nothing(kind: str, text: str, places: list[int]) -> None:
    at = sorted(p % (len(text) + 1) for p in places)
    pieces = [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]
    whole = read(kind, text)
    assert read(kind, *pieces) == whole
    if kind in ("toxicity", "harmful_response"):
        label = {"toxicity": "hate", "harmful_response": "harmful_response"}[kind]
        assert bool([f for f in whole if f.label.endswith(("hate", "harmful"))]) == (tiny.WORDS[label] in text)


@given(TEXTS)
def test_a_finding_holds_what_was_found(text: str) -> None:
    for found in read("toxicity", text):
        word = tiny.WORDS["toxicity" if found.label == "toxicity.toxic" else found.label.removeprefix("toxicity.")]
        assert found.span is not None and word in text[slice(*found.span)] and found.filter == "my-toxicity"


def test_scores_below_the_threshold_are_not_reported() -> None:
    words = Words(toxicity=-0.8, hate=-0.9, threat=0.0)
    one, _ = made("toxicity", words)
    text = " ".join(tiny.WORDS[label] for label in ("toxicity", "hate", "threat", "sexual"))
    found = asyncio.run(reading(one.open(USER, Context()), [text]))
    assert said(found) == {"toxicity.toxic": 0.31, "toxicity.threat": 0.5, "toxicity.sexual": 0.982}
    one, _ = made("toxicity", words, threshold=0.5, labels=["toxicity.threat", "toxicity.toxic"])
    assert one.labels == ("toxicity.toxic", "toxicity.threat")
    assert said(asyncio.run(reading(one.open(USER, Context()), [text]))) == {"toxicity.threat": 0.5}


def test_a_category_alone_is_no_hazard() -> None:
    assert said(read("hazards", "weaponsword cyberword")) == {}
    assert said(read("hazards", "weaponsword harmfulrequestword")) == {"hazard.request": 0.982, "hazard.weapons": 0.982}
    one, _ = made("hazards", Words(harmful_request=0.5, weapons=2.0, cyber=0.2))
    found = asyncio.run(reading(one.open(USER, Context()), ["weaponsword cyberword harmfulrequestword"]))
    assert said(found) == {"hazard.request": 0.622, "hazard.weapons": 0.622, "hazard.cyber": 0.55}


def test_a_refusal_is_looked_for_at_the_beginning_only() -> None:
    one, words = made("refusal")
    scan = one.open(ANSWER, Context())

    async def go() -> None:
        held = scan.feed("x " * 290, last=False)
        assert isinstance(held, Report) and held.settled == 0
        report = scan.feed("y " * 600 + "refusalword", last=False)
        assert not isinstance(report, Report)
        assert await report == Report((), 580 + 1211)
        assert scan.feed("refusalword " * 500, last=True) == Report((), 580 + 1211 + 6000)

    asyncio.run(go())
    assert [len(asked) for asked in words.asked] == [1]
    assert said(read("refusal", "refusalword, " + "x " * 900)) == {"answer.refusal": 0.982}


def test_an_example_for_training_is_a_json_document() -> None:
    example = '[{"role": "user", "content": "harmfultrainingword"}]'
    one, words = made("harmful_training")
    assert said(asyncio.run(reading(one.open(USER, Context()), [" \n", example]))) == {"training.harmful": 0.982}
    assert words.asked == [[("training_example", " \n" + example)]]
    scan = one.open(USER, Context())
    assert scan.feed("  ", last=False) == Report((), 0)
    assert scan.feed("harmfultrainingword", last=False) == Report((), 21), "other text doesn't even wait"
    assert one.open(USER, Context()).feed("", last=True) == Report((), 0)


@pytest.mark.parametrize(
    ("origin", "role"),
    [
        (Origin(Direction.REQUEST, Role.SYSTEM), "user"),
        (Origin(Direction.REQUEST, Role.DEVELOPER), "user"),
        (USER, "user"),
        (Origin(Direction.REQUEST, Role.ASSISTANT), "assistant"),
        (Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.COMMENTARY, "search"), "assistant"),
        (Origin(Direction.REQUEST, Role.TOOL, tool="search"), "tool"),
    ],
)
def test_the_model_is_told_who_speaks(origin: Origin, role: str) -> None:
    one, words = made("injection")
    asyncio.run(reading(one.open(origin, Context()), ["text"]))
    assert words.asked == [[(role, "text")]]


def test_a_whole_text_is_one_ask_and_blank_text_none() -> None:
    one, words = made("toxicity")
    asyncio.run(reading(one.open(USER, Context()), ["some words " * 400]))
    assert len(words.asked) == 1 and len(words.asked[0]) > 8
    asyncio.run(reading(one.open(USER, Context()), [" \n" * 2000]))
    assert len(words.asked) == 1


def test_the_windows_of_the_shipped_model_are_the_default() -> None:
    """What it was trained on is what it is asked about."""
    folder = Path(models.source(models.SHIPPED).path)
    about = About.model_validate(tiny.about({})) if not folder.exists() else models.Folder(folder).about
    one, _ = made("toxicity")
    assert (one.config.window, one.config.step) == (about.window.characters, about.window.step) == (720, 480)
    for kind in KINDS:
        for outputs in filters.module(kind).OUTPUTS.values():
            assert set(outputs) <= set(about.labels)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ["toxicity.hat"]}, r"labels: .*no label 'toxicity.hat' \(did you mean 'toxicity.hate'\?\)"),
        ({"labels": ["x"]}, r"no label 'x'; there are toxicity.toxic, "),
        ({"step": 601}, "`step` must be at most five sixths of `window`"),
        ({"threshold": 0}, "threshold: Input should be greater than 0"),
        ({"views": ["folded"]}, "'views' is for filters of patterns"),
        ({"models": "x"}, "models: Extra inputs are not permitted"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        filters.build("f", {"use": "toxicity", **options})


# ---------------------------------------------------------------------------------------------------- together


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    journal = tmp_path / "journal"
    monkeypatch.setattr(models, "_of_folder", scoring.folder(journal=str(journal)))
    monkeypatch.setattr(models, "_settings", scoring.settings("fake", "other"))
    yield journal


def test_all_of_them_ask_once(fakes: Path) -> None:
    async def go() -> None:
        them: list[Any] = [filters.build(kind, {"use": kind, "model": "fake"}) for kind in KINDS]
        await asyncio.gather(*(one.start() for one in them))
        await them[0].start()
        assert len({id(one.classifier) for one in them}) == 1
        text = "harmfulrequestword refusalword " + "some words " * 130

        async def feed(one: Any) -> set[str]:
            report = one.open(USER, Context()).feed(text, last=True)
            return {f.label for f in (report if isinstance(report, Report) else await report).findings}

        assert set().union(*await asyncio.gather(*map(feed, them))) == {"hazard.request", "answer.refusal"}
        for one in them:
            report = one.open(USER, Context()).feed(text, last=True)
            assert isinstance(report, Report), "what was read before doesn't even wait"
        pids = them[0].classifier.pool.pids
        for one in them:
            await one.aclose()
            await one.aclose()
        assert pids and models.running() == []

    asyncio.run(go())
    assert len(fakes.read_text().splitlines()) == 1, "one batch, and each window once"
    assert len(fakes.read_text().split()) == 3


@pytest.mark.usefixtures("fakes")
def test_a_model_without_the_labels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "LABELS", ("toxicity", "hate"))
    monkeypatch.setitem(tiny.WORDS, "hate", "hateword")

    async def go() -> None:
        one: Any = filters.build("t", {"use": "toxicity", "model": "other"})
        with pytest.raises(
            ConfigError, match=r"filter 't': model 'other' knows no harassment; leave toxicity.harassment"
        ):
            await one.start()
        some: Any = filters.build("t", {"use": "toxicity", "model": "other", "labels": ["toxicity.hate"]})
        await some.start()
        await some.aclose()
        assert models.running() == []

    asyncio.run(go())


def test_a_filter_that_is_not_started_reads_nothing() -> None:
    with pytest.raises(RuntimeError, match="not started"):
        filters.build("t", {"use": "toxicity"}).open(USER, Context())
