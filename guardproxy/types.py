"""The nouns of guardproxy and the two protocols a detector speaks.

This module imports nothing of ours and does nothing: values, enumerations, protocols and the three errors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path as File
from typing import Any, Literal, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict

Span: TypeAlias = tuple[int, int]
"""Half-open range of characters (code points) of the original text."""

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a JSON document, from the root."""

Json: TypeAlias = Any
"""A parsed JSON value."""


View: TypeAlias = Literal["folded", "encoded"]
"""A reading of a text besides the plain one: disguised characters as what they stand for, encoded text decoded."""
VIEWS: frozenset[View] = frozenset({"folded", "encoded"})


class Direction(StrEnum):
    REQUEST = "request"
    RESPONSE = "response"


class Role(StrEnum):
    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    TRAINING_EXAMPLE = "training_example"
    """What a model would be tuned on: never part of a conversation."""


class Channel(StrEnum):
    """Harmony's channels: thinking, tool calls and preambles, the answer."""

    ANALYSIS = "analysis"
    COMMENTARY = "commentary"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a piece of text came from. `path` is for the codec alone; nobody else reads it."""

    direction: Direction
    role: Role
    channel: Channel | None = None
    tool: str | None = None
    """Recipient of a call, or author of a result."""
    path: Path = ()
    inferred: bool = False
    """The channel was told from the text itself, which may lie or be garbled: rules of every channel apply."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One whole piece of text of a body."""

    origin: Origin
    text: str
    json: bool = False
    """The text is itself a JSON document (arguments of a tool call): edits must leave it one."""
    fixed: bool = False
    """An edit can't be written back here (a name, a key): a finding that would be edited blocks instead."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a filter saw. Never an opinion about what to do, never the text itself."""

    filter: str
    """Name of the filter's instance in the policy; `guard` for what the engine itself saw."""
    label: str
    """Dotted: `pii.email`, `injection.control_token`, `guard.timeout`."""
    score: float
    """0 to 1, calibrated by the filter."""
    span: Span | None = None
    """In the original text; None means the whole segment."""
    lists: frozenset[str] = frozenset()
    """Policy lists that the matched text is in; filled by the engine."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a scan learnt from one `feed`."""

    findings: tuple[Finding, ...]
    """New since the previous report; each starts at or after the previous report's `settled`."""
    settled: int
    """No finding can start before this offset any more, and every one that does has been reported."""


class Needs(IntEnum):
    """How much a filter reads besides its own segment. Nothing of it is prepared where no filter of the policy needs it."""

    SEGMENT = 0
    TURN = 1
    """What else the same choice of a reply says, in its other channels."""
    CONVERSATION = 2
    """The request too."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message of a conversation, or one channel of a reply so far: its texts as the guard let them through."""

    origin: Origin
    text: str
    findings: tuple[Finding, ...] = ()
    """What was found in it, if it is of the request."""


def _silence() -> Sequence[Utterance]:
    return ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a scan may know besides its own segment: facts from the key and the route table, and what was said."""

    tenant: str = "default"
    model: str = ""
    said: Callable[[], Sequence[Utterance]] = _silence
    """What the request says: in a reply all of it, in a request what stands before. For filters that need CONVERSATION."""
    beside: Callable[[], Sequence[Utterance]] = _silence
    """In a reply, what its choice says so far, this text's own beginning included. For filters that need TURN or more. It
    is put together each time: ask only where it is needed."""


class Scan(Protocol):
    """One segment being read by one filter."""

    def feed(self, text: str, *, last: bool) -> Report | Awaitable[Report]:
        """Read more text. Cheap scans answer at once, slow ones return an awaitable."""
        ...


class Filter(Protocol):
    """One detector, shared by all requests. State for one segment lives in the Scan that it opens."""

    name: str
    hold: bool
    """Whether text waits for this filter (`settled` is obeyed)."""
    # What only some have:
    # needs: Needs, for filters that read more than their own segment; SEGMENT where there is none
    # says_at(label, origin) -> bool: whether it may say that about a text from there; it may where there is none
    # floor: float, below which an option lets it report nothing
    # ceilings: Mapping[str, float], label to the highest score that its findings have

    def open(self, origin: Origin, context: Context) -> Scan: ...

    async def start(self) -> None:
        """Load what is slow to load. Only this may fail on missing weights."""
        ...

    async def aclose(self) -> None: ...


class FilterConfig(BaseModel):
    """Options that every filter takes; a filter's own `Config` extends it. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: str
    """Which filter this is: the name of a module in `guardproxy/filters/`."""
    hold: bool = True
    """False: text does not wait for this filter. It may still cut what follows."""
    stage: Literal[1, 2] = 1
    """2: it reads only what a rule escalates to it."""
    failure: Literal["block", "allow"] | None = None
    """What a failure of this filter does; None means the policy's `defaults.failure`."""
    views: frozenset[View] = VIEWS
    """How a filter of patterns reads a text besides as it stands. Filters that don't look for patterns refuse this."""

    def refuse_views(self, name: str) -> None:
        """For filters that don't look for patterns: raise ConfigError where `views` was given to filter `name`."""
        if self.views != VIEWS:
            raise ConfigError(f"filter {name!r}: 'views' is for filters of patterns; {self.use} has none, leave it out")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A complete call of a tool, as the model wrote it: before anything was edited or given back."""

    name: str
    arguments: str = ""
    plain: bool = False
    """The tool takes text (a custom tool): arguments that happen to be JSON mean nothing."""
    parsed: bool = False
    """The arguments are one JSON document that every parser reads alike, or nothing at all."""
    value: Json = None
    """That document; `{}` where there are no arguments."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a monitor may know besides the call."""

    before: tuple[ToolCall, ...] = ()
    """Calls of the same choice that came before it."""
    declared: frozenset[str] | None = None
    """Tools that the request declares; None where the tool is the upstream's own and needs no declaration."""


class CallMonitor(Protocol):
    """One detector of conduct, shared by all requests: it reads a complete call, and never acts.

    Its findings have labels `call.*`, score 1 and no span: what a call does can't be cut out of it.
    """

    name: str
    labels: tuple[str, ...]
    """What this instance may say, with the options that it has."""

    def watch(self, call: ToolCall, turn: Turn) -> tuple[Finding, ...] | Awaitable[tuple[Finding, ...]]:
        """What is to be said about a call. Cheap monitors answer at once, slow ones return an awaitable."""
        ...

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


class ConversationMonitor(Protocol):
    """One detector of conduct, shared by all requests: it reads the conversation that a request is, and never acts.

    Its findings have score 1 and no span: what a conversation comes to can't be cut out of it.
    """

    name: str
    labels: tuple[str, ...]
    """What this instance may say, with the options that it has; none begins with `call.`."""
    reads: tuple[str, ...]
    """Labels (globs) of filters whose findings it reads: where it runs, those filters run too."""

    def review(self, said: Sequence[Utterance]) -> tuple[Finding, ...] | Awaitable[tuple[Finding, ...]]:
        """What is to be said about a conversation, its latest message included."""
        ...

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


Monitor: TypeAlias = CallMonitor | ConversationMonitor


class MonitorConfig(BaseModel):
    """Options that every monitor takes; a monitor's own `Config` extends it. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: str
    """Which monitor this is: the name of a module in `guardproxy/monitors/`."""
    failure: Literal["block", "allow"] | None = None
    """What a failure of this monitor does; None means the policy's `defaults.failure`."""


class Outcome(IntEnum):
    """What is done with a segment. A total order, so that "the strictest wins" is `max()`."""

    ALLOW = 0
    ANNOTATE = 1
    REDACT = 2
    REWRITE = 3
    REQUIRE_APPROVAL = 4
    BLOCK = 5


class Style(IntEnum):
    """How a span is replaced. Ordered by strictness: where spans overlap, the highest wins."""

    MASK = 0
    TOKEN = 1
    HASH = 2
    LABEL = 3
    DROP = 4


@dataclass(frozen=True, slots=True)
class Edit:
    """A span to be replaced. The replacement text is made by the engine, which holds the text."""

    start: int
    end: int
    style: Style
    label: str
    rule: str
    others: tuple[str, ...] = ()
    """Other rules that would replace all of it or a part, sorted: what gives a value back has to obey them all."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a decision may depend on."""

    request: str
    origin: Origin
    findings: tuple[Finding, ...] = ()
    tenant: str = "default"
    model: str = ""
    route: str = ""
    user: str | None = None
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says, and why."""

    rule: str
    outcome: Outcome
    shadow: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A rule wants a filter of stage 2 to read where something was found."""

    filter: str
    span: Span | None
    """None: the whole segment."""
    shadow: bool = False
    """Only a shadow rule wants it: it must cost the text nothing."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What all rules say together about one segment."""

    outcome: Outcome
    edits: tuple[Edit, ...] = ()
    """Sorted, non-overlapping: overlapping spans are united, touching ones stay apart."""
    verdicts: tuple[Verdict, ...] = ()
    """Enforced and shadow."""
    ask: tuple[Ask, ...] = ()
    """What else is to be read before the text from there on is decided. Only adds up, like findings."""

    @property
    def rule(self) -> str:
        """The enforced rule with the strictest outcome (ties by id); empty when no rule spoke."""
        said = [v for v in self.verdicts if not v.shadow]
        return min(said, key=lambda v: (-v.outcome, v.rule)).rule if said else ""


class GuardproxyError(Exception):
    """Root of the errors that are shown to a person; the message is a sentence with a remedy."""


Remedy: TypeAlias = Literal["", "drop", "quote", "boolean"]
"""What is certain to put a complaint right: the entry goes, the value gets quotes, the word becomes true or false."""


@dataclass(eq=False)
class ConfigError(GuardproxyError):
    """Something an author or operator wrote is wrong."""

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    code: str = ""
    path: Path = ()
    """Where in the author's document, for a loader that knows lines: `("entities", 2)`."""
    remedy: Remedy = ""
    """What `check --fix` does about it; nothing where it isn't certain what was meant."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.file else ""
        return f"{place}{self.code + ' ' if self.code else ''}{self.message}"


class UpstreamError(GuardproxyError):
    """The upstream could not be reached, was too slow, or answered with something unreadable."""

    def __init__(self, message: str, *, status: int = 502, code: str = "upstream_error") -> None:
        super().__init__(message)
        self.status, self.code = status, code


class WireError(GuardproxyError):
    """A request that cannot be read. Shown to the client as a 4xx in OpenAI's error shape."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = "invalid_request", param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.param = status, code, param


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the installed filters can say: the policy is checked against it without importing any of them."""

    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Filter kind (`use`) to the labels that it emits; `*` at the end of one means "and below"."""
    spans: Mapping[str, bool] = field(default_factory=dict)
    """Filter kind to whether its findings carry spans."""
    monitors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Monitor kind (`use`) to the labels that it emits."""
    policies: Mapping[str, File] = field(default_factory=dict)
    """Name to file of the policies and packs that are installed with guardproxy: what `extends` and `packs` may name."""
    upstreams: frozenset[str] | None = None
    """The operator's named upstreams: what `then: route` may name. None: the operator's settings are not known here."""
