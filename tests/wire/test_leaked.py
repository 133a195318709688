"""What readers make of Harmony in text, item by item."""

from __future__ import annotations

import json

from guardproxy.wire.base import Call, End, Item, Text, inferred, is_inferred, item_of, names, share
from guardproxy.wire.chat import Chat
from guardproxy.wire.completions import Completions
from guardproxy.wire.leaked import FIRST_CALL

ANSWER, THOUGHTS = "content#~", "reasoning_content#~"


def chat(*texts: str, field: str = "content", reason: str | None = "stop") -> list[Item]:
    reader = Chat().reader()
    deltas = [{"index": 0, "delta": {field: t}} for t in texts] + [{"index": 0, "delta": {}, "finish_reason": reason}]
    return [item for d in deltas for item in reader.event(json.dumps({"choices": [d]}).encode())]


def completion(*texts: str) -> list[Item]:
    reader = Completions().reader()
    return [i for t in texts for i in reader.event(json.dumps({"choices": [{"index": 0, "text": t}]}).encode())]


def test_ordinary_text_passes_piece_by_piece() -> None:
    pieces = ["Look", " at", " a < b", " and", " <b>", "x|>", " analysis", " to=f", "."]
    assert chat(*pieces) == [*(Text(0, "content", p) for p in pieces), End(0, "stop")]
    assert completion(*pieces) == [Text(0, "text", p) for p in pieces]


def test_only_a_beginning_that_may_be_a_header_waits() -> None:
    assert chat("a", "nal", "og") == [Text(0, "content", "analog"), End(0, "stop")]
    assert chat("a") == [Text(0, "content", "a"), End(0, "stop")]
    assert chat("a", field="reasoning") == [Text(0, "reasoning", "a"), End(0, "stop")]
    assert chat("analysis", "Hm.") == [Text(0, ANSWER, "analysisHm."), End(0, "stop")]
    held = [Text(0, "content", "x"), Text(0, "content", " "), Text(0, "content", "<|chart"), End(0, "stop")]
    assert chat("x", " <", "|ch", "art") == held


def test_fragments_of_a_call_add_up_and_its_end_is_told() -> None:
    pieces = ("<|channel|>commentary to=functions.f <|constrain|>json<|message|>", '{"a"', ":1}", "<|call|>")
    call = Call(0, FIRST_CALL + 1, inferred=True)
    found = chat(*pieces)
    assert found[0] == Call(0, FIRST_CALL + 1, name="f", inferred=True)
    assert "".join(c.arguments for c in found if isinstance(c, Call)) == '{"a":1}'
    assert found[-2:] == [Call(0, call.index, inferred=True, whole=True), End(0, "tool_calls", uncalled="stop")]
    assert chat(*pieces, reason="length")[-1] == End(0, "length")


def test_a_raw_call_stays_in_its_text() -> None:
    found = completion("<|channel|>commentary to=functions.f<|message|>{}<|call|>")
    assert [type(i) for i in found] == [Text, Call, Call, Call, Text]
    assert {i.field for i in found if isinstance(i, Call)} == {"text#~"}


def test_logprobs_stay_with_a_piece_that_stays_whole() -> None:
    reader = Completions().reader()

    def event(text: str) -> bytes:
        logprobs = {"tokens": [text], "token_logprobs": [-1.0], "top_logprobs": None, "text_offset": None}
        return json.dumps({"choices": [{"index": 0, "text": text, "logprobs": logprobs}]}).encode()

    tokens = ("Hello", "<|channel|>", "final", "<|message|>", "Hi", "<|end|>")
    found = [i for t in tokens for i in reader.event(event(t))]
    kept = [(i.text, i.logprobs is not None) for i in found if isinstance(i, Text)]
    assert kept == [("Hello", True), ("<|channel|>final<|message|>", False), ("Hi", True), ("<|end|>", False)]


def test_what_is_left_out_is_named() -> None:
    reader = Chat().reader()
    reader.event(b'{"choices":[{"index":0,"delta":{"content":"Hi.<|return|>"}}]}')
    assert reader.dropped == {"harmony_tokens"}


def test_a_call_that_comes_between_is_no_reason_to_lose_what_was_held() -> None:
    reader = Chat().reader()
    held = reader.event(b'{"choices":[{"index":0,"delta":{"content":"x <|ch"}}]}')
    call = reader.event(b'{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"f"}}]}}]}')
    assert [*held, *call] == [Text(0, "content", "x "), Text(0, "content", "<|ch"), Call(0, 0, name="f")]
    assert reader.event(b"[DONE]") == []


def test_inferred_fields_are_parts_of_their_own() -> None:
    one = inferred("a+b")
    assert is_inferred(one) and not is_inferred("a+b") and names(one) == ["a", "b"] and share(one, "b")
    assert item_of(one) != item_of("a+b") and item_of(inferred("h", 0)) != item_of(one)
    assert item_of(inferred("output_text#2.0")) == item_of("output_text#2.0")
