"""What docs/detectors.md shows works as it stands, with the shipped policy."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from guardproxy import GuardMiddleware
from guardproxy.wire import contents, litellm
from tests.server.support import World, answer, body_of, plays, status_of, whole, world
from tests.test_docs import ROOT, shown

PAGE = "docs/detectors.md"
PYTHON = shown(PAGE, "python")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with world(tmp_path_factory.mktemp("shipped"), policies=str(ROOT / "policies")) as one:
        yield one


def said(code: str, known: dict[str, Any]) -> tuple[str, str]:
    """(what a block prints, what its comments say that it prints)."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, PAGE, "exec"), known)
    return printed.getvalue(), "".join(re.findall(r"^# (.*\n)", code, re.MULTILINE))


def test_the_requests_of_the_page_have_the_answers_of_the_page(shipped: World) -> None:
    pairs = re.findall(
        r"^```json POST (\S+)\n(.*?)^```\n\s*```json answer\n(.*?)^```",
        (ROOT / PAGE).read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert [path for path, _, _ in pairs] == [contents.ROUTE, litellm.ROUTE]
    for path, request, expected in pairs:
        raw = shipped.post(request.encode(), path)
        assert (status_of(raw), json.loads(body_of(raw))) == (200, json.loads(expected))


def test_openais_client_prints_what_the_page_says(shipped: World) -> None:
    shipped.script = plays(answer(whole("It is alice.berg@example.com.")))
    known: dict[str, Any] = {}
    for code in PYTHON[:2]:
        printed, expected = said(code.replace("http://127.0.0.1:8080", shipped.url), known)
        assert printed == expected
    known["client"].close()


def test_the_library_prints_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    printed, expected = said(PYTHON[2], {"__name__": "shown"})
    assert printed == expected.rstrip("\n")


def test_the_application_of_the_page_is_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    known: dict[str, Any] = {}
    exec(compile(PYTHON[3], PAGE, "exec"), known)

    async def ask() -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(known["app"]), base_url="http://test") as client:
            body = {"model": "m", "messages": [{"role": "user", "content": "I am jane.doe@example.com."}]}
            return (await client.post("/v1/chat/completions", json=body)).json()

    content = asyncio.run(ask())["choices"][0]["message"]["content"]
    assert content == "You said: I am [pii.email]. My own address is [pii.email]."
    assert GuardMiddleware.__module__ == "guardproxy.server.middleware"


def test_the_configurations_of_the_page_are_yaml() -> None:
    fms, proxy = map(yaml.safe_load, shown(PAGE, "yaml"))
    assert fms["detectors"]["pii"]["type"] == "text_contents"
    assert proxy["guardrails"][0]["litellm_params"]["guardrail"] == "generic_guardrail_api"
    assert Path(ROOT / PAGE).exists()
