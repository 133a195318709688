"""The Gate: the only code that holds, edits or releases text.

A whole text is one `feed(text, last=True)`; a stream is many `feed(delta)`. There is no second path, and the text that
comes out is the same however it was cut: every filter says up to where it is sure, and nothing beyond that goes out.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter
from typing import NoReturn

from guardproxy.engine import readings
from guardproxy.engine.edits import Replacer, blocked
from guardproxy.engine.limits import Deadline, Held
from guardproxy.engine.observe import FailureKind, Observer, Silent, heard, tell_matched
from guardproxy.engine.plan import Plan
from guardproxy.engine.readings import Reading
from guardproxy.engine.second import Second
from guardproxy.types import Context, Decision, Edit, Facts, Filter, Finding, Outcome, Role, Span, Verdict

MAX_FINDINGS = 1000
SLICE = 8_192
"""Characters scanned at once; a longer text yields to other requests in between."""


class Cut(Exception):
    """The segment must not go on. Nothing that was held is released."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.rule)
        self.decision = decision


_NO_FAILURES = ("guard.unread", "guard.schema")  # of the policy's defaults, but of no filter
_NOTHING = Decision(Outcome.ALLOW)
_start = attrgetter("start")


class Gate:
    """One segment on its way through. Not shared, not reusable after Cut."""

    __slots__ = (  # from 30 attributes on, Python reads those of an object without slots more slowly
        "_about", "_base", "_deadline", "_edits", "_fed", "_fed_pieces", "_held", "_made", "_observer", "_pieces",
        "_readings", "_replaced", "_replacer", "_seam", "_second", "_shadow", "_since", "_streamed", "_tail", "_text",
        "_waited", "bypassed", "cuts", "decision", "edited", "ended", "facts", "known", "placed", "plan", "quiet", "released",
        "rewritable",
    )  # fmt: skip

    def __init__(
        self,
        plan: Plan,
        facts: Facts,
        *,
        replacer: Replacer,
        observer: Observer,
        held: Held,
        deadline: Deadline,
        bypass: bool = False,
        context: Context | None = None,
    ) -> None:
        self.plan, self.facts, self.decision = plan, facts, _NOTHING
        self._about = context or Context(facts.tenant, facts.model)
        self.edited = False
        """Some span was replaced, or can no longer be: positions in the released text are not the source's."""
        self.released = 0
        """Characters of the source that went out, replaced or not."""
        self.placed: list[tuple[int, int, int]] = []
        """(start, end) in the source of each edit made, and the length of what stands there now."""
        self.cuts = True
        """False: it reads to the end whatever it finds, for who only looks. The decision says what would have been cut."""
        self.rewritable = facts.origin.tool is None or facts.origin.role is Role.TOOL
        """Another text may stand for all of it. A call, a name or a JSON document would be none any more: there it is cut."""
        self.known: frozenset[object] | None = None
        """For a second view of a text: rules that the first one told about, so that nothing is counted twice."""
        self.quiet = False
        """Another view of the text tells what was decided, unless this one blocks."""
        self._replacer, self._observer, self._held, self._deadline = replacer, observer, held, deadline
        self._text = ""  # what is not released yet, but for the latest pieces: joined when something is released
        self._pieces: list[str] = []
        self._fed = self._fed_pieces = 0
        self._base = 0  # offset of the scans' zero, after a part ended
        self._seam = 0  # everything before it is out of reach
        self._tail = ""  # the end of what was released, read again by the next part
        self._edits: tuple[Edit, ...] = ()
        self._made: set[Span] = set()
        self._replaced = False  # another text went out for all of it
        self._streamed = False
        self._since = 0.0  # when the oldest held text came in
        self._waited = 0.0
        self.bypassed = bypass
        self._shadow: list[str] = []
        self.ended = False
        self._readings = self._open()
        self._second = self._stage(plan.second)

    # ------------------------------------------------------------------------------------------------ the path

    async def feed(self, text: str, *, last: bool = False) -> str:
        """Take more of the segment; return what may go out. Raises Cut when a rule blocks."""
        if self.bypassed:
            return text
        try:
            return await self._all(text, last)
        except BaseException:
            self.end()  # cancelled, say: what it held is held no more
            raise

    async def _all(self, text: str, last: bool) -> str:
        if last and not self._fed and len(text) > self.plan.policy.defaults.max_whole:
            self._decide([Finding("guard", "guard.overflow", 1.0)])
        if len(text) <= SLICE:
            return await self._feed(text, last)
        out = []
        for at in range(0, len(text), SLICE):
            out.append(await self._feed(text[at : at + SLICE], last and at + SLICE >= len(text)))
            await asyncio.sleep(0)
        return "".join(out)

    async def _feed(self, text: str, last: bool) -> str:
        if self.ended:
            raise RuntimeError("the gate has ended")
        self._pieces.append(text)
        self._fed += len(text)
        self._fed_pieces += bool(text)
        self._streamed = self._streamed or not last
        self._held.now += len(text)
        if self.plan.behind and self._fed <= self.plan.policy.defaults.max_whole:
            self._shadow.append(text)
        found, settled = await self._scan(text, last)
        if found:
            self._decide(found)
        if self._second is not None:
            self._second.feed(text)
            settled = await self._escalated(self._second, settled, last)
        if over := self._overflow(settled, last):
            self._decide([over])
        out = self._release(self._fed if last else settled, last)
        if last:
            self.end()
        return out

    async def part_ended(self) -> str:
        """Another field goes on: release the tail as if it were the last, and keep what could go on as context.

        A match that straddles the seam is found when the field comes back; its head is out, so it cuts.
        """
        if self._fed == self._seam or self.bypassed or self.ended:
            return ""
        tail = self._context()
        found, _ = await self._scan("", True)
        if found:
            self._decide(found)
        if self._second is not None:
            await self._escalated(self._second, self._fed, True)
            self._second.restart()
        out = self._release(self._fed, True)
        self._seam, self._tail = self._fed, tail
        self._close_scans()
        self._readings = []
        return out

    def _context(self) -> str:  # the end of what was fed that could be the beginning of a match, earlier parts included
        text, start = self._held_text(), self.released
        if start == self._seam:
            text, start = self._tail + text, start - len(self._tail)
        sure = readings.settled(self._readings)
        settled = self._fed if sure is None else sure + self._base
        return text[max(0, settled - start) :][-self.plan.policy.defaults.max_hold :]

    def follow(self, other: Gate) -> None:
        """Read what comes next as what goes on behind the end of another gate's part: it is the same text."""
        self._seam, self._tail = self._fed, other._tail
        self._replaced = other._replaced
        self._readings = []

    async def judge(self, text: str) -> tuple[Edit, ...]:
        """Read a whole text and return the edits it needs, without making them. Raises Cut."""
        if not self.bypassed:
            await self.look(text, last=True)
        return self._edits

    async def look(self, text: str, *, last: bool = False) -> None:
        """Read more of a text that another view writes: `released` and `edits` say what came of it. Raises Cut."""
        self.rewritable = False
        writing, self._replacer = self._replacer, self._replacer.reading()
        try:
            await self.feed(text, last=last)
        finally:
            self._replacer = writing

    def hold(self, more: int) -> None:
        """Somebody keeps `more` characters back beside this gate's own; negative: no longer."""
        self._held.now += more

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits so far, made or not: those that end at or before `released` are final."""
        return self._edits

    def replacement(self, edit: Edit, text: str) -> str:
        """What stands for a span's text."""
        return self._replacer(edit, text)

    def render(self, text: str, edits: tuple[Edit, ...]) -> str:
        """A whole text with these edits made: for callers of `judge`."""
        return self._replacer.render(text, edits) if edits else text

    # ------------------------------------------------------------------------------------------------ scanning

    def _open(self) -> list[Reading]:
        return readings.opened(self.plan.enforcing, self.facts.origin, self._about)

    async def _scan(self, text: str, last: bool) -> tuple[list[Finding], int]:
        """New findings, and up to where every filter that text waits for is sure."""
        if not self._readings and self.plan.enforcing:  # a new part begins: read the end of the last one again
            self._readings = self._open()
            self._base = self._seam - len(self._tail)
            text = self._tail + text
        said = await readings.feed(
            self._readings, text, last=last, deadline=self._deadline, length=self._fed, pieces=self._fed_pieces
        )
        settled = readings.settled(self._readings)
        settled = self._fed if settled is None else min(self._fed, settled + self._base)
        return self._placed(said) if said else said, max(settled, self._seam)

    def _stage(self, filters: Mapping[str, Filter]) -> Second | None:
        if not filters:
            return None
        return Second(filters, self.facts.origin, self._about, self._deadline)

    async def _escalated(self, second: Second, settled: int, last: bool) -> int:
        """Ask stage 2 what can be asked now, and decide again. `settled`, lowered to where the text waits for answers."""
        second.want(self.decision.ask)
        while due := second.due(settled, last):
            if found := await second.read(due):
                self._decide([self._listed(f) for f in found] if self.plan.policy.lists else found)
                second.want(self.decision.ask)
        second.forget(settled)
        return settled if second.frozen is None else min(settled, second.frozen)

    def _placed(self, said: list[Finding]) -> list[Finding]:
        """The findings where they stand in the segment, without those that are wholly in an earlier part."""
        found, base, seam = [], self._base, self._seam
        for finding in said:
            if finding.span is not None and base:
                finding = replace(finding, span=(finding.span[0] + base, finding.span[1] + base))
            if finding.span is None or finding.span[1] > seam:
                found.append(self._listed(finding) if self.plan.policy.lists else finding)
        return found

    def _listed(self, finding: Finding) -> Finding:
        """The finding with the policy lists that its text is in. What is out already is in none: that only adds up."""
        if finding.span is None or finding.span[0] < self.released:
            return finding
        start, end = (offset - self.released for offset in finding.span)
        return replace(finding, lists=self.plan.policy.lists_of(self._held_text()[start:end]))

    def _overflow(self, settled: int, last: bool) -> Finding | None:
        limits = self.plan.policy.defaults
        whole = limits.release == "whole" or (self.plan.rewrites and self.rewritable)
        waiting = self._fed - (self.released if whole else max(settled, self.released))
        bound = limits.max_whole if whole else limits.max_hold
        return Finding("guard", "guard.overflow", 1.0) if not last and waiting > bound else None

    # ------------------------------------------------------------------------------------------------ deciding

    def _decide(self, found: list[Finding]) -> None:
        if (log := self.plan.policy.log) != "none":
            tell_matched(self._observer, log, found, self._held_text(), self.released, self._replacer.fingerprint)
        findings = (*self.facts.findings, *found)
        if len(findings) > MAX_FINDINGS:
            findings = (*findings[:MAX_FINDINGS], Finding("guard", "guard.overflow", 1.0))
        self.facts = replace(self.facts, findings=findings)
        self.decision = self.plan.decide(self.facts)
        begun = (self.released or self._tail) and not self._replaced  # some of it is out, maybe under another name
        if self.cuts and self.decision.outcome is Outcome.REWRITE and (begun or not self.rewritable):
            self.decision = blocked(self.decision)
        failures = [f for f in found if f.label.startswith("guard.") and f.label not in _NO_FAILURES]
        for finding in failures:
            kind: FailureKind = finding.label.removeprefix("guard.")  # type: ignore[assignment]
            self._observer.filter_failed(finding.filter, kind, allowed=self.decision.outcome < Outcome.BLOCK)
        if self.decision.outcome >= Outcome.REQUIRE_APPROVAL and self.cuts:  # what is written waits for nobody
            self._cut()
        self._edits = self.decision.edits
        late = any(e.start < self.released and (e.start, e.end) not in self._made for e in self._edits)
        if self.cuts and late and not self._replaced:
            self._cut()  # its head is out already: what can't be taken back is at least not finished

    def overflow(self) -> None:
        """The text is more than is read of it: a finding like any failure. Raises Cut where policy blocks those."""
        self._decide([Finding("guard", "guard.overflow", 1.0)])

    def misfit(self) -> None:
        """No replacement fits the schema that the client asked for: a finding like any failure. Raises Cut like `overflow`."""
        self._decide([Finding("guard", "guard.schema", 1.0)])

    def mute(self) -> None:
        """Tell nobody what is decided: the text is only a proposal of ours."""
        self._observer = Silent()

    def tell(self) -> None:
        """Tell what was decided after all, though `quiet`."""
        if not self.plan.behind:
            self._observer.decided(self.facts, self.decision, final=True)

    def unread(self) -> None:
        """There is something that no filter can read. Raises Cut where policy blocks that."""
        self._decide([Finding("guard", "guard.unread", 1.0)])

    def refuse(self, edit: Edit) -> NoReturn:
        """Cut because an edit can't be written where it would have to stand (a key, a number, a name)."""
        findings = tuple(f for f in self.facts.findings if f.span and f.span[0] < edit.end and edit.start < f.span[1])
        verdict = Verdict(edit.rule, Outcome.BLOCK, False, findings)
        self.decision = Decision(Outcome.BLOCK, (), (*self.decision.verdicts, verdict))
        self._observer.decided(self.facts, self.decision, final=True)
        raise Cut(self.decision)

    def _cut(self) -> None:
        self.edited = True
        self.end()
        raise Cut(self.decision)

    # ------------------------------------------------------------------------------------------------ releasing

    def _release(self, settled: int, last: bool) -> str:
        """The text up to `settled` with its edits made; an edit that is not wholly settled waits."""
        mode = self.plan.policy.defaults.release
        if self.plan.rewrites and self.rewritable:
            if last and (self._replaced or self.decision.outcome is Outcome.REWRITE):
                return self._rewrite()
            mode = "whole"
        if mode == "whole" and not last:
            settled = self.released
        elif mode == "eager":
            settled = self._fed
        start = self.released
        if settled <= start:
            self._clock(start)
            return ""
        text, at = self._held_text(), start
        out: list[str] = []
        # edits are sorted and don't overlap: only the one before the first that starts later can reach in
        first = bisect_right(self._edits, start, key=_start)
        for edit in self._edits[max(0, first - 1) :]:
            if edit.end <= at:
                continue
            if edit.start >= settled:
                break
            out.append(text[at - start : edit.start - start])
            if edit.end > settled:
                settled = at = edit.start
                break
            out.append(self._replacer(edit, text[edit.start - start : edit.end - start]))
            self.placed.append((edit.start, edit.end, len(out[-1])))
            self._made.add((edit.start, edit.end))
            self.edited = True
            at = edit.end
        out.append(text[at - start : settled - start])
        self._text = text[settled - start :]
        self.released = settled
        self._held.now -= settled - start
        self._clock(start)
        return "".join(out)

    def _rewrite(self) -> str:
        """Other words for the whole text, once; nothing that comes behind them is of use."""
        start, out = self.released, "" if self._replaced else self._replacer.rewritten(self.plan.policy, self.decision)
        self.placed.append((start, self._fed, len(out)))
        self._replaced = self.edited = True
        self._held.now -= self._fed - start
        self._pieces, self._text, self.released = [], "", self._fed
        self._clock(start)
        return out

    def _held_text(self) -> str:
        if self._pieces:
            self._text += "".join(self._pieces)
            self._pieces.clear()
        return self._text

    def _clock(self, before: int) -> None:
        """How long some text has been waiting, over the whole segment."""
        waiting = self.released < self._fed
        if self._since and (self.released > before or not waiting):
            self._waited += time.perf_counter() - self._since
            self._since = 0.0
        if waiting and not self._since:
            self._since = time.perf_counter()

    # ------------------------------------------------------------------------------------------------ ending

    def end(self) -> None:
        """No more text comes: tell what was decided. Idempotent; also for a stream that broke off."""
        if self.ended:
            return
        self.ended = True
        self._held.now -= self._fed - self.released
        self._text = ""
        self._pieces.clear()
        self._close_scans()
        if self._since:
            self._waited += time.perf_counter() - self._since
        if self._streamed:
            self._observer.held(self._waited)
        if not self.plan.behind and not self._told():
            self._observer.decided(self.facts, self.decision, final=True)

    def _told(self) -> bool:
        """Whether another view of the same text told all that this one has to tell."""
        if self.decision.outcome >= Outcome.BLOCK:
            return False
        return self.quiet or (self.known is not None and heard(self.facts, self.decision) <= self.known)

    def _close_scans(self) -> None:
        readings.close(self._readings, self._observer)
        for name, seconds in self._second.seconds.items() if self._second else ():
            self._observer.filter_ran(name, seconds)

    async def shadow(self) -> None:
        """Run the filters that only shadow rules need, after the text went out, and tell the decision with theirs."""
        if not self.plan.behind or self.bypassed:
            return
        text = "".join(self._shadow)
        said = await readings.behind(self.plan, text, self.facts.origin, self._about, self._deadline, self._observer)
        known, found = len(self.facts.findings), (*self.facts.findings, *said)
        facts = replace(self.facts, findings=found[:MAX_FINDINGS])
        self.facts = await self._escalated_behind(text, facts)
        if (log := self.plan.policy.log) != "none":
            behind = self.facts.findings[known:]
            tell_matched(self._observer, log, behind, text, 0, self._replacer.fingerprint)
        shadowed = [v for v in self.plan.decide(self.facts).verdicts if v.shadow]
        spoken = [v for v in self.decision.verdicts if not v.shadow]
        self._observer.decided(self.facts, replace(self.decision, verdicts=(*spoken, *shadowed)), final=True)

    async def _escalated_behind(self, text: str, facts: Facts) -> Facts:
        """The facts with what stage 2 says where only shadow rules ask it."""
        second = self._stage(self.plan.shadow_second)
        if second is None:
            return facts
        second.feed(text)
        second.want(self.plan.decide(facts).ask, shadow=True)
        while due := second.due(len(text), True):
            facts = replace(facts, findings=(*facts.findings, *await second.read(due))[:MAX_FINDINGS])
            second.want(self.plan.decide(facts).ask, shadow=True)
        return facts
