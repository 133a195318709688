"""Reversible masking with the real openai client and the local gpt-oss: what the user reads, and what the model was shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardproxy.backend.dialogs import BY_NAME, EMAIL, HASH_KEY, PHONE, request
from tests.e2e.proxy import ROOT, Proxy, serving
from tests.e2e.talk import Caller

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(90)]
ways = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
PACK = ROOT / "policies" / "packs" / "reversible.yaml"


@pytest.fixture(scope="module")
def proxy(gptoss: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("reversible")
    policy = folder / "policy.yaml"
    policy.write_text(PACK.read_text())
    with serving(gptoss, folder, "--policies", str(policy), GUARDPROXY_HASH_KEY=HASH_KEY) as one:
        yield one


@pytest.fixture
def caller(proxy: Proxy) -> Iterator[Caller]:
    proxy.check_alive()
    one = Caller(proxy.url)
    yield one
    one.client.close()


def asked(proxy: Proxy, name: str) -> None:
    """The model was shown exactly what it knows by heart: placeholders."""
    sent = proxy.tap.last.asked["messages"]
    assert [m["content"] for m in sent] == [m["content"] for m in BY_NAME[name].messages]
    assert EMAIL not in str(sent)
    assert PHONE not in str(sent)


@ways
def test_a_placeholder_in_capitals_comes_back(proxy: Proxy, caller: Caller, stream: bool) -> None:
    question = {"role": "user", "content": f"My address is {EMAIL}. Write it in capitals."}
    said = caller.chat({"model": "gpt-oss", "messages": [question]}, stream=stream)
    asked(proxy, "hidden_capitals")
    assert said.content == f"In capitals: {EMAIL}"
    assert said.reasoning == f"All I know is {EMAIL}."


@ways
def test_two_turns(proxy: Proxy, caller: Caller, stream: bool) -> None:
    """The client keeps what it read in its history; in the next turn the model is shown the same placeholders."""
    messages = [{"role": "user", "content": f"I am Bob. Reach me at {EMAIL} or {PHONE}."}]
    first = caller.chat({"model": "gpt-oss", "messages": messages}, stream=stream)
    asked(proxy, "hidden_contact")
    assert first.content == f"Thank you, Bob. I noted {EMAIL} and {PHONE}."
    messages += [
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": "Where will you call me?"},
    ]
    second = caller.chat({"model": "gpt-oss", "messages": messages}, stream=stream)
    asked(proxy, "hidden_contact_again")
    assert second.content == f"I will call {PHONE}, not write to {EMAIL}."
    [record] = proxy.records({caller.last.headers["x-guardproxy-decision"]})
    assert record["placeholders"] == {"issued": 2, "restored": 2}
    assert EMAIL not in json.dumps(record)


@ways
def test_a_listed_tool_gets_the_value(proxy: Proxy, caller: Caller, stream: bool) -> None:
    body = json.loads(json.dumps(request(BY_NAME["hidden_report"])))
    body["messages"] = [{"role": "user", "content": f"Send the report to {EMAIL}, please."}]
    said = caller.chat(body, stream=stream)
    asked(proxy, "hidden_report")
    [(name, arguments)] = said.parsed
    assert name == "send_email"
    assert arguments["to"] == EMAIL
    assert said.reasoning == f"The report goes to {EMAIL}."


def test_another_tool_does_not(gptoss: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(PACK.read_text().replace("[send_email]", "[another_tool]"))
    body = request(BY_NAME["hidden_report"])
    body["messages"] = [{"role": "user", "content": f"Send the report to {EMAIL}, please."}]
    with serving(gptoss, tmp_path, "--policies", str(policy), GUARDPROXY_HASH_KEY=HASH_KEY) as proxy:
        one = Caller(proxy.url)
        said = one.chat(body, stream=True)
        one.client.close()
    assert said.parsed[0][1]["to"] == BY_NAME["hidden_report"].call.arguments["to"]
    assert said.reasoning == f"The report goes to {EMAIL}."
