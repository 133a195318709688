"""The shape of a policy file: what may stand where, with a sentence for each key.

The JSON Schema for editors is made from these classes. They check form only; what depends on several parts of a file,
or on the filters, is in `check`.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Optional, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    create_model,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

from guardproxy.policy.case_form import CaseEntry
from guardproxy.policy.conditions import WHEN_SCHEMA, parse_when
from guardproxy.policy.form import ChannelName, DirectionName, Label, Name, OneOrMore, RoleName, RuleId, Strict, Text
from guardproxy.policy.languages import Message
from guardproxy.policy.model import When
from guardproxy.policy.together import with_conditions
from guardproxy.policy.training_form import TrainingEntry

FORMAT: Final = "guardproxy/v1"
Effect: TypeAlias = Literal["allow", "annotate", "redact", "rewrite", "require_approval", "block", "escalate", "route"]
StyleName: TypeAlias = Literal["label", "mask", "hash", "token"]


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
    template: Text | None = Field(
        default=None,
        description="With `then: rewrite`: what stands for the whole text; {rule}, {label} and {message} are filled in.",
    )


class RolloutEntry(Strict):
    """For which part of the traffic a rule acts; elsewhere it is in shadow."""

    percent: float = Field(ge=0, le=100, description="How much of it, from 0 to 100.")
    by: Literal["request", "user", "conversation", "tenant"] = Field(
        description="What stays in or out as a whole. A user or a conversation that isn't known counts as a request."
    )


class RuleEntry(Strict):
    """One rule: where, when, then. All rules are evaluated; the strictest outcome wins; their order means nothing."""

    id: RuleId = Field(description="Unique name of the rule.")
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
        description="What is done. allow < annotate < redact < rewrite < require_approval < block; "
        "escalate: the filter named by `to` reads it too; route: the upstream named by `to` is asked."
    )
    to: Name | None = Field(
        default=None,
        description="With `then: escalate`: the filter of stage 2 that is asked. With `then: route`: the operator's upstream.",
    )
    with_: WithEntry | None = Field(default=None, alias="with", description="How it is done.")
    mode: Literal["enforce", "shadow", "disabled"] = Field(
        default="enforce", description="shadow: the verdict is logged and counted, and nothing else happens."
    )
    rollout: RolloutEntry | None = Field(
        default=None, description="The part of the traffic for which the rule acts; all of it if left out."
    )
    locked: bool = Field(
        default=False, description="true: no policy that extends this one may loosen the rule, or what it reads."
    )
    message: Message | None = Field(
        default=None,
        description="For the client when this rule blocks; by language if it is a mapping: {en: ..., de: ...}.",
    )
    on_block: Literal["error", "refusal"] | None = Field(
        default=None, description="Form of the answer when this rule blocks."
    )


def _overriding() -> type[Strict]:
    """The keys of a rule, none of them required: what stands in `override` replaces what the rule had."""
    fields: dict[str, Any] = {}
    for name, info in RuleEntry.model_fields.items():
        if name != "id":
            optional = FieldInfo.merge_field_infos(info, default=None)
            optional.default_factory = None
            optional.annotation = None
            fields[name] = (Optional[info.annotation], optional)  # noqa: UP045 (made at run time)
    made: type[Strict] = create_model(
        "OverrideEntry", __base__=Strict, __doc__="What a file changes about a rule that it took over.", **fields
    )
    return made


OverrideEntry: Final = _overriding()


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
    message: Message = Field(
        default="This content is blocked by policy.",
        description="For the client when text is blocked; by language if it is a mapping: {en: ..., de: ...}.",
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


class LogEntry(Strict):
    """What is written down."""

    text: Literal["none", "hash", "matched"] = Field(
        default="none",
        description="What decision records hold of text that a rule matched: nothing, a keyed hash, or the text itself.",
    )


class PackEntry(Strict):
    """A pack whose rules, lists, filters, monitors and tests the policy takes over."""

    use: Name = Field(description="Name of the pack: a file of `packs/` beside the policy, or one that is installed.")
    without: OneOrMore[Name] = Field(
        default=[], description="Rules, lists, filters and monitors of the pack that are left out."
    )
    tests: bool = Field(default=True, description="false: the pack's tests are left out.")


def _named(value: Any) -> Any:
    return {"use": value} if isinstance(value, str) else value


class _OrName:
    """Tells the JSON Schema that a name may stand for the pack."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "description": "Name of a pack."}, handler(core)]}


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
    extends: Name | None = Field(
        default=None, description="The policy whose parts this one takes over: one of this directory, or a shipped one."
    )
    tenants: OneOrMore[Text] = Field(default=[], description="The tenants that get this policy; with `extends` only.")
    packs: list[Annotated[PackEntry, BeforeValidator(_named), _OrName()]] = Field(
        default=[], max_length=100, description="Packs whose parts this policy takes over, by name."
    )
    override: dict[RuleId, OverrideEntry] = Field(  # type: ignore[valid-type]
        default={},
        description="What is changed about rules that were taken over, by their id: whole keys are replaced.",
    )
    lists: dict[Name, list[Text]] = Field(default={}, description="Named lists of globs, for `unless: {in_list: ...}`.")
    filters: dict[Name, FilterEntry] = Field(
        default={}, description="What is looked for. Filters say what they saw and no more."
    )
    monitors: dict[Name, MonitorEntry] = Field(
        default={}, description="What is looked for in calls of tools: in what they do, not in what is written there."
    )
    defaults: DefaultsEntry = Field(default=DefaultsEntry(), description="What holds where no rule says otherwise.")
    log: LogEntry = Field(default=LogEntry(), description="What is written down.")
    training: TrainingEntry | None = Field(default=None, description="What becomes of training files, and of jobs.")
    rules: list[RuleEntry] = Field(default=[], description="What is done about it.")
    tests: list[CaseEntry] = Field(default=[], description="What must hold. Every enforcing rule deserves one.")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a policy file, without the filters' own options."""
    schema: dict[str, Any] = with_conditions(_without_null(Document.model_json_schema(by_alias=True)))
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
