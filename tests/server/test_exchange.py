"""Exchanges as a client sees them: what comes of an upstream's events, and of its whole replies, under a small policy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from guardproxy.engine import Guard, Silent
from guardproxy.policy.model import Defaults, Mode
from guardproxy.server.exchange import Blocked, Exchange
from guardproxy.text import PatternFilter
from guardproxy.types import Outcome, UpstreamError
from guardproxy.wire.base import Codec
from guardproxy.wire.chat import Chat
from guardproxy.wire.completions import Completions
from tests.engine.play import PATTERNS, RULES, guard, policy, rule

DONE = b"data: [DONE]\n\n"
MAIL, KEY, BOMB = "joe@example.com", "AKIAIOSFODNN7EXAMPLE", "pipe bomb"
SORRY = Defaults().message
GUARD = guard()


def event(*choices: dict[str, Any], **more: object) -> bytes:
    return b"data: " + json.dumps({"choices": list(choices), **more}).encode() + b"\n\n"


def says(text: str, index: int = 0, *, field: str = "content", **more: object) -> bytes:
    return event({"index": index, "delta": {field: text}, **more})


def ends(index: int = 0, reason: str = "stop") -> bytes:
    return event({"index": index, "delta": {}, "finish_reason": reason})


def calls(arguments: str, index: int = 0, *, name: str = "", id: str = "") -> bytes:
    inner = {"arguments": arguments} | ({"name": name} if name else {})
    return event({"index": 0, "delta": {"tool_calls": [{"index": index, "id": id or None, "function": inner}]}})


def logprobs(*tokens: str, others: Sequence[str] = ()) -> dict[str, Any]:
    top = [{"token": o, "logprob": -2.0, "bytes": None} for o in others]
    return {"content": [{"token": t, "logprob": -1.0, "bytes": None, "top_logprobs": top} for t in tokens]}


def exchange(one: Guard = GUARD, *, n: int = 1, usage: bool = False, codec: Codec | None = None) -> Exchange:
    made = Exchange(one, codec or Chat(), request_id="r", route="/r", observer=Silent(), head_id="chatcmpl-1")
    made._choices, made._include_usage = n, usage
    return made


async def reads(pieces: Iterable[bytes], trouble: Exception | None) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if trouble:
        raise trouble


class Read:
    """What a client makes of a stream."""

    def __init__(self, raw: bytes) -> None:
        *frames, rest = raw.decode().split("\n\n")
        assert not rest, "half an event"
        assert frames.count("data: [DONE]") == 1 and frames[-1] == "data: [DONE]"
        self.events = [json.loads(f.removeprefix("data: ")) for f in frames[:-1] if not f.startswith(":")]
        self.comments = sum(f.startswith(":") for f in frames)
        self.error = next((e["error"] for e in self.events if "error" in e), None)
        self.usage = next((e["usage"] for e in self.events if e.get("usage")), None)
        self.choices = [c for e in self.events for c in e.get("choices", ())]

    def text(self, field: str = "content", index: int = 0) -> str:
        return "".join(c["delta"].get(field) or "" for c in self.choices if c["index"] == index)

    def reasons(self, index: int = 0) -> list[str]:
        return [c["finish_reason"] for c in self.choices if c["index"] == index and c["finish_reason"]]

    def calls(self) -> list[tuple[str, str]]:
        found = [t.get("function") or t["custom"] for c in self.choices for t in c["delta"].get("tool_calls") or ()]
        return [(f["name"], f["arguments"] if "arguments" in f else f["input"]) for f in found]


def stream(*pieces: bytes, on: Exchange | None = None, trouble: Exception | None = None) -> Read:
    async def run() -> bytes:
        return b"".join([out async for out in (on or exchange()).stream(reads(pieces, trouble))])

    return Read(asyncio.run(run()))


def whole(body: object, on: Exchange | None = None) -> Any:
    return json.loads(asyncio.run((on or exchange()).whole(body)))


def message(value: object, **more: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": value, "finish_reason": "stop", **more}]}


def ask(body: dict[str, Any], one: Guard = GUARD) -> Any:
    return asyncio.run(exchange(one).request({"model": "m", **body}))


def user(content: object, **more: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], **more}


# ---------------------------------------------------------------------------------------------------- replies


def test_a_value_is_taken_out_of_a_stream_and_the_rest_arrives() -> None:
    got = stream(says("Write to joe@"), says("example."), says("com, please."), ends(), DONE)
    assert got.text() == "Write to [pii.email], please."
    assert got.reasons() == ["stop"]


def test_a_cut_ends_the_stream_with_content_filter_and_one_terminator() -> None:
    got = stream(says("Here is a pipe"), says(" bomb: take"), says(" this"), ends(), DONE)
    assert got.text() == f"Here is a \n\n{SORRY}"
    assert got.reasons() == ["content_filter"]
    assert got.error is None


def test_of_two_choices_only_the_one_that_is_cut_ends_early() -> None:
    parts = [says(f"a {BOMB}."), says("fine, ", 1), says("more of it"), ends(), says("really.", 1), ends(1), DONE]
    got = stream(*parts, on=exchange(n=2))
    assert (got.text(index=0), got.reasons(0)) == (SORRY, ["content_filter"])
    assert (got.text(index=1), got.reasons(1)) == ("fine, really.", ["stop"])


def test_the_upstream_is_left_as_soon_as_every_choice_has_ended_and_one_was_cut() -> None:
    sent: list[int] = []

    async def upstream() -> AsyncIterator[bytes]:
        for number, piece in enumerate([says(BOMB + "!"), says("a"), says("b"), ends(), DONE]):
            sent.append(number)
            yield piece

    async def run() -> None:
        async for _ in exchange().stream(upstream()):
            pass

    asyncio.run(run())
    assert sent == [0]


def test_a_tool_call_goes_out_whole_at_the_end() -> None:
    got = stream(calls('{"to": "jo', name="mail", id="c1"), calls("e@example"), calls('.com"}'), ends(), DONE)
    assert got.calls() == [("mail", '{"to": "[pii.email]"}')]


def test_fragments_of_two_calls_may_be_interleaved() -> None:
    parts = [calls('{"a": "AKIA', 0, name="f", id="1"), calls('{"b": ', 1, name="g", id="2")]
    got = stream(*parts, calls('IOSFODNN7EXAMPLE"}', 0), calls('"x"}', 1), ends(reason="tool_calls"), DONE)
    assert got.calls() == [("f", '{"a": "[secret.aws]"}'), ("g", '{"b": "x"}')]
    assert got.reasons() == ["tool_calls"]


@pytest.mark.parametrize(
    "call",
    [
        {"name": f"x-{KEY}", "arguments": "{}"},
        {"name": "f", "arguments": '{"n": 4111111111111111}'},
        {"name": "f", "arguments": '{"joe\\u0040example.com": 1}'},
        {
            "name": "f",
            "arguments": '{"a": "joe\\\\u0040example.com"',
        },  # cut short: lenient parsers read it all the same
        {"name": "f", "arguments": '{"a": 1}{"b": "\\\\u006aoe\\\\u0040example.com"}'},
        {"name": "f", "arguments": '{"a": "{\\"b\\": \\"joe\\\\u0040example.com'},
    ],
)
def test_a_call_that_cannot_be_edited_is_never_sent(call: dict[str, str]) -> None:
    body = {"tool_calls": [{"index": 0, "id": "c", "function": call}]}
    got = stream(event({"index": 0, "delta": body}), ends(reason="tool_calls"), DONE)
    assert got.calls() == []
    assert got.reasons() == ["content_filter"]
    said = whole(message(body))["choices"][0]
    assert (said["finish_reason"], said["message"].get("tool_calls")) == ("content_filter", None)


def test_numbers_of_any_length_leave_arguments_json() -> None:
    text = f'{{"n": {"1" * 50 + "." + "1" * 5000}, "a": "\\u006aoe\\u0040example.com"}}'
    got = stream(calls(text, name="f"), ends(), DONE)
    assert got.calls()[0][1].endswith('"a": "[pii.email]"}')


def test_an_upstream_that_breaks_off_releases_nothing_that_was_held() -> None:
    got = stream(
        says("Write to joe@exam"), calls('{"a": 1}', name="f"), trouble=UpstreamError("the upstream broke off")
    )
    assert got.text() == "Write to joe@exam"  # the call ended the part of the text
    got = stream(says("Write to joe@exam"), trouble=UpstreamError("the upstream broke off"))
    assert got.text() == "Write to "
    assert (got.calls(), got.reasons()) == ([], [])
    assert got.error["message"] == "The upstream broke off"


def test_a_stream_that_just_stops_is_an_error() -> None:
    got = stream(says("Write to joe@exam"))
    assert got.text() == "Write to "
    assert got.error["code"] == "upstream_error"


def test_trouble_behind_the_end_of_every_choice_spoils_nothing() -> None:
    got = stream(says("Hello."), ends(), trouble=UpstreamError("the upstream fell silent"))
    assert (got.text(), got.reasons(), got.error) == ("Hello.", ["stop"], None)
    got = stream(says("Hello."), ends(), trouble=UpstreamError("the upstream fell silent"), on=exchange(n=2))
    assert got.error is not None


@pytest.mark.parametrize("form", [{"error": f"no, {MAIL}"}, {"error": {"message": f"no, {MAIL}", "code": KEY}}])
def test_an_error_in_a_stream_is_guarded_and_ends_it(form: object) -> None:
    said = b"data: " + json.dumps(form).encode() + b"\n\n"
    for parts in ([says("Hi there. "), said, says("more")], [says("Hi there. ") + said + says("more")]):
        got = stream(*parts, ends(), DONE)
        assert got.text() == "Hi there. "
        assert got.error == {
            "message": "No, [pii.email]",
            "type": "server_error",
            "param": None,
            "code": "upstream_error",
        }


def test_an_error_that_policy_blocks_is_told_without_its_words() -> None:
    got = stream(b'data: {"error": "a pipe bomb"}\n\n')
    assert "withheld by policy" in got.error["message"]


def test_a_stream_without_its_terminator_gets_one() -> None:
    got = stream(says("Mail joe@example.com"), ends())
    assert (got.text(), got.reasons(), got.error) == ("Mail [pii.email]", ["stop"], None)


@pytest.mark.parametrize(
    "terminator", [b"data: [DONE]\n\n", b"data: [DONE] \r\n\r\n", b"data:[DONE]\n\n", b"data: [DONE]"]
)
def test_a_terminator_without_a_finish_reason_means_stop(terminator: bytes) -> None:
    got = stream(says("Mail joe@example.com"), terminator)
    assert (got.text(), got.reasons(), got.error) == ("Mail [pii.email]", ["stop"], None)


def test_what_follows_the_end_is_dropped() -> None:
    parts = [says("Hi."), ends(), says(MAIL), ends(), DONE, says("x"), b"data: {not json\n\n"]
    for got in (stream(*parts), stream(b"".join(parts))):
        assert (got.text(), got.reasons(), got.error) == ("Hi.", ["stop"], None)


def test_usage_passes_as_numbers_and_is_ours_after_a_cut() -> None:
    counted = event(usage={"prompt_tokens": 3, "completion_tokens": 9, "total_tokens": 12, "note": MAIL})
    got = stream(says("Hi."), ends(), counted, DONE, on=exchange(usage=True))
    assert got.usage == {"prompt_tokens": 3, "completion_tokens": 9, "total_tokens": 12}
    parts = [says(f"{BOMB}, yes"), counted, ends(), DONE]
    for got in (stream(*parts, on=exchange(usage=True)), stream(b"".join(parts), on=exchange(usage=True))):
        assert got.usage == {"prompt_tokens": 0, "completion_tokens": 4, "total_tokens": 4}


def test_logprobs_are_kept_while_the_text_is_clean_and_null_once_it_was_edited() -> None:
    parts = [says(t, logprobs=logprobs(t)) for t in ("Hello ", "joe@example.com", " and", " more")]
    got = stream(*parts, ends(), DONE)
    assert got.text() == "Hello [pii.email] and more"
    kept = [c["delta"]["content"] for c in got.choices if c["logprobs"]]
    assert kept == ["Hello "]
    assert "example" not in json.dumps(got.events)


def test_logprobs_whose_alternatives_hold_a_value_are_null() -> None:
    got = stream(says("Hello ", logprobs=logprobs("Hello ", others=[MAIL])), ends(), DONE)
    assert got.text() == "Hello "
    assert not any(c["logprobs"] for c in got.choices)


def test_text_without_logprobs_before_text_with_them_keeps_its_order() -> None:
    parts = [says("abc joe"), says("@ and", logprobs=logprobs("@ and")), says(" so", logprobs=logprobs(" so"))]
    got = stream(*parts, says("."), ends(), DONE)
    assert got.text() == "abc joe@ and so."
    assert [c["delta"]["content"] for c in got.choices if c["logprobs"]] == ["@ and", " so"]


def test_keep_alives_pass_without_their_words_and_not_one_for_one() -> None:
    got = stream(f": {MAIL}\n\n".encode() * 1000, says("Hi."), ends(), DONE)
    assert got.comments == 1


# ---------------------------------------------------------------------------------------------------- fields and parts


def test_one_text_under_several_names_and_then_under_one_keeps_its_order() -> None:
    both = event({"index": 0, "delta": {"reasoning": "one tw", "reasoning_content": "one tw"}})
    got = stream(both, says("o three", field="reasoning"), ends(), DONE)
    assert got.text("reasoning") == "one two three"


def test_a_value_over_such_a_change_of_names_cuts() -> None:
    both = event({"index": 0, "delta": {"reasoning": "I know joe@exam", "reasoning_content": "I know joe@exam"}})
    got = stream(both, says("ple.com", field="reasoning"), ends(), DONE)
    assert got.reasons() == ["content_filter"]
    assert got.text("reasoning") == "I know joe@exam"


def test_a_value_over_a_seam_between_parts_cuts() -> None:
    parts = [says("It is AKIAIOSF", field="reasoning"), says("Hi "), says("ODNN7EXAMPLE.", field="reasoning")]
    got = stream(*parts, ends(), DONE)
    assert got.reasons() == ["content_filter"]


def test_parts_are_joined_with_what_stood_right_before_them_only() -> None:
    parts = [says("AKIA", field="reasoning"), says("x"), says("hello world ", field="reasoning"), says("y")]
    got = stream(*parts, says("IOSFODNN7EXAMPLE is no key", field="reasoning"), ends(), DONE)
    assert got.text("reasoning") == "AKIAhello world IOSFODNN7EXAMPLE is no key"
    assert got.reasons() == ["stop"]


def test_a_seam_is_seen_in_replies_that_are_released_whole() -> None:
    one = guard(policy(defaults=replace(Defaults(), release="whole")))
    parts = [says("It is AKIAIOSF", field="reasoning"), says("Hi "), says("ODNN7EXAMPLE.", field="reasoning")]
    assert stream(*parts, ends(), DONE, on=exchange(one)).reasons() == ["content_filter"]


def test_thinking_that_policy_drops_is_guarded_all_the_same() -> None:
    one = guard(policy(defaults=replace(Defaults(), reasoning="drop")))
    got = stream(says("hm, joe@example.com", field="reasoning"), says("Hello."), ends(), DONE, on=exchange(one))
    assert (got.text("reasoning"), got.text()) == ("", "Hello.")
    got = stream(says(f"a {BOMB}?", field="thinking"), says("Hello."), ends(), DONE, on=exchange(one))
    assert got.reasons() == ["content_filter"]


def test_release_whole_holds_all_until_the_end() -> None:
    one = guard(policy(defaults=replace(Defaults(), release="whole")))
    got = stream(says("Hello "), says("joe@example.com"), says(f" and a {BOMB}"), ends(), DONE, on=exchange(one))
    assert got.text() == SORRY
    got = stream(says("Hello "), says("joe@example.com"), ends(), DONE, on=exchange(one))
    assert got.text() == "Hello [pii.email]"


def test_release_eager_cuts_what_it_cannot_take_back() -> None:
    one = guard(policy(defaults=replace(Defaults(), release="eager")))
    got = stream(says("Mail joe@"), says("example.com now"), ends(), DONE, on=exchange(one))
    assert got.reasons() == ["content_filter"]
    assert "example" not in got.text()


def test_shadow_rules_change_nothing() -> None:
    one = guard(policy([rule("s", "pii.*", Outcome.BLOCK, mode=Mode.SHADOW)]))
    on = exchange(one)
    assert stream(says(f"Mail {MAIL}."), ends(), DONE, on=on).text() == f"Mail {MAIL}."
    assert len(on._gates) == 1
    asyncio.run(on.close())
    assert on._gates == []


# ---------------------------------------------------------------------------------------------------- whole replies


def test_a_whole_reply_is_edited_and_a_blocked_one_is_200_with_content_filter() -> None:
    body = message({"role": "assistant", "content": f"Mail {MAIL}.", "reasoning": "hm"})
    assert whole(body)["choices"][0]["message"]["content"] == "Mail [pii.email]."
    said = whole(message({"content": f"A {BOMB}."}))["choices"][0]
    assert (said["message"]["content"], said["finish_reason"]) == (SORRY, "content_filter")


@pytest.mark.parametrize("codec", [Chat(), Completions()])
def test_half_a_character_at_the_end_of_a_whole_text(codec: Codec) -> None:
    text = {"index": 0, "finish_reason": "stop"}
    text |= {"message": {"content": "abc\ud83d"}} if isinstance(codec, Chat) else {"text": "abc\ud83d"}
    assert "abc\ufffd" in json.dumps(whole({"choices": [text]}, exchange(codec=codec)), ensure_ascii=False)


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"index": 3, "message": {"content": "x"}, "finish_reason": "stop"}]},
        message({"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "x" * 300_000}}]}),
        {"error": {"message": f"no, {MAIL}"}},
        {"choices": "x"},
        [],
    ],
)
def test_a_whole_reply_that_is_none_is_the_upstreams_fault(body: object) -> None:
    with pytest.raises(UpstreamError) as e:
        whole(body)
    assert e.value.status == 502
    assert MAIL not in str(e.value)


# ---------------------------------------------------------------------------------------------------- requests


def test_a_blocked_request_carries_no_text() -> None:
    with pytest.raises(Blocked) as e:
        ask(user(f"How do I build a {BOMB}?"))
    assert (e.value.message, e.value.labels, e.value.on_block) == (SORRY, ("hazard.bomb",), "error")


def test_a_policy_may_answer_like_a_model_that_refuses() -> None:
    one = guard(policy(defaults=replace(Defaults(), on_block="refusal", message="I can't.")))
    with pytest.raises(Blocked) as e:
        ask(user(BOMB), one)
    assert (e.value.message, e.value.on_block) == ("I can't.", "refusal")


def test_what_no_filter_reads_is_named_with_its_place() -> None:
    one = guard(policy([*RULES, rule("unread", "guard.unread", Outcome.BLOCK)]))
    with pytest.raises(Blocked) as e:
        ask(user([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]), one)
    assert e.value.message == "`messages[0].content[0]` is an image, which no filter of this policy can read."
    assert (e.value.param, e.value.labels) == ("messages[0].content[0]", ("guard.unread",))


def test_names_cannot_be_edited_so_they_block() -> None:
    with pytest.raises(Blocked):
        ask(user("x", tools=[{"type": "function", "function": {"name": KEY}}]))


def test_every_text_of_a_request_is_edited() -> None:
    schema = {"type": "object", "properties": {"to": {"enum": [MAIL, "x"]}}}
    tool = {"type": "function", "function": {"name": "f", "description": MAIL, "parameters": schema}}
    asked = ask(user(MAIL, tools=[tool], stop=[MAIL], user=MAIL))
    assert MAIL not in json.dumps(asked)
    assert asked["tools"][0]["function"]["parameters"]["properties"]["to"]["enum"] == ["[pii.email]", "x"]


@pytest.mark.parametrize(
    "parts", [("AKIAIOSF", "ODNN7EXAMPLE"), ("AKIAIOSFODNN", "7EXA", "MPLE"), ("joe@", "a.com, b@c.de")]
)
def test_a_value_over_parts_of_a_message_blocks(parts: tuple[str, ...]) -> None:
    with pytest.raises(Blocked):
        ask(user([{"type": "text", "text": t} for t in parts]))


def test_a_value_over_parts_blocks_though_something_inside_it_was_taken_out() -> None:
    """Only when all of its second half is gone may the first half stay."""
    block = PatternFilter(
        "p", [*PATTERNS, replace(PATTERNS[0], id="box", label="secret.box", pattern=r"\[\[[^\]]{1,200}\]\]")]
    )
    one = guard(policy(RULES), p=block)
    with pytest.raises(Blocked):
        ask(user([{"type": "text", "text": "[[one "}, {"type": "text", "text": f"{MAIL} two]] three"}]), one)


def test_what_cannot_be_written_back_is_refused() -> None:
    class Stubborn(Chat):
        def write_request(self, body: object, edits: object) -> object:
            raise ValueError("there is no text")

    with pytest.raises(Blocked):
        asyncio.run(exchange(codec=Stubborn()).request({"model": "m", **user(MAIL)}))


@pytest.mark.parametrize("nothing", ["", {}, [], 0, False])
def test_logprobs_that_are_none_are_null(nothing: object) -> None:
    assert whole(message({"content": "Hi."}, logprobs=nothing))["choices"][0]["logprobs"] is None
    got = stream(says("Hi.", logprobs=nothing), ends(), DONE)
    assert got.text() == "Hi."
    assert all(c["logprobs"] is None for c in got.choices)
