"""Approval on real sockets: a reply that waits, who decides, and how the client gets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.support import (
    EVENTS,
    Script,
    Visit,
    World,
    answer,
    body_of,
    chat,
    chunk,
    error_of,
    event,
    events_of,
    headers_of,
    plays,
    status_of,
    text_of,
    world,
)

POLICY = """
schema: guardproxy/v1
policy: careful
filters:
  pii: {use: pii_patterns, only: [pii.email]}
monitors:
  calls: {use: tool_calls, deny: [never]}
rules:
  - {id: hide, when: pii.*, then: redact, with: {style: token, restore_tools: [shell]}}
  - {id: ask, scope: {tool: shell}, when: call.any, then: require_approval}
  - {id: never, when: [call.denied, call.undeclared], then: block}
"""
TOOLS = [{"type": "function", "function": {"name": n}} for n in ("shell", "look", "never")]
KEY = "sk-client-0123456789"
JANE = "jane@example.com"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("approvals")
    (folder / "own").mkdir()
    (folder / "own" / "policy.yaml").write_text(POLICY)
    with world(folder, {"GUARDPROXY_KEY": KEY}, policies=str(folder / "own")) as made:
        yield made


@pytest.fixture
def one(shared: World) -> World:
    shared.visits.clear()
    return shared


def call(name: str, arguments: str, index: int) -> dict[str, Any]:
    return {"index": index, "id": f"c{index}", "type": "function", "function": {"name": name, "arguments": arguments}}


def says(*named: tuple[str, str], n: int = 1) -> Script:
    """A script that says `Let me see.` and calls these, whole or streamed as it is asked."""

    async def script(visit: Visit) -> None:
        shown = visit.json["messages"][0]["content"]
        made = [call(tool, text.replace("SHOWN", shown), i) for i, (tool, text) in enumerate(named)]
        if not visit.json.get("stream"):
            message = {"role": "assistant", "content": "Let me see.", "tool_calls": made}
            choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
            await visit.send(answer(json.dumps({"id": "x", "object": "chat.completion", "choices": [choice]}).encode()))
            return
        events = [event("Let me "), event("see.")]
        for one_call in made:
            choices = [{"index": 0, "delta": {"tool_calls": [one_call]}, "finish_reason": None}]
            events.append(b"data: " + json.dumps({"id": "x", "choices": choices}).encode() + b"\n\n")
        events += [event(reason="tool_calls"), b"data: [DONE]\n\n"]
        await plays(EVENTS, *map(chunk, events), b"0\r\n\r\n")(visit)

    return script


def ask(one: World, *, stream: bool, id: str = "", key: str = KEY, user: str = "hello", **more: Any) -> bytes:
    body = chat(messages=[{"role": "user", "content": user}], tools=TOOLS, stream=stream, **more)
    headers = f"authorization: Bearer {key}\r\n" + (f"x-guardproxy-approval: {id}\r\n" if id else "")
    return one.post(json.dumps(body).encode(), headers=headers.encode())


def admin(one: World, path: str = "", body: Any = None, kind: str = "application/json") -> tuple[int, Any]:
    data = b"" if body is None else json.dumps(body).encode()
    verb = "GET" if body is None else "POST"
    head = f"{verb} /admin/approvals{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    head += f"content-type: {kind}\r\ncontent-length: {len(data)}\r\n\r\n" if data else "\r\n"
    raw = one.raw(head.encode() + data, port=one.admin_port)
    return status_of(raw), json.loads(body_of(raw))


def waiting(raw: bytes, *, stream: bool) -> str:
    """The id of the approval that this answer waits for; nothing of a call may be in it."""
    if stream:
        events = events_of(raw)
        assert text_of(events) == "Let me see."
        assert events[-1] == "[DONE]"
        error = events[-2]["error"]
        assert not any(
            c["delta"].get("tool_calls") or c.get("finish_reason") for e in events[:-2] for c in e["choices"]
        )
    else:
        assert status_of(raw) == 400
        error = error_of(raw)
    assert error["code"] == "approval_required"
    assert b"rm -rf" not in raw and b"shell" not in raw
    id = next(word.strip(".") for word in error["message"].split() if word.startswith("apr_"))
    assert f"x-guardproxy-approval: {id}" in error["message"]
    return id


def calls_of(raw: bytes, *, stream: bool) -> list[tuple[str, str]]:
    if stream:
        found = [
            t
            for e in events_of(raw)
            if isinstance(e, dict)
            for c in e["choices"]
            for t in c["delta"].get("tool_calls", ())
        ]
    else:
        found = json.loads(body_of(raw))["choices"][0]["message"]["tool_calls"]
    return [(t["function"]["name"], t["function"]["arguments"]) for t in found]


@pytest.mark.parametrize("stream", [False, True])
def test_a_reply_waits_is_approved_and_is_handed_out_once(one: World, stream: bool) -> None:
    one.script = says(("look", "{}"), ("shell", '{"cmd": "rm -rf"}'))
    id = waiting(ask(one, stream=stream), stream=stream)
    status, shown = admin(one, f"/{id}")
    assert (status, shown["status"], shown["votes"], shown["decided"]) == (200, "pending", [], None)
    assert shown["calls"] == [
        {"tool": "look", "arguments": "{}", "rules": []},
        {"tool": "shell", "arguments": '{"cmd": "rm -rf"}', "rules": ["ask"]},
    ]
    assert waiting(ask(one, stream=stream, id=id), stream=False) == id, "nobody has answered yet"
    status, decided = admin(one, f"/{id}", {"decision": "approve", "by": "jane", "comment": "it is hers"})
    assert (status, decided["status"], decided["kind"], decided["needs"]) == (200, "approved", "reply", 1)
    assert [(v["by"], v["approve"], v["comment"]) for v in decided["votes"]] == [("jane", True, "it is hers")]
    assert decided["subject"] == "2 tool calls, rules ask"
    raw = ask(one, stream=stream, id=id)
    assert status_of(raw) == 200
    assert calls_of(raw, stream=stream) == [("look", "{}"), ("shell", '{"cmd": "rm -rf"}')]
    if stream:
        events = events_of(raw)
        assert (text_of(events), events[-1]) == ("Let me see.", "[DONE]")
        assert headers_of(raw)["content-type"].startswith("text/event-stream")
    assert len(one.visits) == 1, "the model is not asked again"
    again = ask(one, stream=stream, id=id)
    assert (status_of(again), error_of(again)["code"]) == (404, "approval_not_found")


@pytest.mark.parametrize("stream", [False, True])
def test_a_denied_reply_stays_where_it_is(one: World, stream: bool) -> None:
    one.script = says(("shell", '{"cmd": "rm -rf"}'))
    id = waiting(ask(one, stream=stream), stream=stream)
    assert admin(one, f"/{id}", {"decision": "deny", "by": "jane"})[0] == 200
    raw = ask(one, stream=stream, id=id)
    assert (status_of(raw), error_of(raw)["code"]) == (400, "approval_denied")
    status, told = admin(one, f"/{id}", {"decision": "approve", "by": "joe"})
    assert (status, told["error"]["code"]) == (409, "approval_decided")


def test_it_opens_nothing_for_another_request(one: World) -> None:
    one.script = says(("shell", '{"cmd": "rm -rf"}'))
    id = waiting(ask(one, stream=False), stream=False)
    admin(one, f"/{id}", {"decision": "approve", "by": "jane"})
    for other in (
        ask(one, stream=False, id=id, user="hello!"),
        ask(one, stream=True, id=id),
        ask(one, stream=False, id=id, n=2),
    ):
        assert (status_of(other), error_of(other)["code"]) == (404, "approval_not_found")
    assert status_of(ask(one, stream=False, id=id, key="sk-other-0123456789")) == 401
    for wrong in ("apr_" + "0" * 32, "x", "apr_\xe9"):
        assert status_of(ask(one, stream=False, id=wrong)) == 404
    assert len(one.visits) == 1
    assert status_of(ask(one, stream=False, id=id)) == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_person_sees_placeholders_and_the_tool_gets_the_value(one: World, stream: bool) -> None:
    one.script = says(("shell", '{"to": "SHOWN"}'))
    id = waiting(ask(one, stream=stream, user=JANE), stream=stream)
    shown = admin(one)[1]["approvals"][-1]
    assert shown["id"] == id
    assert JANE not in json.dumps(admin(one)[1])
    assert shown["calls"][0]["arguments"].startswith('{"to": "[pii.email:')
    admin(one, f"/{id}", {"decision": "approve", "by": "jane"})
    assert calls_of(ask(one, stream=stream, user=JANE, id=id), stream=stream) == [("shell", json.dumps({"to": JANE}))]


def test_a_block_is_stricter_than_a_question(one: World) -> None:
    one.script = says(("shell", '{"cmd": "rm -rf"}'), ("never", "{}"))
    raw = ask(one, stream=False)
    assert json.loads(body_of(raw))["choices"][0]["finish_reason"] == "content_filter"
    assert b"rm -rf" not in raw
    assert all(len(a["calls"]) == 1 or a["calls"][1]["tool"] != "never" for a in admin(one)[1]["approvals"])


def test_a_reply_that_breaks_off_is_not_kept(one: World) -> None:
    before = len(admin(one)[1]["approvals"])
    shell = {
        "index": 0,
        "delta": {"tool_calls": [call("shell", '{"cmd": "rm -rf"}', 0)]},
        "finish_reason": "tool_calls",
    }
    other = {"index": 1, "delta": {"content": "half"}, "finish_reason": None}
    events = [b"data: " + json.dumps({"id": "x", "choices": [c]}).encode() + b"\n\n" for c in (shell, other)]
    one.script = plays(EVENTS, *map(chunk, events), close=True)
    raw = ask(one, stream=True, n=2)
    assert b"rm -rf" not in raw and b"approval" not in raw
    assert events_of(raw)[-2]["error"]["code"].startswith("upstream")
    assert len(admin(one)[1]["approvals"]) == before


def test_calls_that_need_nobody_go_out(one: World) -> None:
    one.script = says(("look", "{}"))
    assert calls_of(ask(one, stream=True), stream=True) == [("look", "{}")]


@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        ("/apr_" + "0" * 32, None, "", 404),
        ("/apr_" + "0" * 32, {"decision": "approve", "by": "x"}, "application/json", 404),
        ("/x", {"decision": "perhaps", "by": "x"}, "application/json", 400),
        ("/x", {"decision": "approve"}, "application/json", 400),
        ("/x", {"decision": "approve", "by": ""}, "application/json", 400),
        ("/x", {"decision": "approve", "by": "a\nb"}, "application/json", 400),
        ("/x", {"decision": ["approve"], "by": "x"}, "application/json", 400),
        ("/x", {"decision": "approve", "by": "x", "more": 1}, "application/json", 400),
        ("/x", [], "application/json", 400),
        ("/x", {"decision": "approve", "by": "x" * 9000}, "application/json", 413),
        ("/x", {"decision": "approve", "by": "x"}, "text/plain", 415),
        ("", {"decision": "approve", "by": "x"}, "application/json", 405),
        ("/a/b", {"decision": "approve", "by": "x"}, "application/json", 404),
    ],
)
def test_decisions_that_are_none(one: World, path: str, body: Any, kind: str, status: int) -> None:
    got, told = admin(one, path, body, kind)
    assert got == status
    assert told["error"]["message"]


def test_pages_of_others_decide_nothing(one: World) -> None:
    body = b'{"decision": "approve", "by": "x"}'
    head = "POST /admin/approvals/x HTTP/1.1\r\nhost: localhost\r\norigin: https://evil.com\r\nconnection: close\r\n"
    head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    assert status_of(one.raw(head.encode() + body, port=one.admin_port)) == 403
    assert status_of(one.raw(head.encode() + body)) == 404, "the first listener has no such thing"


def test_records_and_metrics_tell(one: World) -> None:
    one.script = says(("shell", '{"cmd": "rm -rf"}'))
    raw = ask(one, stream=True)
    id, record = waiting(raw, stream=True), one.record_of(raw)
    assert (record["outcome"], record["error"], record["status"]) == ("require_approval", "approval_required", 200)
    assert any(v["rule"] == "ask" and v["outcome"] == "require_approval" for v in record["verdicts"])
    assert "rm -rf" not in one.log.read_text()  # type: ignore[union-attr]
    text = one.metrics()
    assert (
        'guardproxy_decisions_total{direction="response",mode="enforce",outcome="require_approval",rule="ask"}' in text
    )
    assert 'guardproxy_approvals_total{event="held",kind="reply"}' in text
    assert "guardproxy_approvals_pending " in text
    admin(one, f"/{id}", {"decision": "deny", "by": "x"})


def test_no_more_is_kept_than_may_be(tmp_path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "policy.yaml").write_text(POLICY)
    with world(tmp_path, {"GUARDPROXY_KEY": KEY}, policies=str(tmp_path / "own"), limits={"approvals": 1}) as small:
        small.script = says(("shell", '{"cmd": "rm -rf"}'))
        waiting(ask(small, stream=False), stream=False)
        raw = ask(small, stream=False)
        assert (status_of(raw), error_of(raw)["code"]) == (503, "overloaded")
        assert headers_of(raw)["x-should-retry"] == "false"
        events = events_of(ask(small, stream=True))
        assert events[-2]["error"]["code"] == "overloaded"
        assert b"rm -rf" not in raw
