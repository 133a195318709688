"""Exchanges of the Responses API as a client sees them: cuts, calls, citations, unknown things, all under a small policy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from guardproxy.engine import Guard, Silent
from guardproxy.policy.model import Defaults, Mode, Scope
from guardproxy.server.exchange import Blocked, Exchange
from guardproxy.types import Decision, Facts, Outcome, UpstreamError, WireError
from guardproxy.wire.responses import Responses
from tests.engine.play import guard, policy, rule

MAIL, BOMB = "joe@example.com", "pipe bomb"
SORRY = Defaults().message
GUARD = guard()
AT = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
Body = dict[str, Any]


def event(kind: str, **fields: Any) -> bytes:
    return b"data: " + json.dumps({"type": kind, "sequence_number": 7, **fields}).encode() + b"\n\n"


def says(text: str, kind: str = "output_text", item: str = "msg_1", **more: Any) -> bytes:
    return event(f"response.{kind}.delta", **{**AT, "item_id": item}, delta=text, **more)


def message(text: str, id: str = "msg_1", **more: Any) -> Body:
    part = {"type": "output_text", "text": text, "annotations": [], **more}
    return {"id": id, "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def called(arguments: str, id: str = "fc_1", name: str = "f") -> Body:
    return {"id": id, "type": "function_call", "call_id": f"c_{id}", "name": name, "arguments": arguments}


def response(*output: Body, **more: Any) -> Body:
    return {"id": "resp_u", "object": "response", "status": "completed", "output": list(output), **more}


def ends(*output: Body, **more: Any) -> bytes:
    return event("response.completed", response=response(*output, **more))


def exchange(one: Guard = GUARD) -> Exchange:
    return Exchange(one, Responses(), request_id="r", route="/r", observer=Silent(), head_id="resp_1")


class Read:
    """What a client makes of a stream."""

    def __init__(self, raw: bytes) -> None:
        *frames, rest = raw.decode().split("\n\n")
        assert not rest, "half an event"
        self.events = [json.loads(f.partition("\ndata: ")[2]) for f in frames if not f.startswith(":")]
        assert [e["sequence_number"] for e in self.events] == list(range(len(self.events)))
        self.last = self.events[-1]["response"]
        assert not any(e["type"].startswith("response.completed") for e in self.events[:-1])

    @property
    def text(self) -> str:
        return "".join(e["delta"] for e in self.events if e["type"] == "response.output_text.delta")

    @property
    def items(self) -> list[Body]:
        return [e["item"] for e in self.events if e["type"] == "response.output_item.done"]

    def of(self, kind: str) -> list[Body]:
        return [e for e in self.events if e["type"] == kind]


def stream(*pieces: bytes, one: Guard = GUARD, on: Exchange | None = None) -> Read:
    async def reads() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def run() -> bytes:
        return b"".join([out async for out in (on or exchange(one)).stream(reads())])

    read = Read(asyncio.run(run()))
    assert read.last["status"] == "failed" or read.last["output"] == read.items
    return read


def whole(body: Body, one: Guard = GUARD) -> Body:
    out: Body = json.loads(asyncio.run(exchange(one).whole(body)))
    return out


def test_a_value_over_deltas_is_masked_in_all_places() -> None:
    read = stream(says("Write to joe@exa"), says("mple.com now."), ends(message(f"Write to {MAIL} now.")))
    assert read.text == "Write to [pii.email] now."
    [done] = read.of("response.output_text.done")
    assert done["text"] == read.text and read.items[0]["content"][0]["text"] == read.text
    assert read.last["status"] == "completed"


def test_a_cut_ends_as_incomplete_with_content_filter() -> None:
    read = stream(says("Take a pipe"), says(" bomb and"), says(" more"), ends(message("Take a pipe bomb and more")))
    assert read.events[-1]["type"] == "response.incomplete"
    assert read.last["incomplete_details"] == {"reason": "content_filter"}
    assert read.text == f"Take a \n\n{SORRY}" and read.items[0]["status"] == "incomplete"
    assert read.last["usage"]["output_tokens"] > 0


def test_a_whole_reply_is_cut_the_same_way() -> None:
    body = whole(response(message("Take a pipe bomb and more")))
    assert (body["status"], body["incomplete_details"]) == ("incomplete", {"reason": "content_filter"})
    assert BOMB not in json.dumps(body)


def test_a_cut_thought_gets_a_message_of_its_own() -> None:
    read = stream(says("a pipe bomb", "reasoning_text", "rs_1"), ends())
    assert [i["type"] for i in read.items] == ["reasoning", "message"] and read.text == SORRY
    assert read.items[0]["content"][0]["text"] == "a "


def test_parallel_calls_go_out_when_each_is_complete() -> None:
    first, second = called('{"to": "joe@example.com"}'), called('{"y": 2}', "fc_2", "g")
    blank = {"arguments": ""}
    read = stream(
        event("response.output_item.added", output_index=0, item={**first, **blank}),
        event("response.output_item.added", output_index=1, item={**second, **blank}),
        event("response.function_call_arguments.delta", item_id="fc_2", output_index=1, delta='{"y"'),
        event("response.function_call_arguments.delta", item_id="fc_1", output_index=0, delta='{"to": "joe@'),
        event("response.function_call_arguments.delta", item_id="fc_2", output_index=1, delta=": 2}"),
        event("response.output_item.done", output_index=1, item=second),
        event("response.output_item.done", output_index=0, item=first),
        ends(first, second),
    )
    assert [(i["name"], i["arguments"]) for i in read.items] == [("g", '{"y": 2}'), ("f", '{"to": "[pii.email]"}')]
    assert [i["call_id"] for i in read.items] == ["c_fc_2", "c_fc_1"]


def test_a_truncated_call_is_never_sent() -> None:
    read = stream(
        event("response.output_item.added", output_index=0, item=called("")),
        event("response.function_call_arguments.delta", item_id="fc_1", output_index=0, delta='{"cmd": "rm'),
    )
    assert read.last["status"] == "failed" and not read.items and "cmd" not in json.dumps(read.events)


def test_a_blocked_call_cuts_and_what_was_said_before_stays() -> None:
    read = stream(
        says("I will call."),
        event("response.output_item.done", output_index=1, item=called('{"what": "pipe bomb"}')),
        ends(),
    )
    assert read.last["status"] == "incomplete" and [i["type"] for i in read.items] == ["message"]
    assert read.text == f"I will call.\n\n{SORRY}"


@pytest.mark.parametrize("late", [False, True])
def test_citations_move_with_the_text_and_vanish_with_an_edit(late: bool) -> None:
    text = f"😀 {MAIL} says 😀 hello there."
    start = text.index("hello")
    notes = [
        {
            "type": "url_citation",
            "start_index": start,
            "end_index": start + 5,
            "url": "https://x.example",
            "title": MAIL,
        },
        {"type": "url_citation", "start_index": 4, "end_index": 9, "url": "https://y.example", "title": "inside"},
        {"type": "file_citation", "index": len(text), "file_id": "file_1", "filename": "a.txt"},
    ]
    added = [
        event("response.output_text.annotation.added", **AT, annotation_index=i, annotation=n)
        for i, n in enumerate(notes)
    ]
    item = message(text, annotations=notes)
    read = stream(
        says(text), *(() if late else added), event("response.output_item.done", output_index=0, item=item), ends(item)
    )
    assert read.text == "😀 [pii.email] says 😀 hello there."
    given = read.items[0]["content"][0]["annotations"]
    assert [n["type"] for n in given] == ["url_citation", "file_citation"]
    assert read.text[given[0]["start_index"] : given[0]["end_index"]] == "hello" and given[0]["title"] == "[pii.email]"
    assert given[1]["index"] == len(read.text)
    assert [e["annotation"] for e in read.of("response.output_text.annotation.added")] == given
    assert whole(response(item))["output"][0]["content"][0]["annotations"] == given


def test_what_the_servers_own_tools_said_is_guarded_by_its_tool() -> None:
    search = {
        "id": "ws_1", "type": "web_search_call", "status": "completed",
        "action": {"type": "search", "query": f"who is {MAIL}"},
    }  # fmt: skip
    run = {
        "id": "ci_1",
        "type": "code_interpreter_call",
        "container_id": "c",
        "code": "1",
        "outputs": [{"type": "logs", "logs": BOMB}],
    }
    read = stream(event("response.output_item.done", output_index=0, item=search), ends(search))
    assert read.items[0]["action"]["query"] == "who is [pii.email]"
    assert (
        stream(event("response.output_item.done", output_index=0, item=run), ends(run)).last["status"] == "incomplete"
    )
    only = guard(policy([rule("mask", "pii.*", Outcome.REDACT, scope=Scope(tool=("code_interpreter",)))]))
    assert stream(ends(search), one=only).items[0]["action"]["query"] == f"who is {MAIL}"


@pytest.mark.parametrize(
    "unknown",
    [
        event("response.telepathy.delta", thought="x"),
        event("response.output_item.done", output_index=0, item={"id": "t", "type": "telepathy_call", "thought": "x"}),
        event("response.content_part.done", **AT, part={"type": "output_smell", "smell": "x"}),
    ],
)
def test_what_is_of_no_known_form_is_a_finding_that_policy_decides(unknown: bytes) -> None:
    assert stream(says("Hi."), unknown, ends()).last["incomplete_details"] == {"reason": "content_filter"}
    lenient = guard(policy(defaults=Defaults(failure="allow")))
    read = stream(says("Hi."), unknown, ends(), one=lenient)
    assert read.last["status"] == "completed" and read.text == "Hi."


def test_dropped_reasoning_leaves_no_trace() -> None:
    quiet = guard(policy(defaults=Defaults(reasoning="drop")))
    thought = {"id": "rs_1", "type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
    read = stream(says("Hm.", "reasoning_text", "rs_1"), says("Hi."), ends(thought, message("Hi.")), one=quiet)
    assert [i["type"] for i in read.items] == ["message"] and read.items == whole(
        response(thought, message("Hi.")), quiet
    )["output"]


def test_logprobs_go_with_an_edit() -> None:
    token = {"token": "Hi.", "logprob": -1.0, "bytes": None, "top_logprobs": []}
    kept = stream(says("Hi.", logprobs=[token]), ends(message("Hi.")))
    assert kept.items[0]["content"][0]["logprobs"] == [token]
    edited = stream(says("Hi.", logprobs=[token]), says(f" {MAIL}."), ends(message(f"Hi. {MAIL}.")))
    assert edited.items[0]["content"][0]["logprobs"] == []


@pytest.mark.parametrize(
    "trouble",
    [
        event("error", code="x", message=f"no {MAIL}"),
        event("response.failed", response=response(status="failed", error={"code": "x", "message": f"no {MAIL}"})),
    ],
)
def test_an_upstream_error_fails_the_response(trouble: bytes) -> None:
    read = stream(says("Hel"), trouble)
    assert read.events[-1]["type"] == "response.failed" and read.events[-2]["type"] == "error"
    assert read.events[-2]["message"] == "No [pii.email]" and "completed" not in {e["type"] for e in read.events}
    with pytest.raises(UpstreamError):
        whole(response(status="failed", error={"code": "x", "message": "no"}))


def test_new_ids_in_the_final_response_say_nothing_twice() -> None:
    read = stream(says("Hi."), event("response.output_text.done", **AT, text="Hi."), ends(message("Hi.", "msg_other")))
    assert read.text == "Hi." and len(read.items) == 1


def test_a_value_over_two_messages_is_seen_where_they_meet() -> None:
    """Its head is out by then: what can't be taken back is at least not finished."""
    first, second = message("Write to joe@exam"), message("ple.com now.", "msg_2")
    read = stream(says("Write to joe@exam"), says("ple.com now.", item="msg_2"), ends(first, second))
    assert read.last["status"] == "incomplete" and "ple.com" not in read.text
    assert "ple.com" not in json.dumps(whole(response(first, second)))


def test_requests_are_guarded_and_nothing_is_kept_upstream() -> None:
    body = {"model": "m", "input": f"I am {MAIL}", "store": True, "metadata": {"a": "b"}}
    sent = asyncio.run(exchange().request(body))
    assert sent == {"model": "m", "input": "I am [pii.email]", "store": False, "stream": False}
    with pytest.raises(Blocked):
        asyncio.run(exchange().request({"model": "m", "input": BOMB}))


@pytest.mark.parametrize(
    "parameter", [{"previous_response_id": "resp_1"}, {"conversation": "conv_1"}, {"prompt": {"id": "p"}}]
)
def test_what_refers_to_text_that_nobody_saw_is_refused(parameter: Body) -> None:
    with pytest.raises(WireError) as refused:
        asyncio.run(exchange().request({"model": "m", "input": "Hi.", **parameter}))
    assert refused.value.param == next(iter(parameter))


def test_a_reference_to_an_item_is_refused() -> None:
    with pytest.raises(WireError, match=r"store\.path") as refused:
        asyncio.run(exchange().request({"model": "m", "input": [{"type": "item_reference", "id": "msg_1"}]}))
    assert refused.value.param == "input[0]"


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search"}, {"type": "code_interpreter", "container": {"type": "auto"}}, {"type": "browser"},
        {"type": "mcp", "server_label": "m", "server_url": "http://x"}, {"type": "file_search"}, {"type": "python"},
        {"type": "image_generation"}, {"type": "shell", "environment": {"type": "container_auto"}}, {"type": "new"},
    ],
)  # fmt: skip
def test_a_tool_of_the_upstream_is_told(tool: Body) -> None:
    told: list[Facts] = []

    class Hears(Silent):
        def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
            told.extend([facts] if facts.findings else [])

    made = exchange()
    made.observer = Hears()
    asyncio.run(made.request({"model": "m", "input": "Hi.", "tools": [tool, tool]}))
    assert [(f.origin.tool, f.findings[0].label) for f in told] == [(tool["type"], "guard.upstream_tool")]


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "name": "f"}, {"type": "custom", "name": "c"}, {"type": "local_shell"},
        {"type": "shell", "environment": {"type": "local"}}, {"type": "apply_patch"},
        {"type": "computer_use_preview", "environment": "linux"}, {"type": "tool_search", "execution": "client"},
    ],
)  # fmt: skip
def test_a_tool_of_the_client_is_none_of_the_upstream(tool: Body) -> None:
    codec = Responses()
    assert codec.read_request({"model": "m", "input": "Hi.", "tools": [tool]}).upstream_tools == ()


def test_values_are_taken_out_of_every_kind_of_item() -> None:
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": MAIL}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": json.dumps({"to": MAIL})},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": MAIL}]},
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": MAIL}]},
        {
            "type": "code_interpreter_call",
            "id": "ci",
            "code": f"mail('{MAIL}')",
            "outputs": [{"type": "logs", "logs": MAIL}],
        },
        {"type": "web_search_call", "id": "ws", "action": {"type": "search", "query": MAIL}},
    ]
    sent = asyncio.run(exchange().request({"model": "m", "input": items}))
    text = json.dumps(sent)
    assert MAIL not in text and text.count("[pii.email]") == 7


def test_a_shadow_rule_changes_nothing() -> None:
    shadow = guard(policy([rule("mask", "pii.*", Outcome.REDACT, mode=Mode.SHADOW)]))
    assert stream(says(MAIL), ends(message(MAIL)), one=shadow).text == MAIL


def test_a_whole_text_over_the_limit_is_an_overflow() -> None:
    small = guard(policy(defaults=Defaults(max_whole=20)))
    assert whole(response(message("Hi there.")), small)["status"] == "completed"
    assert whole(response(message("Hi there, you and everybody else.")), small)["status"] == "incomplete"


# ---------------------------------------------------------------------------------------------------- structured output

CONTACT = {"type": "object", "properties": {"mail": {"type": "string", "format": "email"}}}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"type": "json_object"}, '{"mail": "[pii.email]", "b": "é"}'),
        ({"type": "json_schema", "name": "contact", "schema": CONTACT}, '{"mail": "xxx@xxxxxxxxxxx", "b": "é"}'),
        ({"type": "json_schema", "json_schema": {"schema": CONTACT}}, '{"mail": "xxx@xxxxxxxxxxx", "b": "é"}'),
    ],
)
def test_an_answer_in_json_is_edited_inside_its_strings(form: Body, expected: str) -> None:
    answer = '{"mail": "\\u006aoe@example.com", "b": "é"}'

    def asked() -> Exchange:
        made = exchange()
        asyncio.run(made.request({"model": "m", "input": "Who?", "text": {"format": form}}))
        return made

    got = stream(*(says(char) for char in answer), ends(message(answer)), on=asked())
    assert got.text == expected
    said = json.loads(asyncio.run(asked().whole(response(message(answer)))))
    assert said["output"][0]["content"][0]["text"] == expected
    two = (
        message("Here it is."),
        message('{"n": 4111111111111111}', "msg_2"),
    )  # a preamble makes no text of what follows
    assert json.loads(asyncio.run(asked().whole(response(*two))))["status"] == "incomplete"


LEAKED = (
    f"<|channel|>analysis<|message|>Her mail is {MAIL}.<|end|>"
    f"<|start|>assistant<|channel|>final<|message|>Hello {MAIL}!<|return|>"
)


@pytest.mark.parametrize("size", [1, 7, 500])
def test_harmony_that_a_server_left_in_a_text_is_told_apart(size: int) -> None:
    read = stream(*(says(LEAKED[i : i + size]) for i in range(0, len(LEAKED), size)), ends(message(LEAKED)))
    said = [(i["type"], "".join(p["text"] for p in i["content"])) for i in read.items]
    assert said == [("reasoning", "Her mail is [pii.email]."), ("message", "Hello [pii.email]!")]
    output = whole(response(message(LEAKED)))["output"]
    assert [(i["type"], "".join(p["text"] for p in i["content"])) for i in output] == said


@pytest.mark.parametrize(("offered", "kind"), [("f", "function_call"), ("g", "message")])
def test_a_call_in_a_text_is_one_only_where_the_request_offers_the_tool(offered: str, kind: str) -> None:
    text = f'<|channel|>commentary to=functions.f <|constrain|>json<|message|>{{"to": "{MAIL}"}}<|call|>'

    async def run() -> bytes:
        one = exchange()
        await one.request({"model": "m", "input": "x", "tools": [{"type": "function", "name": offered}]})

        async def reads() -> AsyncIterator[bytes]:
            for at in range(0, len(text), 5):
                yield says(text[at : at + 5])
            yield ends(message(text))

        return b"".join([out async for out in one.stream(reads())])

    [item] = Read(asyncio.run(run())).items
    assert item["type"] == kind
    assert (item["arguments"] if kind == "function_call" else item["content"][0]["text"]) == '{"to": "[pii.email]"}'


def test_a_part_that_had_ended_is_not_gone_on_with() -> None:
    """A client would read what comes late behind what it has of that part: the rest of a value, say."""
    added = event("response.content_part.added", **AT, part={"type": "output_text", "text": ""})
    item = message("hello joe@example.com x")
    item["content"].append({"type": "output_text", "text": " y ", "annotations": []})
    for late in ((event("response.output_item.done", output_index=0, item=item), ends(item)), (ends(item),)):
        read = stream(says("hello joe@exa"), added, says(" y "), *late)
        assert read.last["status"] == "incomplete" and "mple.com" not in json.dumps(read.events)
