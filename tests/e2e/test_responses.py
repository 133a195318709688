"""The Responses API with the openai client against the local gpt-oss: no value gets out, all else does."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai.types.responses import Response
from pydantic import BaseModel

from guardproxy.backend.dialog import Dialog
from guardproxy.backend.dialogs import DIALOGS, PREFIXES
from tests.e2e.proxy import Proxy
from tests.e2e.talk import Caller, Said, expected, leaks

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(90)]  # the first test starts the model

BY_NAME = {dialog.name: dialog for dialog in DIALOGS}
TALKS = [d for d in DIALOGS if d.planted or d.tools or len(d.messages) > 1 or d.name in ("json", "refusal")]
ways = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def items(dialog: Dialog) -> list[dict[str, Any]]:
    """The dialog's messages as input items."""
    out: list[dict[str, Any]] = []
    for message in dialog.messages:
        if message["role"] == "tool":
            out.append(
                {"type": "function_call_output", "call_id": message["tool_call_id"], "output": message["content"]}
            )
        elif message.get("tool_calls"):
            out += ({"type": "function_call", "call_id": c["id"], **c["function"]} for c in message["tool_calls"])
        else:
            out.append({"role": message["role"], "content": message["content"]})
    return out


def body(dialog: Dialog) -> dict[str, Any]:
    tools = {"tools": [{"type": "function", **tool["function"]} for tool in dialog.tools]} if dialog.tools else {}
    return {"model": "gpt-oss", "input": items(dialog), "max_output_tokens": 400, "temperature": 0, **tools}


def said(reply: Response) -> Said:
    """What a reply said, wherever it says it."""
    out = Said(end=reply.status or "", model=reply.model)
    for item in reply.output:
        if item.type == "message":
            out.content += "".join(part.text for part in item.content if part.type == "output_text")
        elif item.type == "reasoning":
            out.reasoning += "".join(part.text for part in item.content or [])
        elif item.type == "function_call":
            out.calls.append((item.name, item.arguments))
            out.ids.append(item.call_id)
    return out


def ask(caller: Caller, asked: dict[str, Any], *, stream: bool) -> Response:
    """The reply; of a stream the last event's, which has to say what the events before it said."""
    if not stream:
        return caller.client.responses.create(**asked)
    deltas, last = "", None
    for event in caller.client.responses.create(**asked, stream=True):
        deltas += event.delta if event.type == "response.output_text.delta" else ""
        last = event
    assert last is not None and last.type in ("response.completed", "response.incomplete")
    assert last.response.output_text == deltas
    return last.response


@ways
@pytest.mark.parametrize("dialog", TALKS, ids=lambda dialog: dialog.name)
def test_a_dialog(guarded: Proxy, caller: Caller, dialog: Dialog, stream: bool) -> None:
    reply = said(ask(caller, body(dialog), stream=stream))
    wanted = expected(dialog)
    assert not leaks(dialog, caller.last.raw)
    assert reply.reasoning == wanted.reasoning and reply.parsed == wanted.parsed
    assert reply.content.strip() == wanted.content
    assert reply.end == "completed" and reply.model == "gpt-oss"
    sent = guarded.tap.last.asked
    assert sent["store"] is False and sent["stream"] is stream


def test_a_request_with_an_address_reaches_the_model_masked(guarded: Proxy, caller: Caller) -> None:
    caller.client.responses.create(model="gpt-oss", input="I am joe@example.com.", instructions=PREFIXES[1])
    assert guarded.tap.last.asked["input"] == "I am [pii.email]."


def test_the_stream_helper(caller: Caller) -> None:
    dialog = BY_NAME["email"]
    with caller.client.responses.stream(**body(dialog)) as stream:
        texts = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert texts[-1] == final.output_text == expected(dialog).content


def test_parsed_into_a_model(caller: Caller) -> None:
    class Example(BaseModel):
        ok: bool
        items: list[int]
        note: str

    reply = caller.client.responses.parse(**body(BY_NAME["json"]), text_format=Example)
    assert reply.output_parsed == Example(ok=True, items=[1, 2, 3], note='a "quoted" word')


def test_a_tool_loop(caller: Caller) -> None:
    """The call's items go back with its result, as SDKs and agents send them."""
    dialog = next(d for d in DIALOGS if d.messages[-1]["role"] == "tool")
    first = BY_NAME[dialog.name.removesuffix("_told")]
    history: list[Any] = items(first)
    called = caller.client.responses.create(**{**body(first), "input": history})
    history += called.output
    [call] = [item for item in called.output if item.type == "function_call"]
    history.append({"type": "function_call_output", "call_id": call.call_id, "output": dialog.messages[-1]["content"]})
    reply = caller.client.responses.create(**{**body(dialog), "input": [i for i in history if _known(i)]})
    assert reply.output_text.strip() == dialog.answer


def _known(item: Any) -> bool:
    """The local server's template was taught no reasoning in its history."""
    return getattr(item, "type", "") != "reasoning"


@ways
def test_a_blocked_reply_is_incomplete(strict: Proxy, stream: bool) -> None:
    dialog = next(d for d in DIALOGS if "hidden doors" in d.answer)
    caller = Caller(strict.url)
    reply = ask(caller, body(dialog), stream=stream)
    assert (
        reply.status == "incomplete"
        and reply.incomplete_details
        and reply.incomplete_details.reason == "content_filter"
    )
    assert "hidden doors" not in caller.last.raw and "No such doors." in reply.output_text


def test_a_blocked_request_is_an_error_that_the_client_knows(strict: Proxy) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        Caller(strict.url).client.responses.create(model="gpt-oss", input="the Bluebird files")
    assert refused.value.code == "content_filter" and "Not this bird." in refused.value.message


def test_a_stored_response_is_refused_where_nothing_is_kept(caller: Caller) -> None:
    with pytest.raises(openai.BadRequestError, match="previous_response_id"):
        caller.client.responses.create(model="gpt-oss", input="Hi.", previous_response_id="resp_1")
    with pytest.raises(openai.NotFoundError):
        caller.client.responses.retrieve("resp_1")
