"""A rule that rewrites, seen from both ends: what the client and the model get."""

from __future__ import annotations

import asyncio
import json

import pytest

from guardproxy.server.exchange import Blocked
from guardproxy.types import Outcome
from tests.engine.play import guard, policy, rule
from tests.server.exchanges import DONE, MAIL, ends, exchange, reads, says

ONE = guard(policy([rule("away", "pii.*", Outcome.REWRITE, template="[gone: {label}]")]))
SAID = "[gone: pii.email]"


def test_a_streamed_answer_is_the_template_or_the_text() -> None:
    async def run(text: str) -> str:
        pieces = [*map(says, text), ends(), DONE]
        return b"".join([out async for out in exchange(ONE).stream(reads(pieces, None))]).decode()

    rewritten, clean = asyncio.run(run(f"Ask {MAIL} now")), asyncio.run(run("Ask nobody now"))
    assert SAID in rewritten
    assert "Ask" not in rewritten
    assert "joe" not in rewritten
    assert "Ask nobody now" in clean


def test_a_request_reaches_the_model_rewritten_and_a_call_blocks() -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": f"I am {MAIL}"}, {"role": "user", "content": "hi"}]}
    sent = asyncio.run(exchange(ONE).request(asked))
    assert [m["content"] for m in sent["messages"]] == [SAID, "hi"]
    call = {"id": "c", "type": "function", "function": {"name": "send", "arguments": json.dumps({"to": MAIL})}}
    called = {"model": "m", "messages": [{"role": "assistant", "tool_calls": [call]}]}
    with pytest.raises(Blocked):
        asyncio.run(exchange(ONE).request(called))


def test_a_whole_answer_is_the_template() -> None:
    message = {"role": "assistant", "content": f"Ask {MAIL}"}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    [choice] = json.loads(asyncio.run(exchange(ONE).whole(body)))["choices"]
    assert choice["message"]["content"] == SAID
