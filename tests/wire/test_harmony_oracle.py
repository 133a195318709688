"""Our splitter against openai-harmony: what its renderer writes and its parser reads, told apart the same."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardproxy.filters import control_tokens
from guardproxy.text import PatternFilter
from guardproxy.types import Context, Direction, Origin, Report, Role
from guardproxy.wire.harmony import TOKEN, Splitter
from tests.oracle import encoding  # noqa: F401  (a fixture)

Said = tuple[str, str, str, str, str]
"""(author, channel, recipient, content type, content)"""
ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def ours(text: str, author: str = "") -> list[Said]:
    """Messages of a text, fed a few characters at a time. A message without content counts too."""
    reader, found = Splitter(), {}
    for at in range(0, len(text) + 5, 5):
        for piece in reader.feed(text[at : at + 5]) if at < len(text) else reader.close():
            message, so_far = found.get(piece.message.number, (piece.message, ""))
            if piece.message.number:
                found[piece.message.number] = (message, so_far + piece.text * (piece.kind == "content"))
    return [(m.author or author, m.channel, m.recipient, m.content_type, content) for m, content in found.values()]


def theirs(messages: Any) -> list[Said]:
    return [_their(m) for m in messages]


def _their(message: Any) -> Said:
    recipient, typed = message.recipient or "", message.content_type or ""
    if recipient.startswith("<|constrain|>"):  # its parser takes a type for the recipient where there is none
        recipient, typed = "", recipient
    recipient = "" if recipient == "all" else recipient
    content = "".join(c.text for c in message.content)
    author = message.author.name or message.author.role.value
    return author, message.channel or "", recipient, typed.removeprefix("<|constrain|>").strip(), content


CONTENT = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=40),
    st.sampled_from(
        ('{"location": "Paris"}', "a < b", "assistantfinal", " to=functions.f", "x <| y", "日本 😀", "analysis")
    ),
).filter(lambda t: "<|" not in t)
TOOL = st.sampled_from(("functions.get_weather", "functions.a-b_c.9", "python", "browser.search"))


@st.composite
def messages(draw: Any) -> Any:
    import openai_harmony as h

    content = draw(CONTENT)
    kind = draw(st.sampled_from(("analysis", "final", "preamble", "call", "call", "result", "user", "builtin")))
    if kind == "user":
        return h.Message.from_role_and_content(h.Role.USER, content)
    if kind == "result":
        one = h.Message.from_author_and_content(h.Author.new(h.Role.TOOL, draw(TOOL)), content)
        return one.with_recipient("assistant").with_channel("commentary")
    one = h.Message.from_role_and_content(h.Role.ASSISTANT, content)
    if kind in ("analysis", "final"):
        return one.with_channel(kind)
    one = one.with_channel("analysis" if kind == "builtin" else "commentary")
    if kind == "preamble":
        return one
    one = one.with_recipient(draw(TOOL))
    typed = draw(st.sampled_from(("<|constrain|>json", "code", "")))
    return one.with_content_type(typed) if typed else one


@ONCE
@given(given_messages=st.lists(messages(), min_size=1, max_size=5))
def test_what_its_renderer_writes(encoding: Any, given_messages: Any) -> None:  # noqa: F811
    for one in given_messages:
        text = encoding.decode_utf8(encoding.render(one))
        assert ours(text) == theirs([one])
    joined = "".join(encoding.decode_utf8(encoding.render(m)) for m in given_messages)
    assert ours(joined) == theirs(given_messages)


HEADERS = st.sampled_from(
    (
        "<|channel|>analysis", "<|channel|>final", "<|channel|>commentary", "<|channel|>bogus",
        "<|channel|>commentary to=functions.f <|constrain|>json", "<|channel|>commentary to=functions.f",
        " to=functions.f<|channel|>commentary <|constrain|>json", " to=python<|channel|>analysis code",
        "<|channel|>final <|constrain|>json",
    )
)  # fmt: skip


@ONCE
@given(
    parts=st.lists(st.tuples(HEADERS, CONTENT), min_size=1, max_size=4),
    last=st.sampled_from(("<|call|>", "<|return|>")),
)
def test_what_its_parser_reads_of_a_completion(encoding: Any, parts: Any, last: str) -> None:  # noqa: F811
    import openai_harmony as h

    text = "<|end|><|start|>assistant".join(f"{header}<|message|>{content}" for header, content in parts) + last
    read = encoding.parse_messages_from_completion_tokens(
        encoding.encode(text, allowed_special="all"), h.Role.ASSISTANT
    )
    assert ours(text, "assistant") == theirs(read)


def test_every_token_of_the_format_is_known_to_the_splitter_and_to_the_filter(encoding: Any) -> None:  # noqa: F811
    """A request's text must not be able to say one, nor a reply's to leak one."""
    tokens = sorted(encoding.special_tokens_set)
    assert {"<|start|>", "<|call|>", "<|return|>", "<|constrain|>", "<|startoftext|>", "<|endoftext|>"} <= set(tokens)
    found = PatternFilter("tokens", control_tokens.RULES)
    for token in tokens:
        said = found.open(Origin(Direction.REQUEST, Role.USER), Context()).feed(f"x {token} y", last=True)
        assert isinstance(said, Report)
        assert [(f.label, f.span) for f in said.findings] == [("injection.control_token", (2, 2 + len(token)))], token
    assert [t for t in tokens if not TOKEN.fullmatch(t)] == []
