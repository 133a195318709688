"""The frame around a text: secret, steady, and beyond what the text can write."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.backend.dialogs import HASH_KEY
from guardproxy.backend.judge_dialogs import JUDGED, LOCK_POLICY
from guardproxy.judges.prompt import framed, instructions, mark, neutral
from guardproxy.types import Direction, Origin, Role

USER = Origin(Direction.REQUEST, Role.USER)
TOKENS = (
    *("<|start|>", "<|end|>", "<|eot_id|>", "<|im_end|>", "<end_of_turn>", "<start_of_turn>", "[INST]", "[/INST]"),
    *(
        "<<SYS>>",
        "<</SYS>>",
        "</s>",
        "<s>",
        "<END CONVERSATION>",
        "<think>",
        "</think>",
        "<score>",
        "<|start_of_role|>",
    ),
)
BITS = st.lists(st.sampled_from((*TOKENS, "<", "|", ">", "a", " ", "\n", "--- ")) | st.text(max_size=5)).map("".join)


@given(BITS)
def test_no_control_token_is_left(text: str) -> None:
    assert not any(token.lower() in neutral(text).lower() for token in TOKENS)


@given(BITS)
def test_only_spaces_are_added(text: str) -> None:
    clean = re.sub("[\ud800-\udfff]", "\ufffd", text)
    assert neutral(text).replace(" ", "") == clean.replace(" ", "")


@given(st.text(max_size=50), st.binary(min_size=1, max_size=8))
def test_a_mark_follows_from_text_and_key(text: str, key: bytes) -> None:
    fence = mark(key, text)
    assert fence == mark(key, text)
    assert fence != mark(key + b"x", text)
    assert fence != mark(key, text + "x")
    assert re.fullmatch(r"--- [a-z]{12} ---", fence)
    lines = framed(text, fence).split("\n")
    assert lines[0] == lines[-1] == fence


def test_ordinary_markup_stays_readable() -> None:
    assert neutral("if a < b: <div class='x'> [1] | 2") == "if a < b: <div class='x'> [1] | 2"


def test_a_batch_names_every_policy() -> None:
    text = instructions({"a": "No A.", "b": "No B."}, "--- x ---", USER, batch=True)
    assert "# Policy a\nNo A." in text and "# Policy b\nNo B." in text and '{"a": VERDICT, "b": VERDICT}' in text


def test_the_toy_knows_the_questions_that_are_asked() -> None:
    for dialog in JUDGED:
        text = dialog.messages[0]["content"].split("\n")[1]
        fence = mark(HASH_KEY.encode(), text)
        assert dialog.messages[0]["content"] == framed(text, fence)
        assert dialog.system == instructions({"": LOCK_POLICY}, fence, USER, batch=False), "train again"
