"""The shape of `tests:` in a policy file: what they give, and what they expect."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from guardproxy.policy.form import ChannelName, DirectionName, Label, Name, RoleName, Strict, Text, Verb

_Long: TypeAlias = Annotated[str, Field(max_length=20_000)]
_AnyRule: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")]


class FindingEntry(Strict):
    """A finding that a test gives instead of running the filter."""

    label: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$")] = Field(description="Its label.")
    score: float = Field(default=1.0, ge=0, le=1, description="Its score.")
    text: Text | None = Field(default=None, description="The found text: decides which lists it is in.")
    filter: Name | None = Field(default=None, description="The filter that found it, if several could have.")


class SaidEntry(Strict):
    """A message that came before the text of a test."""

    role: RoleName = Field(description="Whose it is.")
    text: _Long = Field(description="What it says.")
    direction: DirectionName = Field(
        default="request", description="`response`: it is of the same reply as the test's text, in another channel."
    )
    channel: ChannelName | None = Field(default=None, description="Harmony's channel.")
    tool: Text | None = Field(default=None, description="Name of the tool that is called or that answered.")


class FoundEntry(Strict):
    """A finding that a test expects."""

    label: Label = Field(description="Its label; a glob.")
    text: Text | None = Field(default=None, description="The found text, exactly.")
    score: float | None = Field(default=None, ge=0, le=1, description="Its score at least.")
    filter: Name | None = Field(default=None, description="The filter or monitor that found it.")


class ExpectEntry(Strict):
    """What must come of it."""

    outcome: Verb | None = Field(default=None, description="The strictest outcome.")
    rules: list[_AnyRule] = Field(
        default=[], description="Rules that must be among those that fired; `defaults.failure` is one."
    )
    not_rules: list[_AnyRule] = Field(default=[], description="Rules that must not be among those that fired.")
    released: str | None = Field(
        default=None, description="Exactly what goes out; where it blocks, what a stream had let out before."
    )
    findings: list[FoundEntry] = Field(
        default=[], description="What must be among what the filters and monitors find, whether a rule wants it or not."
    )
    not_findings: list[Label] = Field(default=[], description="Labels (globs) of which nothing may be found.")
    message: Text | None = Field(default=None, description="What the client is told, where it blocks.")


class CallEntry(Strict):
    """A call of a tool in a conversation."""

    tool: Text = Field(description="Name of the tool.")
    arguments: _Long = Field(description="JSON as text, or what a tool that takes plain text gets.")
    plain: bool = Field(default=False, description="The tool takes plain text.")


class TurnEntry(Strict):
    """One turn of a conversation: a message, calls of tools, or what a tool returned."""

    role: RoleName = Field(description="Whose it is; what the assistant says is a reply of the model.")
    text: _Long | None = Field(default=None, description="What it says.")
    calls: Annotated[list[CallEntry], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="The calls that the model makes, instead of `text`; they are decided together."
    )
    channel: ChannelName | None = Field(default=None, description="Harmony's channel, of what the model says.")
    tool: Text | None = Field(default=None, description="Name of the tool that returned the text.")
    expect: ExpectEntry | None = Field(default=None, description="What must come of this turn, if it is not the last.")


class GivenEntry(Strict):
    """The text of a test: where it is from, and either itself or what was found in it; or a whole conversation."""

    role: RoleName | None = Field(default=None, description="Whose text it is.")
    direction: DirectionName | None = Field(
        default=None, description="Left out: `response` for the assistant, `request` for all others."
    )
    channel: ChannelName | None = Field(default=None, description="Harmony's channel.")
    tool: Text | None = Field(default=None, description="Name of the tool that is called or that answered.")
    model: str = Field(default="", description="Name of the model.")
    tenant: Text = Field(default="default", description="Tenant of the key.")
    route: str = Field(default="", description="Path below the API base.")
    findings: list[FindingEntry] | None = Field(default=None, description="What the filters found; none of them runs.")
    failures: list[Name] | None = Field(default=None, description="Filters that failed; none of them runs.")
    text: _Long | None = Field(default=None, description="A text that the real filters read, whole and in pieces.")
    call: _Long | None = Field(
        default=None,
        description="Arguments of a complete call of `tool`, for the real filters and monitors: JSON as text, or what a "
        "tool that takes plain text gets.",
    )
    plain: bool = Field(default=False, description="With `call`: the tool takes plain text.")
    declared: list[Text] | None = Field(
        default=None, description="With `call`: the tools that the request declares; only `tool` if left out."
    )
    before: list[Text] = Field(default=[], description="With `call`: tools that were called before it in this turn.")
    said: list[SaidEntry] = Field(
        default=[],
        max_length=1000,
        description="With `text`: the messages before it, for detectors that read more than one.",
    )
    conversation: Annotated[list[TurnEntry], Field(min_length=1, max_length=1000)] | None = Field(
        default=None,
        description="Turns, the first one first, instead of a text. `expect` of the test is about the last one.",
    )
    accept_language: str = Field(
        default="", max_length=1000, description="The client's header, for messages in several languages."
    )


class CaseEntry(Strict):
    """A test of the policy. `guardproxy test` runs it."""

    name: Text = Field(description="What must hold, as a sentence.")
    todo: Text | None = Field(
        default=None, description="Why it doesn't hold yet: reported, and a failure once it does."
    )
    given: GivenEntry = Field(description="The text.")
    expect: ExpectEntry = Field(description="What must come of it.")
