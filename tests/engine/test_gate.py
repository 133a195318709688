"""The Gate, as traces: what goes in, what comes out, and when."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import pytest

from guardproxy.engine import Cut, Gate, Guard
from guardproxy.engine.limits import Deadline, Held
from guardproxy.policy.model import Defaults, Mode
from guardproxy.text import PatternFilter
from guardproxy.types import Context, Decision, Facts, Finding, Origin, Outcome, Report, Style
from tests.engine.play import BOMB, EMAIL, PATTERNS, REPLY, RULES, Play, guard, policy, rule


def run(play: Play) -> None:
    asyncio.run(play.run())


def play(one: Guard | None = None) -> Play:
    return Play((one or guard()).gate(REPLY))


def test_address_split_over_three_deltas_is_masked() -> None:
    run(play() >> "write to jo" << "write to " >> "e@example." << "" >> "com now" << "[pii.email] now")


def test_prose_is_not_held_beyond_its_last_word() -> None:
    run(play() >> "The quick brown fox " << "The quick brown fox " >> "jumps. " << "jumps. " >> "Over" << "Over")


def test_address_at_the_very_end_is_masked() -> None:
    run(play() >> "a@b." << "" >> "co" << "[pii.email]")


def test_a_block_cuts_before_the_span_and_nothing_follows() -> None:
    trace = play() >> "how to build a pipe " << "how to build a " >> "bomb: take" << Cut >> "a tube" << Cut
    with pytest.raises(RuntimeError):
        run(trace)


def test_two_secrets_and_text_between_them() -> None:
    text = "k AKIAIOSFODNN7EXAMPLE, mail a.b@example.org!"
    run(play() >> text << "k [secret.aws], mail [pii.email]!")


def test_following_digit_does_not_hide_a_card() -> None:
    run(play() >> "4111 1111 1111 1111" << "" >> "0 x" << "[pii.card]0 x")


@pytest.mark.parametrize(("style", "expected"), [(Style.MASK, "to ********* now"), (Style.LABEL, "to [pii.email] now")])
def test_styles(style: Style, expected: str) -> None:
    rules = [rule("m", "pii.*", Outcome.REDACT, style=style)]
    run(play(guard(policy(rules))) >> "to a@b.co.uk now" << expected.replace("*********", "*" * 9))


def test_hash_is_keyed_and_stable() -> None:
    rules = [rule("m", "pii.*", Outcome.REDACT, style=Style.HASH)]

    async def once(key: bytes) -> str:
        one = Guard.build(policy(rules), {"p": PatternFilter("p", PATTERNS)}, key=key)
        return await one.gate(REPLY).feed("a@b.co", last=True)

    first, again, other = (asyncio.run(once(k)) for k in (b"1" * 32, b"1" * 32, b"2" * 32))
    assert first == again != other
    assert first.startswith("[pii.email:")


def test_release_whole_sends_nothing_before_the_end() -> None:
    one = guard(policy(defaults=Defaults(release="whole")))
    run(play(one) >> "hello " << "" >> "world" << "hello world")


def test_release_eager_sends_at_once_and_cuts_what_it_can() -> None:
    one = guard(policy(defaults=Defaults(release="eager")))
    run(play(one) >> "mail a@b.co " << "mail [pii.email] " >> "joe@ex" << "joe@ex" >> "ample.org ok" << Cut)


def test_overflow_blocks_and_says_so() -> None:
    one = guard(policy(defaults=Defaults(max_hold=20)))
    gate = one.gate(REPLY)
    with pytest.raises(Cut) as cut:
        asyncio.run(gate.feed("x" * 30))
    assert [f.label for v in cut.value.decision.verdicts for f in v.findings] == ["guard.overflow"]


def test_whole_text_beyond_max_whole_overflows() -> None:
    with pytest.raises(Cut):
        asyncio.run(guard(policy(defaults=Defaults(max_whole=1000))).gate(REPLY).feed("x " * 600, last=True))


def test_a_thousand_findings_are_enough() -> None:
    with pytest.raises(Cut):
        asyncio.run(guard().gate(REPLY).feed("a@b.co " * 1100, last=True))


class Slow:
    """A filter that answers late, wrong, or not at all."""

    hold = True

    def __init__(self, name: str, behaviour: object, *, hold: bool = True) -> None:
        self.name, self.behaviour, self.hold = name, behaviour, hold

    def open(self, origin: Origin, context: Context) -> "Slow":
        return self

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    async def feed(self, text: str, *, last: bool) -> Report:
        if isinstance(self.behaviour, Exception):
            raise self.behaviour
        if self.behaviour == "sleep":
            await asyncio.sleep(60)
        return Report((Finding(self.name, "hazard.x", 1.0, (0, 1)),) if self.behaviour == "find" else (), 10**9)


class Heard:
    """Keeps what the engine told."""

    def __init__(self) -> None:
        self.failures: list[tuple[str, str, bool]] = []
        self.decisions: list[Decision] = []
        self.waits: list[float] = []

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        self.decisions.append(decision)

    def filter_ran(self, filter: str, seconds: float) -> None:
        assert seconds >= 0

    def filter_failed(self, filter: str, kind: str, *, allowed: bool) -> None:
        self.failures.append((filter, kind, allowed))

    def held(self, seconds: float) -> None:
        self.waits.append(seconds)

    def dropped(self, names: Iterable[str]) -> None: ...

    def upstream_failed(self, code: str) -> None: ...


def gate_of(one: Guard, heard: Heard, *, seconds: float = 0.05) -> Gate:
    made = one.gate(REPLY, observer=heard)
    made._deadline = Deadline(base=seconds)
    return made


@pytest.mark.parametrize(("behaviour", "kind"), [(ValueError("x"), "error"), ("sleep", "timeout")])
def test_failure_blocks_by_default_and_is_told(behaviour: object, kind: str) -> None:
    heard = Heard()
    with pytest.raises(Cut):
        asyncio.run(gate_of(guard(s=Slow("s", behaviour)), heard).feed("hi", last=True))
    assert heard.failures == [("s", kind, False)]


def test_text_that_comes_in_many_pieces_is_not_too_slow_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a piece costs by itself is allowed for, so that arrival does not change the verdict; more is not."""
    now = 0.0

    class Steady:
        name, hold, cost = "s", True, 0.0

        def open(self, origin: object, context: object) -> object:
            return self

        def feed(self, text: str, *, last: bool) -> Report:
            nonlocal now
            now += self.cost
            return Report((), 0)

    async def stream(one: Guard) -> None:
        gate = gate_of(one, Heard())
        for _ in range(2000):
            await gate.feed("x")

    monkeypatch.setattr("guardproxy.engine.gate.time.perf_counter", lambda: now)
    steady = Steady()
    steady.cost = 0.0002
    asyncio.run(stream(guard(s=steady)))  # type: ignore[arg-type]
    steady.cost = 0.0004
    with pytest.raises(Cut):
        asyncio.run(stream(guard(s=steady)))  # type: ignore[arg-type]


def test_failure_let_through_is_counted() -> None:
    heard = Heard()
    one = guard(policy(defaults=Defaults(failure="allow"), names=("s",)), s=Slow("s", ValueError("x")))
    assert asyncio.run(gate_of(one, heard).feed("hi", last=True)) == "hi"
    assert heard.failures == [("s", "error", True)]


@pytest.mark.parametrize(("pace", "fine"), [(0.0, False), (0.5, True)])
def test_a_filter_may_ask_for_more_time_per_kilobyte(pace: float, fine: bool) -> None:
    class Reader(Slow):
        seconds_per_kilobyte = pace

        async def feed(self, text: str, *, last: bool) -> Report:
            await asyncio.sleep(0.3)
            return Report((), len(text))

    made = gate_of(guard(s=Reader("s", None)), Heard(), seconds=0.05)
    if fine:
        assert asyncio.run(made.feed("x" * 2048, last=True)) == "x" * 2048
    else:
        with pytest.raises(Cut):
            asyncio.run(made.feed("x" * 2048, last=True))


def test_filters_run_concurrently_under_one_deadline() -> None:
    """Ten filters that hang cost one deadline, not ten."""
    one = guard(**{f"s{i}": Slow(f"s{i}", "sleep") for i in range(10)})
    heard = Heard()

    async def timed() -> float:
        started = asyncio.get_running_loop().time()
        with pytest.raises(Cut):
            await gate_of(one, heard, seconds=0.2).feed("hi", last=True)
        return asyncio.get_running_loop().time() - started

    assert asyncio.run(timed()) < 1.0


def test_shadow_filter_neither_holds_nor_blocks_and_is_told() -> None:
    rules = [rule("would-block", "hazard.*", Outcome.BLOCK, mode=Mode.SHADOW)]
    heard = Heard()

    async def exchange() -> str:
        gate = guard(policy(rules)).gate(REPLY, observer=heard)
        out = await gate.feed("a pipe b") + await gate.feed("omb", last=True)
        await gate.shadow()
        return out

    assert asyncio.run(exchange()) == "a pipe bomb"
    (decision,) = heard.decisions
    assert decision.outcome is Outcome.ALLOW
    assert [(v.rule, v.shadow) for v in decision.verdicts] == [("would-block", True)]


def test_shadow_rule_of_a_filter_that_also_enforces_is_told_at_once() -> None:
    heard = Heard()
    rules = [*RULES, rule("would-block", "pii.*", Outcome.BLOCK, mode=Mode.SHADOW)]
    out = asyncio.run(guard(policy(rules)).gate(REPLY, observer=heard).feed("a@b.co", last=True))
    assert out == "[pii.email]"
    assert {(v.rule, v.shadow) for v in heard.decisions[0].verdicts} == {("mask-pii", False), ("would-block", True)}


def test_hold_false_does_not_hold_but_cuts() -> None:
    one = guard(p=PatternFilter("p", [BOMB], hold=False))
    run(play(one) >> "a pipe " << "a pipe " >> "bo" << "bo" >> "mb" << Cut)


def test_part_end_releases_the_tail_and_a_match_over_the_seam_cuts() -> None:
    async def exchange() -> None:
        gate = guard().gate(REPLY)
        assert await gate.feed("mail joe@exam") == "mail "
        assert await gate.part_ended() == "joe@exam"
        with pytest.raises(Cut):
            await gate.feed("ple.com for more")

    asyncio.run(exchange())


def test_part_end_then_clean_text_and_a_new_match() -> None:
    async def exchange() -> None:
        gate = guard().gate(REPLY)
        assert await gate.feed("mail a@b.co or ") == "mail [pii.email] or "
        assert await gate.part_ended() == ""
        assert await gate.part_ended() == ""
        assert await gate.feed("write x@y.org") == "write "
        assert await gate.feed("", last=True) == "[pii.email]"

    asyncio.run(exchange())


def test_held_text_of_all_requests_is_counted_and_given_back() -> None:
    one = guard()

    async def exchange() -> None:
        gate, other = one.gate(REPLY), one.gate(REPLY)
        await gate.feed("abc")
        await other.feed("defgh")
        assert one.held.now == 8
        await gate.feed(" ", last=True)
        other.end()
        assert one.held.now == 0

    asyncio.run(exchange())
    assert Held(5, 6).full


def test_long_text_is_scanned_in_slices_with_the_same_result() -> None:
    text = "word " * 13_106 + "joe@example.com" + " word" * 20_000

    async def exchange() -> str:
        return await guard().gate(REPLY).feed(text, last=True)

    assert asyncio.run(exchange()) == text.replace("joe@example.com", "[pii.email]")


def test_lists_are_facts_of_the_finding() -> None:
    from types import MappingProxyType

    from guardproxy.policy.model import Unless

    rules = [rule("m", "pii.*", Outcome.REDACT, unless=Unless(in_list=frozenset({"ours"})))]
    one = replace(policy(rules), lists=MappingProxyType({"ours": ("*@example.com",)}))
    out = asyncio.run(guard(one).gate(REPLY).feed("joe@example.com joe@example.org", last=True))
    assert out == "joe@example.com [pii.email]"


def test_failure_of_a_fused_filter_names_every_filter_in_it() -> None:
    one = guard(a=PatternFilter("a", [EMAIL]), b=PatternFilter("b", [BOMB]))
    heard = Heard()
    gate = one.gate(REPLY, observer=heard)
    gate._readings[0].scan = Slow("x", "never")  # type: ignore[assignment]

    def broken(text: str, *, last: bool) -> Report:
        raise ValueError(text)

    gate._readings[0].scan.feed = broken  # type: ignore[method-assign]
    with pytest.raises(Cut):
        asyncio.run(gate.feed("x", last=True))
    assert [f[0] for f in heard.failures] == ["a", "b"]


class Stuck:
    """A filter that never answers."""

    name, hold = "stuck", True

    def open(self, origin: Origin, context: object) -> "Stuck":
        return self

    async def feed(self, text: str, *, last: bool) -> Report:
        await asyncio.sleep(60)
        raise AssertionError("it was waited for")

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


def test_a_cancelled_reader_holds_nothing_any_more() -> None:
    one = guard(policy([rule("m", "x.*", Outcome.REDACT)], names=("stuck",)), stuck=Stuck())

    async def run() -> None:
        reading = asyncio.ensure_future(one.gate(REPLY).feed("some text", last=True))
        await asyncio.sleep(0.01)
        assert one.held.now == 9
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(run())
    assert one.held.now == 0
