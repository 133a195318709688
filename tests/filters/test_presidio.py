"""`use: presidio`: Presidio's habits, and failures that are told."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from guardproxy import filters
from guardproxy.engine import Cut, Guard
from guardproxy.filters import presidio
from guardproxy.inference import Pool
from guardproxy.policy.load import load
from guardproxy.types import ConfigError, Context, Outcome
from tests.filters.presidio import ORIGIN, ROOT, Loop, needs_presidio, reading

PACK = ROOT / "policies/packs/pii-presidio.yaml"

# ---------------------------------------------------------------------------------------------------- Presidio's habits


@needs_presidio
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("LC76 HEMM ABCD EFGH IJKL MNOP QRST UVWX", "pii.iban"),
        ("+1 (415) 555 - 0132", "pii.phone"),
        ("415-555-0132 extension 12345", "pii.phone"),
        ("4111 1111 1111 111\U00011f51", "pii.card"),  # Unicode 15's digits, which end Presidio on an older Python
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


# ---------------------------------------------------------------------------------------------------- failures


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
        ({"languages": ["xx"]}, "there is no language 'xx'; known: af, .*, de, .*, en, .*, zh"),
        ({"workers": 0}, "greater than or equal to 1"),
    ],
)
def test_options_that_do_not_fit_are_told(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        filters.build("p", {"use": "presidio", **options})


@needs_presidio
def test_the_languages_are_those_of_spacy() -> None:
    code = """
import pkgutil, spacy.lang
print(*sorted(m.name for m in pkgutil.iter_modules(spacy.lang.__path__) if m.ispkg and m.name != "xx"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert tuple(done.stdout.split()) == presidio.LANGUAGES


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
