"""A candidate says what it would say if it were in force, or that it does not know; and it changes nothing."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import detectors
from guardproxy.engine import Cut, Guard, Held, Inspector, Silent
from guardproxy.engine.candidate import Comparison, Trial, Tried
from guardproxy.engine.json_text import guard_json
from guardproxy.engine.stock import Batch, Stock
from guardproxy.policy.load import examine
from guardproxy.types import Channel, Decision, Direction, Facts, Finding, Origin, Outcome, Role

ANSWER = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL)
WORDS = ("joe@mail.com", "bomb", "jim@mail.com", " ", "plain", "bo", "mb", "@", '"')
HEAD = """schema: guardproxy/v1
policy: p
filters:
  words: {{use: patterns, patterns: [{{id: mail, pattern: '[a-z]{{1,16}}@mail\\.com'}}, {{id: bomb, pattern: bomb}}]}}
  more: {{use: patterns, patterns: [{{id: {more}, pattern: '{more}'}}]}}
lists: {{ours: [{ours}]}}
rules:
"""
MASK = "  - {id: mask, when: words.mail, then: redact}\n"
BLOCK = "  - {id: block, when: words.bomb, then: block}\n"
MORE = "  - {id: plain, when: more.*, then: annotate}\n"
EXEMPT = "  - {id: exempt, when: words.mail, unless: {in_list: ours}, then: redact}\n"
SHADOW = "  - {id: later, mode: shadow, when: words.bomb, then: block}\n"


def policy(*rules: str, more: str = "plain", ours: str = "joe@*") -> str:
    return HEAD.format(more=more, ours=ours) + "".join(rules)


def pair(tmp: Path, main: str, candidate: str) -> tuple[Guard, Guard]:
    """Guards that share what is the same, started."""
    stock, guards = Stock(), []
    for text in (main, candidate):
        (tmp / "p.yaml").write_text(text)
        batch = Batch(stock, partial(detectors.build))
        examined = examine(tmp / "p.yaml", detectors.catalogue(), batch.build)
        assert examined.policy is not None, examined.problems
        guards.append(batch.guard(examined.policy, key=b"k" * 16, held=Held(1 << 20), fused=not guards))
        stock.take(batch)
        asyncio.run(stock.start(guards[-1].used))
    return guards[0], guards[1]


async def through(guard: Guard, texts: list[str], observer: Any, *, json: bool = False) -> list[str]:
    """What comes out, piece by piece; a cut ends it."""
    out = []
    try:
        if json:
            return [await guard_json("".join(texts), lambda: guard.gate(ANSWER, observer=observer))]
        gate = guard.gate(ANSWER, observer=observer)
        for i, text in enumerate(texts, 1):
            out.append(await gate.feed(text, last=i == len(texts)))
        await gate.shadow()
    except Cut:
        out.append("CUT")
    return out


async def tried(main: Guard, candidate: Guard, texts: list[str], *, json: bool = False) -> Tried:
    trial = Trial(Comparison(main, candidate), Silent())
    heard = await through(main, texts, trial, json=json)
    assert heard == await through(main, texts, Silent(), json=json)  # it changes nothing
    return await trial.run()


async def in_force(guard: Guard, text: str) -> tuple[Outcome, set[str]]:
    """What a policy says when it is the one in force."""
    seen = await Inspector(guard, observer=Silent()).text(text, ANSWER)
    return seen.outcome, {v.rule for v in seen.verdicts}


CASES = {
    "the same": policy(MASK, BLOCK),
    "other rules": policy(BLOCK, "  - {id: note, when: words.mail, then: annotate}\n"),
    "a filter that the other does not run": policy(MASK, MORE),
    "a filter of its own": policy(MASK, MORE, more="bo"),
    "other lists": policy(EXEMPT, ours="jim@*"),
}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Guard, Guard]]:
    tmp = tmp_path_factory.mktemp("pairs")
    return {name: pair(tmp, policy(MASK, SHADOW), text) for name, text in CASES.items()}


@pytest.mark.parametrize("name", CASES)
@given(words=st.lists(st.sampled_from(WORDS), max_size=8), streamed=st.booleans())
def test_it_says_what_it_would_say_in_force(
    pairs: dict[str, tuple[Guard, Guard]], name: str, words: list[str], streamed: bool
) -> None:
    main, candidate = pairs[name]
    texts = words if streamed and words else ["".join(words)]

    async def both() -> None:
        said = await tried(main, candidate, texts)
        outcome, rules = await in_force(candidate, "".join(texts))
        assert said.unknown == set()
        assert (said.outcome, said.name) == (outcome, outcome.name.lower())
        assert {v.rule for _, v in said.verdicts} == rules

    asyncio.run(both())


@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=8))
def test_strings_of_documents_are_heard_too(pairs: dict[str, tuple[Guard, Guard]], words: list[str]) -> None:
    main, candidate = pairs["a filter of its own"]
    document = '{"a": "' + "".join(w for w in words if w != '"') + '"}'
    said = asyncio.run(tried(main, candidate, [document], json=True))
    assert said.outcome >= asyncio.run(in_force(candidate, document))[0]


def test_what_is_cut_is_unknown_unless_it_blocks(tmp_path: Path) -> None:
    main, candidate = pair(tmp_path, policy(BLOCK), policy(MASK))
    said = asyncio.run(tried(main, candidate, ["joe@mail.com and a ", "bomb", " and more"]))
    assert (said.name, said.outcome, said.unknown) == ("unknown", Outcome.REDACT, {"cut"})
    main, candidate = pair(tmp_path, policy(BLOCK), policy(MASK, BLOCK))
    assert asyncio.run(tried(main, candidate, ["a bomb"])).name == "block"


def test_a_text_that_is_too_long_to_keep_is_unknown(tmp_path: Path) -> None:
    rule = MORE + "defaults: {max_whole: 5000}\n"
    main, candidate = pair(tmp_path, policy(MASK, "defaults: {max_whole: 5000}\n"), policy(rule, more="bo"))
    said = asyncio.run(tried(main, candidate, ["x " * 2000, "y " * 2000, "z "]))
    assert (said.name, said.unknown) == ("unknown", {"too_long"})


def test_texts_that_are_kept_are_bounded_and_forgotten(tmp_path: Path) -> None:
    main, candidate = pair(tmp_path, policy(MASK), policy(MASK, MORE, more="bo"))

    async def listened() -> tuple[int, Tried]:
        trial = Trial(Comparison(main, candidate), Silent())
        await through(main, ["joe@mail.com ", "bo"], trial)
        kept, said = candidate.held.now, await trial.run()
        trial.forget()
        return kept, said

    kept, said = asyncio.run(listened())
    assert (kept, candidate.held.now, said.name) == (15, 0, "redact")
    candidate.held.now = candidate.held.limit + 1
    _, said = asyncio.run(listened())
    assert (candidate.held.now, said.name, said.unknown) == (candidate.held.limit + 1, "unknown", {"busy", "too_long"})


def test_what_is_decided_beside_the_gates_is_heard(tmp_path: Path) -> None:
    main, candidate = pair(tmp_path, policy(MASK, "defaults: {failure: allow}\n"), policy(MASK))
    trial = Trial(Comparison(main, candidate), Silent())
    facts = Facts("r", ANSWER, (Finding("guard", "guard.unread", 1.0),))
    decision = main.decide(facts)
    trial.decided(facts, decision, final=True)
    assert (decision.outcome, asyncio.run(trial.run()).name) == (Outcome.ALLOW, "block")


def test_monitors_of_its_own_are_unknown(tmp_path: Path) -> None:
    watching = "  - {id: tools, when: call.*, then: block}\nmonitors:\n  tools: {use: tool_calls, deny: [shell]}\n"
    main, candidate = pair(tmp_path, policy(MASK), policy(MASK, watching))
    said = asyncio.run(tried(main, candidate, ["hello"]))
    assert (said.name, said.unknown) == ("unknown", {"monitors"})


def test_a_filter_of_its_own_that_fails_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main, candidate = pair(tmp_path, policy(MASK), policy(MASK, MORE, more="bo"))

    class Fails:
        def feed(self, text: str, *, last: bool) -> None:
            raise RuntimeError("broken")

    monkeypatch.setattr(candidate.detectors["more"], "open", lambda origin, context: Fails())
    said = asyncio.run(tried(main, candidate, ["joe@mail.com bo"]))
    assert (said.outcome, said.name) == (Outcome.BLOCK, "block")  # as it would be in force


def test_a_decision_of_nothing() -> None:
    assert Tried(Decision(Outcome.ALLOW).outcome).name == "allow"
