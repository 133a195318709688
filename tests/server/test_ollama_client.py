"""The ollama client through a running guardproxy, in front of a scripted upstream: chat, generate, streams, tools, errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import ollama
import pytest

from tests.server.support import HEAD, World, answer, body_of, chunk, plays, status_of, world

KEY = "sk-client-of-this-test"
MAIL = "joe@mail.com"
LINES = HEAD % b"application/x-ndjson" + b"transfer-encoding: chunked\r\n\r\n"
TOP = {"model": "/srv/gpt-oss", "created_at": "2025-11-01T10:00:00.123456789Z"}
LAST = {"done": True, "done_reason": "stop", "total_duration": 9, "prompt_eval_count": 12, "eval_count": 7}
ASKED: Any = {"model": "gpt-oss:20b", "messages": [{"role": "user", "content": f"I am {MAIL}."}]}


@pytest.fixture(scope="module")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    keys = {"GUARDPROXY_KEY": KEY, "GUARDPROXY_UPSTREAM_KEY": "sk-upstream"}
    with world(tmp_path_factory.mktemp("ollama"), keys, timeouts={"held": "100ms", "idle": "2s"}) as made:
        yield made


@pytest.fixture
def one(_world: World) -> World:
    _world.visits.clear()
    return _world


@pytest.fixture
def client(one: World) -> Iterator[ollama.Client]:
    with ollama.Client(host=one.url, headers={"Authorization": f"Bearer {KEY}"}) as made:
        yield made


def line(done: bool = False, **said: Any) -> bytes:
    return json.dumps({**TOP, **said, **(LAST if done else {"done": False})}).encode() + b"\n"


def lines(*said: dict[str, Any], last: dict[str, Any]) -> list[bytes]:
    """A streamed reply."""
    return [LINES, *(chunk(line(**one)) for one in said), chunk(line(done=True, **last)), b"0\r\n\r\n"]


def message(**said: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": "", **said}}


def whole(**said: Any) -> bytes:
    return answer(line(done=True, **said))


def call(**arguments: Any) -> dict[str, Any]:
    return {"function": {"name": "send", "arguments": arguments}}


def send(to: str) -> str:
    """Send a letter.

    Args:
        to: who gets it
    """
    return f"sent to {to}"


# -------------------------------------------------------------------------------- replies


def test_chat(one: World, client: ollama.Client) -> None:
    one.script = plays(whole(**message(content=f"Hello {MAIL}!", thinking=f"They are {MAIL}.")))
    reply = client.chat(**ASKED, think="low", options={"temperature": 0.5, "stop": ["END"]}, keep_alive="5m")
    assert reply.message.content == "Hello [words.mail]!"
    assert reply.message.thinking == "They are [words.mail]."
    assert (reply.model, reply.done, reply.done_reason) == ("gpt-oss:20b", True, "stop")
    assert (reply.prompt_eval_count, reply.eval_count, reply.total_duration) == (12, 7, 9)
    (visit,) = one.visits
    assert visit.json["messages"] == [{"role": "user", "content": "I am [words.mail]."}]
    assert visit.json["stream"] is False
    head = visit.head.lower()
    assert b"post /api/chat http/1.1" in head
    assert b"sk-client" not in head and b"authorization: bearer sk-upstream" in head


def test_a_streamed_chat(one: World, client: ollama.Client) -> None:
    thoughts = [message(thinking=t) for t in ("Hm, jo", "e@mail.", "com.")]
    pieces = [message(content=t) for t in ("Hello j", "oe@mail.c", "om! How are you?")]
    one.script = plays(*lines(*thoughts, *pieces, last=message()))
    parts = list(client.chat(**ASKED, stream=True))
    assert "".join(p.message.thinking or "" for p in parts) == "Hm, [words.mail]."
    assert "".join(p.message.content or "" for p in parts) == "Hello [words.mail]! How are you?"
    assert [p.done for p in parts] == [False] * (len(parts) - 1) + [True]
    assert (parts[-1].done_reason, parts[-1].eval_count) == ("stop", 7)
    assert one.visits[0].json["stream"] is True


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_generate(one: World, client: ollama.Client, streamed: bool) -> None:
    asked: Any = {"model": "gpt-oss:20b", "prompt": f"I am {MAIL}.", "system": "Be brief.", "suffix": f"By {MAIL}"}
    if streamed:
        said = [{"thinking": "Hm.", "response": ""}, *({"response": t} for t in ("Hi joe@m", "ail.com.", " Bye."))]
        one.script = plays(*lines(*said, last={"response": "", "context": [1, 2, 3]}))
        parts = list(client.generate(**asked, stream=True))
        assert "".join(p.response or "" for p in parts) == "Hi [words.mail]. Bye."
        assert "".join(p.thinking or "" for p in parts) == "Hm."
        last = parts[-1]
    else:
        one.script = plays(whole(response=f"Hi {MAIL}. Bye.", thinking="Hm.", context=[1, 2, 3]))
        last = client.generate(**asked)
        assert (last.response, last.thinking) == ("Hi [words.mail]. Bye.", "Hm.")
    assert (last.done_reason, last.context) == ("stop", None)
    sent = one.visits[0].json
    assert (sent["prompt"], sent["suffix"]) == ("I am [words.mail].", "By [words.mail]")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_tool_loop(one: World, client: ollama.Client, streamed: bool) -> None:
    """Call, result, answer, as an agent does it: the reply as received goes back with the next request."""
    calls = message(content="I'll send it.", tool_calls=[call(to=MAIL, n=3)])
    if streamed:
        one.script = plays(*lines(calls, last=message()))
        parts = list(client.chat(**ASKED, tools=[send], stream=True))
        (said,) = [p.message for p in parts if p.message.tool_calls]
        assert said.tool_calls
    else:
        one.script = plays(whole(**calls))
        said = client.chat(**ASKED, tools=[send]).message
    assert one.visits[0].json["tools"][0]["function"]["name"] == "send"
    (asked,) = said.tool_calls or ()
    assert (asked.function.name, asked.function.arguments) == ("send", {"to": "[words.mail]", "n": 3})
    one.script = plays(whole(**message(content="Sent.")))
    messages = [*ASKED["messages"], said, {"role": "tool", "tool_name": "send", "content": f"sent to {MAIL}"}]
    assert client.chat(model="gpt-oss:20b", messages=messages).message.content == "Sent."
    sent = one.visits[-1].json["messages"]
    assert sent[1]["tool_calls"][0]["function"]["arguments"] == {"to": "[words.mail]", "n": 3}
    assert sent[2] == {"role": "tool", "tool_name": "send", "content": "sent to [words.mail]"}


def test_json_stays_json(one: World, client: ollama.Client) -> None:
    one.script = plays(whole(**message(content=json.dumps({"who": MAIL}))))
    reply = client.chat(**ASKED, format={"type": "object", "properties": {"who": {"type": "string"}}})
    assert json.loads(reply.message.content or "") == {"who": "[words.mail]"}


def test_models(one: World, client: ollama.Client) -> None:
    one.script = plays(answer(b'{"object":"list","data":[{"id":"gpt-oss:20b","owned_by":"library"}]}'))
    assert [model.model for model in client.list().models] == ["gpt-oss:20b"]


# -------------------------------------------------------------------------------- cuts and errors


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_cut_reply(one: World, client: ollama.Client, streamed: bool) -> None:
    if streamed:
        pieces = [message(content=t) for t in ("Take a look. ", "Here: a bomb", " and more")]
        one.script = plays(*lines(*pieces, last=message()))
        parts = list(client.chat(**ASKED, stream=True))
        said, last = "".join(p.message.content or "" for p in parts), parts[-1]
    else:
        one.script = plays(whole(**message(content="Take a look. Here: a bomb and more")))
        last = client.chat(**ASKED)
        said = last.message.content or ""
    assert (last.done, last.done_reason) == (True, "content_filter")
    assert "bomb" not in said and "more" not in said and "policy" in said.lower()


def test_a_cut_call_never_goes_out(one: World, client: ollama.Client) -> None:
    one.script = plays(*lines(message(tool_calls=[call(to="a bomb")]), last=message()))
    parts = list(client.chat(**ASKED, tools=[send], stream=True))
    assert not any(p.message.tool_calls for p in parts)
    assert parts[-1].done_reason == "content_filter"


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_blocked_request(one: World, client: ollama.Client, streamed: bool) -> None:
    with pytest.raises(ollama.ResponseError) as refused:
        reply = client.generate(model="gpt-oss:20b", prompt="how to build a bomb", stream=streamed)
        list(reply)
    assert refused.value.status_code == 400
    assert "policy" in refused.value.error.lower()
    assert not one.visits


@pytest.mark.parametrize(
    ("asked", "message_"),
    [
        ({"template": "{{ .Prompt }}"}, "`template` is not accepted: it changes how the conversation is put"),
        ({"context": [1, 2, 3]}, "`context` is not accepted: the model would read token ids"),
        ({"raw": True}, "`raw` is not accepted"),
        ({"options": {"mystery": 1}}, "Unknown parameter: `options.mystery`"),
        ({"options": {"temperature": "hot"}}, "`options.temperature`: expected a number"),
        ({"keep_alive": "until joe@mail.com says so"}, "`keep_alive`: expected a duration"),
        ({"images": [b"GIF89a"]}, "`images` is an image, which no filter of this policy can read"),
    ],
)
def test_a_bad_parameter(one: World, client: ollama.Client, asked: dict[str, Any], message_: str) -> None:
    with pytest.raises(ollama.ResponseError) as refused:
        client.generate(model="gpt-oss:20b", prompt="Hi.", **asked)
    assert refused.value.status_code == 400
    assert message_ in refused.value.error
    assert not one.visits


def test_a_wrong_key(one: World) -> None:
    with ollama.Client(host=one.url) as stranger, pytest.raises(ollama.ResponseError) as refused:
        stranger.chat(**ASKED)
    assert refused.value.status_code == 401
    assert "Authorization: Bearer KEY" in refused.value.error


@pytest.mark.parametrize("what", ["pull", "create", "push", "delete", "copy", "embed", "show"])
def test_everything_else_is_refused_by_name_or_not_here(client: ollama.Client, what: str) -> None:
    asks: dict[str, Any] = {
        "copy": lambda: client.copy("a", "b"),
        "embed": lambda: client.embed("a", "b"),
        "create": lambda: client.create("a", from_="b"),
    }
    with pytest.raises(ollama.ResponseError) as refused:
        asks.get(what, lambda: getattr(client, what)("a"))()
    missing = what in ("embed", "show")
    assert refused.value.status_code == (404 if missing else 403)
    assert ("POST /api/chat" if missing else "past guardproxy; this is refused.") in refused.value.error


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_upstreams_error(one: World, client: ollama.Client, streamed: bool) -> None:
    one.script = plays(answer(json.dumps({"error": f"no model for {MAIL}"}).encode(), b"404 Not Found"))
    with pytest.raises(ollama.ResponseError) as failed:
        list(client.chat(**ASKED, stream=streamed))
    assert (failed.value.status_code, failed.value.error) == (404, "no model for [words.mail]")


def test_an_upstream_that_is_down(one: World, client: ollama.Client) -> None:
    one.script = plays(close=True)
    with pytest.raises(ollama.ResponseError) as failed:
        client.chat(**ASKED)
    assert failed.value.status_code == 502
    assert "closed the connection" in failed.value.error


@pytest.mark.parametrize("how", ["breaks off", "reports"])
def test_an_error_in_a_stream(one: World, client: ollama.Client, how: str) -> None:
    said = chunk(line(**message(content="Hello, my dear friend, how are")))
    error = chunk(json.dumps({"error": f"out of memory for {MAIL}"}).encode() + b"\n")
    one.script = plays(LINES, said, error if how == "reports" else b"", close=True)
    got = ""
    with pytest.raises(ollama.ResponseError) as failed:
        for part in client.chat(**ASKED, stream=True):
            got += part.message.content or ""
    assert "Hello, my dear friend".startswith(got[:10])
    assert ("ut of memory for [words.mail]" if how == "reports" else "broke off") in failed.value.error


def test_lines_that_say_nothing_keep_a_stream_alive(one: World, client: ollama.Client) -> None:
    one.script = plays(*lines(message(content="Hello, "), message(content="world."), last=message()), pause=0.15)
    parts = list(client.chat(**ASKED, stream=True))
    assert "".join(p.message.content or "" for p in parts) == "Hello, world."
    assert sum(not p.done and not p.message.content for p in parts) >= 2


def test_it_streams_unless_told_not_to(one: World) -> None:
    """The client always says whether; curl does not."""
    one.script = plays(*lines({"response": "Hi."}, last={"response": ""}))
    body = json.dumps({"model": "gpt-oss:20b", "prompt": "Hi."}).encode()
    raw = one.post(body, "/api/generate", f"authorization: Bearer {KEY}\r\n".encode())
    assert status_of(raw) == 200
    assert b"content-type: application/x-ndjson" in raw
    assert [json.loads(one)["response"] for one in body_of(raw).splitlines()] == ["Hi.", ""]
    assert one.visits[0].json["stream"] is True
