"""What is wrong with the tests in a policy file, beyond their form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from guardproxy.policy.case_form import CaseEntry, ExpectEntry, GivenEntry, TurnEntry
from guardproxy.policy.complaints import did_you_mean
from guardproxy.policy.model import FAILURE_RULE
from guardproxy.types import ConfigError, Path

if TYPE_CHECKING:
    from guardproxy.policy.check import Subject

Unknown: TypeAlias = "Callable[[Subject, str], str]"
"""Why no finding can have a label (a glob); nothing when one can."""
_ALONE = ("role", "direction", "channel", "tool", "findings", "failures", "text", "call", "plain", "before", "said")
"""Keys that say what is given where there is no conversation."""


def given(subject: Subject, path: Path, entry: CaseEntry) -> Iterator[ConfigError]:
    """A test is given one thing, and only what goes with it."""
    given, error = entry.given, subject.source.error
    if given.conversation is not None:
        for key in _ALONE:
            if key in given.model_fields_set:
                message = f"`{key}` is about one text, and the test is given a conversation; write it into a turn"
                yield error("GP002", message, (*path, key), key=True)
        for i, turn in enumerate(given.conversation):
            yield from _turn(subject, (*path, "conversation", i), turn, last=i == len(given.conversation) - 1)
        return
    if given.role is None:
        yield error("GP002", "the key `role` is missing: whose text is it?", path)
    seen = given.findings is not None or given.failures is not None
    if seen + (given.text is not None) + (given.call is not None) != 1:
        message = "a test is given either a `text`, or a `call`, or `findings` and `failures`, or a `conversation`"
        yield error("GP002", message, path)
    yield from _call(subject, path, given)


def _call(subject: Subject, path: Path, given: GivenEntry) -> Iterator[ConfigError]:
    """A test with a `call` is one of the assistant's, of a named tool."""
    error = subject.source.error
    if given.text is None and given.said:
        yield error("GP002", "`said` stands before a `text`, and the test is given none", (*path, "said"), key=True)
    if given.call is None:
        for key in ("plain", "declared", "before"):
            if key in given.model_fields_set:
                yield error("GP002", f"`{key}` is about a `call`, and the test is given none", (*path, key), key=True)
    elif given.role != "assistant" or given.direction == "request" or given.tool is None:
        message = "a `call` is the assistant's, of a `tool`, in a reply: monitors look nowhere else"
        yield error("GP002", message, (*path, "call"), key=True)


def _turn(subject: Subject, path: Path, turn: TurnEntry, *, last: bool) -> Iterator[ConfigError]:
    error = subject.source.error
    if (turn.text is None) == (turn.calls is None):
        yield error("GP002", "a turn has either a `text` or `calls`; write two turns for both", path)
    if turn.calls is not None and (turn.role != "assistant" or turn.tool is not None):
        yield error("GP002", "`calls` are the assistant's, and each names its `tool`", (*path, "calls"), key=True)
    if turn.channel is not None and turn.role != "assistant":
        yield error("GP002", "only what the assistant says has a channel", (*path, "channel"), key=True)
    if turn.expect is not None and last:
        message = "what is expected of the last turn stands in the `expect` of the test"
        yield error("GP002", message, (*path, "expect"), key=True)


def expected(subject: Subject, path: Path, entry: CaseEntry, unknown: Unknown) -> Iterator[ConfigError]:
    """What a test expects can be told, and is about rules and labels that there are."""
    given = entry.given
    turns = list(enumerate(given.conversation or ()))
    last = turns[-1][1] if turns else None
    text = given.text is not None or (last is not None and last.text is not None)
    calls = given.call is not None or (last is not None and last.calls is not None)
    yield from _expect(subject, (*path, "expect"), entry.expect, unknown, text=text, calls=calls)
    for i, turn in turns:
        if turn.expect is not None:
            at = (*path, "given", "conversation", i, "expect")
            here = {"text": turn.text is not None, "calls": turn.calls is not None}
            yield from _expect(subject, at, turn.expect, unknown, **here)


def _expect(
    subject: Subject, path: Path, expect: ExpectEntry, unknown: Unknown, *, text: bool, calls: bool
) -> Iterator[ConfigError]:
    error = subject.source.error
    if not expect.model_dump(exclude_defaults=True):
        keys = ", ".join(f"`{key}`" for key in ExpectEntry.model_fields)
        yield error("GP002", f"the test expects nothing; say one of {keys}", path)
    if expect.released is not None and not text and not calls:
        yield error("GP002", "`released` needs a `text` or a `call`: findings have none", (*path, "released"), key=True)
    known = [FAILURE_RULE, *(r.id for r in subject.policy.rules)]
    named = [("rules", i, name) for i, name in enumerate(expect.rules)]
    named += [("not_rules", i, name) for i, name in enumerate(expect.not_rules)]
    for key, i, name in named:
        if name not in known:
            yield error("GP002", f"there is no rule {name!r}{did_you_mean(name, known)}", (*path, key, i))
    for i, one in enumerate(expect.findings):
        here = (*path, "findings", i)
        if one.text is not None and not text:
            message = "which text was found can be told of a `text` only; say label, score or filter"
            yield error("GP002", message, (*here, "text"), key=True)
        detectors = (*subject.policy.filters, *subject.policy.monitors, "guard")
        if one.filter is not None and one.filter not in detectors:
            hint = did_you_mean(one.filter, detectors)
            yield error("GP002", f"there is no filter {one.filter!r}{hint}", (*here, "filter"))
    labels = [((*path, "findings", i, "label"), one.label) for i, one in enumerate(expect.findings)]
    labels += [((*path, "not_findings", i), label) for i, label in enumerate(expect.not_findings)]
    for at, label in labels:
        if message := unknown(subject, label):
            yield error("GP014", message, at)
