"""Streamed replies as a client sees them: what comes of an upstream's events under a small policy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from guardproxy.types import UpstreamError
from tests.server.exchanges import (
    BOMB,
    DONE,
    KEY,
    MAIL,
    SORRY,
    calls,
    ends,
    event,
    exchange,
    logprobs,
    message,
    says,
    stream,
    whole,
)


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
