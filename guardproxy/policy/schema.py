"""The shape of a policy file: what may stand where, with a sentence for each key.

The JSON Schema for editors is made from these classes. They check form only; what depends on several parts of a file,
or on the filters, is in `check`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from guardproxy.policy.model import Atom, When

FORMAT: Final = "guardproxy/v1"
LABEL: Final = r"[a-z0-9*][a-z0-9_.*-]{0,99}"
ATOM: Final = rf"^{LABEL}(\s*>=\s*(0?\.[0-9]+|[01](\.[0-9]*)?))?(\s+x[1-9][0-9]{{0,2}})?$"
_ATOM = re.compile(
    rf"(?P<label>{LABEL})(?:\s*>=\s*(?P<score>0?\.[0-9]+|[01](?:\.[0-9]*)?))?(?:\s+x(?P<times>[1-9][0-9]{{0,2}}))?"
)

T = TypeVar("T")


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


class _OrAlone:
    """Tells the JSON Schema that an item may stand for the list of itself."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        many = handler(core)
        return {"anyOf": [many["items"], many]}


OneOrMore: TypeAlias = Annotated[list[T], Field(min_length=1), BeforeValidator(_listed), _OrAlone()]
"""A value, or a list of them."""

Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=2000)]
DirectionName: TypeAlias = Literal["request", "response"]
RoleName: TypeAlias = Literal["system", "developer", "user", "assistant", "tool"]
ChannelName: TypeAlias = Literal["analysis", "commentary", "final"]
Verb: TypeAlias = Literal["allow", "annotate", "redact", "require_approval", "block"]
Effect: TypeAlias = Literal["allow", "annotate", "redact", "require_approval", "block", "escalate"]
StyleName: TypeAlias = Literal["label", "mask", "hash", "token"]
Label: TypeAlias = Annotated[str, Field(pattern=rf"^{LABEL}$")]


def parse_atom(text: Any, at: Sequence[str | int] = ()) -> Atom:
    """One atom of a condition. Raises PydanticCustomError with a sentence for the author; `at` is where it stands."""
    if not isinstance(text, str):
        raise _wrong("expected `label [>= score] [xN]` as text", at)
    found = _ATOM.fullmatch(text.strip())
    if not found:
        raise _wrong(_why_no_atom(text.strip()), at)
    score = float(found["score"] or 0.5)
    if score > 1:
        raise _wrong("a score is between 0 and 1", at)
    return Atom(found["label"], score, int(found["times"] or 1))


def _wrong(why: str, at: Sequence[str | int] = ()) -> PydanticCustomError:
    return PydanticCustomError("condition", "{why}", {"why": why, "at": tuple(at)})


def _why_no_atom(text: str) -> str:
    shape = "write `label [>= score] [xN]`, as in `pii.* >= 0.6`"
    if re.search(r"(?:^|\s)(?:and|or|&&|\|\|)\s", text):
        return f"{text!r} joins conditions; write {{all: [...]}} or {{any: [...]}}"
    if re.match(r"not\s|!", text):
        return "there is no `not` over findings; say with `unless` what is left alone"
    if re.search(r"(?<!>)=|<|>(?!=)", text):
        return f"{text!r}: the only comparison is `>=`; {shape}"
    if text != text.lower():
        return f"{text!r}: labels are in lower case; {shape}"
    return f"{text!r} is no condition; {shape}"


def parse_when(value: Any) -> When:
    """A condition: an atom, a list of them (any), `{any: [...]}` or `{all: [...]}`."""
    kind, atoms = "any", value
    if isinstance(value, dict):
        if len(value) != 1 or not value.keys() <= {"any", "all"}:
            hint = "; there is no `not`: say with `unless` what is left alone" if "not" in value else ""
            raise _wrong(f"expected one key, `any` or `all`, with a list of conditions{hint}")
        [(kind, atoms)] = value.items()
    elif not isinstance(value, list):
        return When((parse_atom(value),))
    if not isinstance(atoms, list) or not atoms:
        raise _wrong("expected a condition `label [>= score] [xN]`, or a list of them")
    inside = (kind,) if isinstance(value, dict) else ()
    return When(tuple(parse_atom(a, (*inside, i)) for i, a in enumerate(atoms)), every=kind == "all")


_ATOM_SCHEMA: Final = {"type": "string", "pattern": ATOM, "description": "label [>= score] [xN], as in: pii.* >= 0.6"}
_ATOMS_SCHEMA: Final = {"type": "array", "items": _ATOM_SCHEMA, "minItems": 1}
WHEN_SCHEMA: Final = {
    "anyOf": [
        _ATOM_SCHEMA,
        _ATOMS_SCHEMA,
        *(
            {"type": "object", "properties": {k: _ATOMS_SCHEMA}, "required": [k], "additionalProperties": False}
            for k in ("any", "all")
        ),
    ]
}


class Strict(BaseModel):
    """Unknown keys are errors, and nothing is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_nothing(cls, value: Any) -> Any:
        """A key with nothing behind it is a slip, and in `unless` it would widen the exception."""
        empty = [k for k, v in value.items() if v is None] if isinstance(value, dict) else []
        if empty:
            raise _wrong("nothing stands behind the key; give it a value, or leave it out", (empty[0],))
        return value


class ScopeEntry(Strict):
    """Where a rule holds. Keys that are left out mean anywhere; all that are given must fit."""

    direction: OneOrMore[DirectionName] | None = Field(
        default=None, description="What goes to the model, or comes from it."
    )
    role: OneOrMore[RoleName] | None = Field(default=None, description="Whose text it is.")
    channel: OneOrMore[ChannelName] | None = Field(
        default=None,
        description="Harmony's channel: thinking (analysis), calls and preambles (commentary), answer (final).",
    )
    tool: OneOrMore[Text] | None = Field(
        default=None, description="Name of the tool that is called or that answered; globs."
    )
    model: OneOrMore[Text] | None = Field(
        default=None, description="Name of the model as the client asks for it; globs."
    )
    tenant: OneOrMore[Text] | None = Field(default=None, description="Tenant of the key.")
    route: OneOrMore[Text] | None = Field(default=None, description="Path below the API base: /chat/completions.")


class UnlessEntry(ScopeEntry):
    """What a rule leaves alone: all keys that are given must fit."""

    label: OneOrMore[Label] | None = Field(default=None, description="Label of the finding; globs.")
    in_list: OneOrMore[Name] | None = Field(default=None, description="Lists of this policy that the found text is in.")


class WithEntry(Strict):
    """How the outcome is carried out."""

    style: StyleName = Field(
        default="label",
        description="What stands for a redacted span: [its.label], *** of its length, a keyed hash, or a placeholder that "
        "replies get their value back for.",
    )
    restore_tools: OneOrMore[Text] = Field(
        default=[], description="With `style: token`: tools whose calls get the value itself; globs."
    )


class RuleEntry(Strict):
    """One rule: where, when, then. All rules are evaluated; the strictest outcome wins; their order means nothing."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")] = Field(description="Unique name of the rule.")
    title: str = Field(default="", description="What it does, for people.")
    description: str = Field(default="", description="More about it.")
    severity: Literal["info", "low", "medium", "high", "critical"] = Field(
        default="medium", description="For alerts; never implies an outcome."
    )
    status: Literal["experimental", "stable", "deprecated"] = Field(
        default="stable", description="How settled the rule is."
    )
    owner: str = Field(default="", description="Whom to ask.")
    tags: list[Text] = Field(default=[], description="For reports: owasp.llm02, gdpr.art5.")
    falsepositives: list[Text] = Field(default=[], description="What it is known to catch wrongly.")
    scope: ScopeEntry = Field(default=ScopeEntry(), description="Where the rule holds; everywhere if left out.")
    when: Annotated[When, BeforeValidator(parse_when), WithJsonSchema(WHEN_SCHEMA)] = Field(
        description="What was found."
    )
    unless: UnlessEntry | None = Field(default=None, description="What the rule leaves alone.")
    then: Effect = Field(
        description="What is done. allow < annotate < redact < require_approval < block; escalate: the filter named by "
        "`to` reads it too."
    )
    to: Name | None = Field(default=None, description="With `then: escalate`: the filter of stage 2 that is asked.")
    with_: WithEntry | None = Field(default=None, alias="with", description="How it is done.")
    mode: Literal["enforce", "shadow", "disabled"] = Field(
        default="enforce", description="shadow: the verdict is logged and counted, and nothing else happens."
    )
    message: Text | None = Field(default=None, description="For the client when this rule blocks.")
    on_block: Literal["error", "refusal"] | None = Field(
        default=None, description="Form of the answer when this rule blocks."
    )


class FilterEntry(BaseModel):
    """A filter at work in this policy. Its further options are its own: `guardproxy filters` lists them."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    use: Text = Field(description="Which filter: a name that `guardproxy filters` lists.")
    stage: Literal[1, 2] = Field(default=1, description="2: it reads only what a rule escalates to it.")
    hold: bool = Field(default=True, description="false: text does not wait for it; it may still cut what follows.")
    failure: Literal["block", "allow"] | None = Field(
        default=None, description="What its failure does, if not the default."
    )


class MonitorEntry(BaseModel):
    """A monitor at work in this policy. Its further options are its own: `guardproxy filters` lists them."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    use: Text = Field(description="Which monitor: a name that `guardproxy filters` lists.")
    failure: Literal["block", "allow"] | None = Field(
        default=None, description="What its failure does, if not the default."
    )


class ToolReleaseEntry(Strict):
    """Tools whose calls are not held until they are complete."""

    stream: Annotated[list[Text], Field(min_length=1)] = Field(
        description="Names of tools (globs): their arguments go out as they come, once patterns are sure of them."
    )


class DefaultsEntry(Strict):
    """What holds where no rule says otherwise."""

    failure: Literal["block", "allow"] = Field(default="block", description="What failing or overflowing filters do.")
    release: Literal["held", "whole", "eager"] = Field(
        default="held",
        description="When text goes out: once its filters are sure; at its end; at once (and cut later: text that "
        "should have been masked may have been seen).",
    )
    max_hold: int = Field(
        default=16_000, ge=256, le=1_000_000, description="Most characters of a segment held at a time."
    )
    max_whole: int = Field(
        default=1_000_000, ge=1000, le=100_000_000, description="Most characters of a segment that is read as a whole."
    )
    message: Text = Field(
        default="This content is blocked by policy.", description="For the client when text is blocked."
    )
    on_block: Literal["error", "refusal"] = Field(
        default="error",
        description="A blocked request is answered by an error (400), or by a refusal that reads like an answer.",
    )
    reasoning: Literal["pass", "drop"] = Field(
        default="pass", description="Thinking is guarded and passed on, or left out."
    )
    tool_release: Literal["call"] | ToolReleaseEntry = Field(
        default="call",
        description="When a streamed tool call goes out: whole, once decided; or, for tools named here, as it comes. "
        "A call that is cut in the middle has begun then, and some clients run what they have.",
    )


class FindingEntry(Strict):
    """A finding that a test gives instead of running the filter."""

    label: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$")] = Field(description="Its label.")
    score: float = Field(default=1.0, ge=0, le=1, description="Its score.")
    text: Text | None = Field(default=None, description="The found text: decides which lists it is in.")
    filter: Name | None = Field(default=None, description="The filter that found it, if several could have.")


class SaidEntry(Strict):
    """A message that came before the text of a test."""

    role: RoleName = Field(description="Whose it is.")
    text: Annotated[str, Field(max_length=20_000)] = Field(description="What it says.")
    direction: DirectionName = Field(
        default="request", description="`response`: it is of the same reply as the test's text, in another channel."
    )
    channel: ChannelName | None = Field(default=None, description="Harmony's channel.")
    tool: Text | None = Field(default=None, description="Name of the tool that is called or that answered.")


class GivenEntry(Strict):
    """The text of a test: where it is from, and either itself or what was found in it."""

    role: RoleName = Field(description="Whose text it is.")
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
    text: Annotated[str, Field(max_length=20_000)] | None = Field(
        default=None, description="A text that the real filters read, once whole and once character by character."
    )
    call: Annotated[str, Field(max_length=20_000)] | None = Field(
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


class ExpectEntry(Strict):
    """What must come of it."""

    outcome: Verb | None = Field(default=None, description="The strictest outcome.")
    rules: list[Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")]] = Field(
        default=[], description="Rules that must be among those that fired; `defaults.failure` is one."
    )
    released: str | None = Field(
        default=None, description="Exactly what goes out; where it blocks, what a stream had let out before."
    )


class CaseEntry(Strict):
    """A test of the policy. `guardproxy test` runs it."""

    name: Text = Field(description="What must hold, as a sentence.")
    todo: Text | None = Field(
        default=None, description="Why it doesn't hold yet: reported, and a failure once it does."
    )
    given: GivenEntry = Field(description="The text.")
    expect: ExpectEntry = Field(description="What must come of it.")


class Document(Strict):
    """A policy file of guardproxy."""

    schema_: Literal["guardproxy/v1"] = Field(alias="schema", description="Format of the file.")
    policy: Name = Field(description="Name of the policy.")
    version: Text = Field(default="0", description="Version of the content, in quotes; a digest is recorded beside it.")
    requires: Annotated[str, Field(pattern=r"^>=\s*[0-9]+(\.[0-9]+){0,2}$")] | None = Field(
        default=None, description='The oldest guardproxy that reads it right: ">=0.1".'
    )
    owner: str = Field(default="", description="Whom to ask.")
    description: str = Field(default="", description="What the policy is for.")
    lists: dict[Name, list[Text]] = Field(default={}, description="Named lists of globs, for `unless: {in_list: ...}`.")
    filters: dict[Name, FilterEntry] = Field(
        default={}, description="What is looked for. Filters say what they saw and no more."
    )
    monitors: dict[Name, MonitorEntry] = Field(
        default={}, description="What is looked for in calls of tools: in what they do, not in what is written there."
    )
    defaults: DefaultsEntry = Field(default=DefaultsEntry(), description="What holds where no rule says otherwise.")
    rules: list[RuleEntry] = Field(default=[], description="What is done about it.")
    tests: list[CaseEntry] = Field(default=[], description="What must hold. Every enforcing rule deserves one.")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a policy file, without the filters' own options."""
    schema: dict[str, Any] = _without_null(Document.model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "guardproxy policy"}


def _without_null(schema: Any) -> Any:
    """The schema of optional keys without the null that stands for their absence."""
    if isinstance(schema, list):
        return [_without_null(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    out = {k: _without_null(v) for k, v in schema.items() if not (k == "default" and v is None)}
    if isinstance(kinds := out.get("anyOf"), list):
        out["anyOf"] = [k for k in kinds if k != {"type": "null"}]
        if len(out["anyOf"]) == 1:
            out = {**out.pop("anyOf")[0], **out}
    return out
