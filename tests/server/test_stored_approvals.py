"""A reply that waits for a person, and what is kept: nothing of it before, all of it after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.patience import eventually
from tests.server.support import EVENTS, Visit, World, answer, body_of, chunk, status_of, world

POLICY = """
schema: guardproxy/v1
policy: careful
monitors:
  calls: {use: tool_calls, deny: [never]}
rules:
  - {id: ask, scope: {tool: shell}, when: call.any, then: require_approval}
  - {id: never, when: call.denied, then: block}
"""
CALL = {"id": "fc", "type": "function_call", "call_id": "c1", "name": "shell", "arguments": '{"cmd": "rm old"}'}
TEXT = {"type": "output_text", "text": "Let me see.", "annotations": []}
OUTPUT = [{"id": "m", "type": "message", "role": "assistant", "content": [TEXT]}, CALL]
ASKED: dict[str, Any] = {"model": "gpt-oss", "input": "Tidy up.", "tools": [{"type": "function", "name": "shell"}]}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("stored_approvals")
    (folder / "own").mkdir()
    (folder / "own" / "policy.yaml").write_text(POLICY)
    with world(folder, policies=str(folder / "own"), store={"path": ":memory:"}) as made:
        made.script = _script
        yield made


async def _script(visit: Visit) -> None:
    reply = {"id": "r", "object": "response", "status": "completed", "output": OUTPUT}
    if not visit.json.get("stream"):
        await visit.send(answer(json.dumps(reply).encode()))
        return
    events = [
        {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "delta": "Let me see."},
        {"type": "response.output_item.done", "output_index": 1, "item": CALL},
        {"type": "response.completed", "response": reply},
    ]
    data = b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in events)
    await visit.send(EVENTS + chunk(data) + b"0\r\n\r\n")


def _ask(one: World, method: str, path: str, body: Any = None, header: str = "", port: int = 0) -> bytes:
    data = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n{header}"
    return one.raw(f"{head}content-length: {len(data)}\r\n\r\n".encode() + data, port=port)


def _approval(one: World) -> str:
    """The id of the approval that waits."""
    listed = json.loads(body_of(_ask(one, "GET", "/admin/approvals", port=one.admin_port)))["approvals"]
    [waiting] = [a["id"] for a in listed if a["status"] == "pending"]
    return str(waiting)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_approved_reply_is_kept_under_its_id(one: World, stream: bool) -> None:
    held = _ask(one, "POST", "/v1/responses", {**ASKED, "stream": stream})
    assert b"rm old" not in held and status_of(held) == (200 if stream else 400)
    approval = _approval(one)
    _ask(one, "POST", f"/admin/approvals/{approval}", {"decision": "approve", "by": "jane"}, port=one.admin_port)
    header = f"x-guardproxy-approval: {approval}\r\n"
    given = body_of(_ask(one, "POST", "/v1/responses", {**ASKED, "stream": stream}, header)).decode()
    last = json.loads(given.split("data: ")[-1])["response"] if stream else json.loads(given)
    kept = json.loads(body_of(_ask(one, "GET", f"/v1/responses/{last['id']}")))
    assert kept["status"] == "completed" and kept["output"] == last["output"]
    assert kept["output"][1]["arguments"] == CALL["arguments"]


def test_in_the_background_nobody_can_be_asked(one: World) -> None:
    made = json.loads(body_of(_ask(one, "POST", "/v1/responses", {**ASKED, "background": True})))

    def ended() -> bytes:
        kept = body_of(_ask(one, "GET", f"/v1/responses/{made['id']}"))
        return b"" if json.loads(kept)["status"] in ("queued", "in_progress") else kept

    kept = eventually(ended)
    assert json.loads(kept)["status"] == "failed" and b"rm old" not in kept
