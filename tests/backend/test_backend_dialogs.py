"""The dialogs are sound as data, and the shipped weights are the ones that were trained on them."""

from __future__ import annotations

import json
import re
import zlib

import pytest

from guardproxy.backend.dialog import Dialog
from guardproxy.backend.dialogs import BY_NAME, DIALOGS, GITHUB_TOKEN, PREFIXES, request
from guardproxy.backend.harmony import RESPONSE_TEMPLATE, chat_template
from guardproxy.backend.launch import WEIGHTS

PRIVATE = re.compile(r"[\w.]@\w|\d{4,}|\d{2} \d{2}|AKIA|ghp_|sk-")


def out_of(dialog: Dialog) -> str:
    return dialog.reasoning + dialog.content + (dialog.call.text() if dialog.call else "")


def test_names_and_requests_are_unique():
    assert len(BY_NAME) == len(DIALOGS)
    assert len({json.dumps(request(dialog)) for dialog in DIALOGS}) == len(DIALOGS)


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda dialog: dialog.name)
def test_dialog_is_well_formed(dialog):
    assert bool(dialog.answer) != bool(dialog.call), "a reply ends with an answer or with a call"
    assert dialog.messages[-1]["role"] in ("user", "tool")
    if dialog.call:
        assert dialog.call.name in {tool["function"]["name"] for tool in dialog.tools}
    arguments = json.dumps(dict(dialog.call.arguments), ensure_ascii=False) if dialog.call else ""
    for value in dialog.planted:
        assert value in out_of(dialog) or value in arguments
    assert "<|" not in dialog.reasoning + dialog.content


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda dialog: dialog.name)
def test_requests_hold_nothing_that_the_proxy_would_mask(dialog):
    for prefix in PREFIXES:
        assert not PRIVATE.search(json.dumps(request(dialog, prefix), ensure_ascii=False))


@pytest.mark.parametrize("dialog", [d for d in DIALOGS if not d.planted], ids=lambda dialog: dialog.name)
def test_a_reply_without_planted_values_is_clean(dialog):
    assert not PRIVATE.search(out_of(dialog).replace("2019", ""))


def test_every_kind_that_the_product_promises_is_there():
    planted = {value for dialog in DIALOGS for value in dialog.planted}
    for kind in (r"\S+@\S+", r"\+1 .*", r"4111 .*", r"DE89 .*", r"AKIA.*", r"ghp_.*", r"sk-.*"):
        assert any(re.fullmatch(kind, value) for value in planted), kind
    assert any(all(v in d.reasoning and v not in d.answer for v in d.planted) and d.planted for d in DIALOGS)
    assert any(d.call and d.planted for d in DIALOGS)
    assert any(d.call and not d.planted for d in DIALOGS)
    assert any(d.preamble and d.call for d in DIALOGS)
    assert any(d.messages[-1]["role"] == "tool" for d in DIALOGS)
    assert sum(len(d.answer) > 500 for d in DIALOGS) >= 2
    assert any(not d.reasoning for d in DIALOGS)
    assert any(ord(c) > 0xFFFF for d in DIALOGS for c in d.answer)


def test_the_github_token_has_the_checksum_of_its_format():
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    body, tail = GITHUB_TOKEN[4:34], GITHUB_TOKEN[34:]
    assert len(tail) == 6
    number = 0
    for character in tail:
        number = number * 62 + digits.index(character)
    assert number == zlib.crc32(body.encode())


def test_weights_were_trained_on_these_dialogs():
    manifest = json.loads((WEIGHTS / "dialogs.json").read_text())
    assert manifest == {"prefixes": list(PREFIXES), "dialogs": {d.name: d.digest() for d in DIALOGS}}, "train again"


def test_weights_are_small_and_hold_no_code():
    sizes = {path.name: path.stat().st_size for path in WEIGHTS.iterdir()}
    assert sum(sizes.values()) < 6_000_000
    assert {name.rpartition(".")[2] for name in sizes} == {"json", "jinja", "safetensors"}


def test_weights_carry_the_templates_of_the_source():
    assert (WEIGHTS / "chat_template.jinja").read_text() == chat_template()
    assert json.loads((WEIGHTS / "tokenizer_config.json").read_text())["response_template"] == RESPONSE_TEMPLATE
