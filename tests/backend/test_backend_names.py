"""The layer of names rewrites the model of a request, and nothing else."""

from __future__ import annotations

import asyncio
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.backend.names import Names


def ask(body_parts, *, method="POST", path="/v1/chat/completions", end=None):
    """What the server behind the layer reads, and what the client gets."""
    seen, sent = {}, []
    parts = [{"type": "http.request", "body": part, "more_body": True} for part in body_parts]
    events = iter(
        [*parts, end or {"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]
    )

    async def server(scope, receive, send):
        seen["headers"], body, event = dict(scope["headers"]), b"", {"more_body": True}
        while event.get("more_body"):
            event = await receive()
            body += event.get("body", b"")
        seen.update(body=body, ended=event["type"], next=await receive() if event["type"] == "http.request" else None)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return next(events)

    async def send(event):
        sent.append(event)

    length = str(sum(map(len, body_parts))).encode()
    scope = {"type": "http", "method": method, "path": path, "headers": [(b"content-length", length), (b"x-a", b"b")]}
    asyncio.run(Names(server, "pinned", ["gpt-oss", "openai/gpt-oss-20b"])(scope, receive, send))
    return seen, sent


@given(st.lists(st.integers(0, 200), max_size=5), st.sampled_from(["gpt-oss", "openai/gpt-oss-20b"]))
def test_a_known_name_becomes_the_pinned_one_however_the_body_is_cut(cuts, name):
    sent = {"model": name, "messages": [{"role": "user", "content": "gpt-oss \ud800 é"}], "n": 1.5, "stream": True}
    body = json.dumps(sent).encode()
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    seen, _ = ask([body[a:b] for a, b in itertools.pairwise(edges)])
    assert json.loads(seen["body"]) == {**sent, "model": "pinned"}
    assert seen["headers"] == {b"content-length": str(len(seen["body"])).encode(), b"x-a": b"b"}
    assert seen["next"] == {"type": "http.disconnect"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"3", b'{"model": "other"}', b'{"model": ["gpt-oss"]}', b"{}", b"\xff", b"[" * 9999]
)
def test_all_else_goes_on_byte_for_byte(body):
    seen, _ = ask([body])
    assert seen["body"] == body
    assert seen["headers"][b"content-length"] == str(len(body)).encode()


def test_a_client_that_leaves_is_seen_to_leave():
    seen, _ = ask([b'{"model": "gpt-oss"'], end={"type": "http.disconnect"})
    assert seen["ended"] == "http.disconnect"


def test_the_list_of_models_holds_the_names():
    _, sent = ask([], method="GET", path="/v1/models")
    assert [event["type"] for event in sent] == ["http.response.start", "http.response.body"]
    assert [model["id"] for model in json.loads(sent[1]["body"])["data"]] == ["gpt-oss", "openai/gpt-oss-20b"]


def test_other_paths_reach_the_server():
    seen, _ = ask([], method="GET", path="/health")
    assert seen["ended"] == "http.request"
