import asyncio
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.engine import TooMany, Vault
from guardproxy.engine.edits import Replacer
from guardproxy.engine.vault import LITERAL, MAX_LITERALS
from guardproxy.policy.decide import unite
from guardproxy.text.globs import either
from guardproxy.types import Edit, Style

KEY = b"k" * 32
TEXT = st.text(alphabet=st.one_of(st.sampled_from('ab[]\\:. {"\n,pi'), st.characters(codec="utf-8")), max_size=40)


def vault(conversation: str = "hello", **tools: tuple[str, ...]) -> Vault:
    return Vault(KEY, conversation, tools)


def pieces(data: st.DataObject, text: str) -> list[str]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def restored(one: Vault, *parts: str, in_json: bool = False) -> str:
    restorer = one.restorer(in_json=in_json)
    return "".join([*(restorer.feed(p) for p in parts), restorer.feed("", last=True)])


def escape(one: Vault, text: str) -> str:
    return asyncio.run(one.escaped(text, either({"pii.*"})))


def test_a_placeholder_has_a_label_and_an_id() -> None:
    assert re.fullmatch(r"\[pii\.email:[a-z2-7]{8}\]", vault().issue("pii.email", "joe@mail.com"))


def test_same_value_same_placeholder() -> None:
    one = vault()
    first = one.issue("pii.email", "joe@mail.com")
    assert one.issue("pii.email", "joe@mail.com") == one.issue("pii.other", "joe@mail.com") == first
    assert one.issue("pii.email", "Joe@mail.com") != first


def test_the_next_turn_has_the_same_and_another_conversation_has_not() -> None:
    assert vault().issue("x", "v") == vault().issue("x", "v")
    assert vault().issue("x", "v") != vault("bye").issue("x", "v")
    assert vault().issue("x", "v") != Vault(b"j" * 32, "hello", {}).issue("x", "v")


def test_ids_that_collide_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    one, calls = vault(), []

    def encode(digest: bytes) -> bytes:
        calls.append(digest)
        return b"AAAAAAAA" if len(calls) < 3 else b"BBBBBBBB"

    monkeypatch.setattr("guardproxy.engine.vault.base64.b32encode", encode)
    assert one.issue("x", "v") == "[x:aaaaaaaa]"
    assert one.issue("x", "w") == "[x:bbbbbbbb]"


@pytest.mark.parametrize(
    "change",
    [
        str,
        str.upper,
        str.title,
        lambda s: s.replace("[", "\\[").replace("]", "\\]"),
        lambda s: s.replace("_", "\\_"),
        lambda s: s.replace(":", ": "),
        lambda s: s.replace("[", "[ ").replace("]", " ]"),
        lambda s: s.replace(":", ":\n"),
    ],
)
def test_changed_by_the_model(change) -> None:
    one = vault()
    held = one.issue("pii.us_ssn", "078-05-1120")
    text = f"It is {change(held)}, I think."
    assert restored(one, text) == restored(one, *text) == "It is 078-05-1120, I think."
    assert one.restored == 2


@given(st.data(), st.lists(TEXT, min_size=1, max_size=4), st.lists(TEXT, max_size=5))
def test_however_it_is_cut(data: st.DataObject, values: list[str], around: list[str]) -> None:
    one = vault()
    issued = {v: one.issue("pii.x", v) for v in values if v}
    order = [data.draw(st.sampled_from([*issued, None] if issued else [None])) for _ in around]
    text = "".join(t + (issued[v] if v else "") for t, v in zip(around, order, strict=True))
    assert restored(one, *pieces(data, text)) == restored(one, text)


@given(st.lists(st.tuples(st.text("ab. ,\n", max_size=9), st.sampled_from(["joe@mail.com", 'a"b\\', "x"])), max_size=6))
def test_all_of_them_come_back(parts: list[tuple[str, str]]) -> None:
    one = vault()
    masked = "".join(t + one.issue("pii.x", v) for t, v in parts)
    plain = "".join(t + v for t, v in parts)
    assert restored(one, masked) == restored(one, *masked) == plain


@given(st.data(), TEXT)
def test_text_without_any_is_left_alone(data: st.DataObject, text: str) -> None:
    one = vault()
    one.issue("pii.x", "secret")
    assert restored(one, *pieces(data, text)) == text


def test_forged_ones_stay() -> None:
    one, other = vault(), vault("another conversation")
    one.issue("pii.email", "joe@mail.com")
    foreign = other.issue("pii.email", "ann@mail.com")
    for forged in (foreign, "[pii.email:aaaaaaaa]", "[pii.email:]", "[pii.email]", "[pii.email:aaaaaaaaa]"):
        assert restored(one, f"It is {forged}.") == f"It is {forged}."
    assert not one.restored


def test_the_label_counts() -> None:
    one = vault()
    held = one.issue("pii.email", "joe@mail.com")
    assert "joe" not in restored(one, held.replace("email", "phone"))


def test_no_more_is_kept_back_than_the_beginning_of_one() -> None:
    one = vault()
    one.issue("pii.email", "joe@mail.com")
    restorer = one.restorer()
    assert restorer.feed("see [link](x), [pi") == "see [link](x), "
    assert restorer.feed("e]") == "[pie]"
    assert restorer.feed("a\\") == "a"
    assert restorer.feed("b") == "\\b"
    assert restorer.feed("[ \\ \\ \\ \\ \\ \\ \\") == "[ \\ \\ \\ \\ \\ \\ "


def test_values_in_json_are_escaped() -> None:
    one = vault()
    value = 'say "hi"\nC:\\x'
    held = one.issue("secret.key", value)
    text = json.dumps({"a": f"it is {held}", "b": [held]})
    assert json.loads(restored(one, *text, in_json=True)) == {"a": f"it is {value}", "b": [value]}


# ---------------------------------------------------------------------------------------------------- look-alikes


def test_look_alikes_are_masked_and_come_back_as_they_were() -> None:
    one = vault()
    held = one.issue("pii.email", "joe@mail.com")
    text = f"Is {held} the same as [pii.email:aaaaaaaa] or [PII.Email: bbbbbbbb ]?"
    escaped = escape(one, text)
    assert escaped.count(f"[{LITERAL}:") == 2
    assert held in escaped
    assert "aaaaaaaa" not in escaped
    assert restored(one, escaped) == text.replace(held, "joe@mail.com")


def test_what_no_filter_says_is_no_look_alike() -> None:
    assert escape(vault(), "[todo:refactor] and [note:document]") == "[todo:refactor] and [note:document]"


def test_a_look_alike_of_a_look_alike_is_one() -> None:
    one = vault()
    forged = f"[{LITERAL}:aaaaaaaa]"
    escaped = escape(one, forged)
    assert escaped != forged
    assert restored(one, escaped) == forged


def test_more_look_alikes_than_anybody_writes_are_too_many() -> None:
    def many(count: int) -> str:
        return "".join(
            f"[pii.x:{chr(97 + i // 676)}{chr(97 + i // 26 % 26)}{chr(97 + i % 26)}aaaaa]" for i in range(count)
        )

    one = vault()
    escape(one, many(MAX_LITERALS) * 2)
    assert len(one) == MAX_LITERALS
    with pytest.raises(TooMany):
        escape(one, many(MAX_LITERALS + 1))


def test_millions_of_brackets_let_others_have_their_turn() -> None:
    async def turns() -> int:
        escaping = asyncio.ensure_future(vault().escaped("[a:aaaaaaaa]" * 20_000, either({"pii.*"})))
        count = 0
        while not escaping.done():
            await asyncio.sleep(0)
            count += 1
        assert await escaping == "[a:aaaaaaaa]" * 20_000
        return count

    assert asyncio.run(turns()) > 10


# ---------------------------------------------------------------------------------------------------- tools


def test_a_value_that_several_rules_mask_at_once_goes_only_where_all_of_them_say() -> None:
    """Also where one of the rules is no reversible one, or masks a part of it only."""
    one = vault(a=("mail.*", "crm"), b=("crm",))
    replacer = Replacer(KEY).bound(one, issue=True)
    token, label = Style.TOKEN, "pii.email"
    both = unite([Edit(0, 12, token, label, "a"), Edit(0, 12, token, label, "b")])
    part = unite([Edit(0, 9, token, label, "a"), Edit(5, 9, Style.MASK, label, "c")])
    for edits, value, gets in ((both, "joe@mail.com", ("crm",)), (part, "4111 1111", ())):
        held = replacer.render(value, edits)
        assert {t for t in ("mail.send", "crm", "web") if value in one.arguments(held, t, plain=True)} == set(gets)
        assert restored(one, held) == value


def test_only_listed_tools_get_values() -> None:
    one = vault(mask=("mail.*",))
    held = one.issue("pii.email", "joe@mail.com", "mask")
    arguments = json.dumps({"to": held.upper(), "copies": 2, held: 1})
    assert json.loads(one.arguments(arguments, "mail.send")) == {"to": "joe@mail.com", "copies": 2, "joe@mail.com": 1}
    assert one.arguments(arguments, "web.open") == arguments
    assert one.arguments(f"to {held}", "mail.send", plain=True) == "to joe@mail.com"
    assert one.arguments(f"to {held}", "web.open", plain=True) == f"to {held}"


def test_a_tool_must_be_listed_by_every_rule_that_masked_the_value() -> None:
    one = vault(mask=("mail.*",), strict=())
    held = one.issue("pii.email", "joe@mail.com", "mask")
    one.issue("pii.email", "joe@mail.com", "strict")
    assert one.arguments(json.dumps([held]), "mail.send") == json.dumps([held])


@given(st.recursive(TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)), TEXT)
def test_arguments_stay_json_at_every_depth(value: object, secret: str) -> None:
    one = vault(mask=("*",))
    held = one.issue("pii.x", secret + "!", "mask")
    document = json.dumps({"deep": json.dumps({"inner": held, "v": value}), "flat": held, "v": value})
    got = json.loads(one.arguments(document, "t"))
    assert got["flat"] == secret + "!"
    assert json.loads(got["deep"]) == {"inner": secret + "!", "v": value}
    assert got["v"] == value


def test_numbered_for_tests_of_policies() -> None:
    one = vault()
    text = f"{one.issue('pii.email', 'a@b.com')} {one.issue('pii.card', '4111')} {one.issue('pii.email', 'a@b.com')}"
    assert one.numbered(text) == "[pii.email:1] [pii.card:2] [pii.email:1]"
