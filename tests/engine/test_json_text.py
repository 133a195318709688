"""Arguments of tool calls: both views are read, edits stay inside string values, the document stays one."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.engine import Cut, JsonStream
from guardproxy.engine.json_text import MAX_STRINGS, guard_json
from guardproxy.engine.observe import Silent
from guardproxy.text import PatternFilter, Rule
from guardproxy.types import Channel, Decision, Direction, Facts, Origin, Outcome, Role, Style
from tests.engine.play import PATTERNS, REPLY, guard, policy, rule

ASSIGNED = Rule(
    "assigned", "secret.assigned", r"\"?password\"?\s{0,3}[:=]\s{0,3}\"?([A-Za-z0-9]{8,40})", ignore_case=True
)
GUARD = guard(p=PatternFilter("p", [*PATTERNS, ASSIGNED]))


def guarded(text: str) -> str:
    return asyncio.run(guard_json(text, lambda: GUARD.gate(REPLY)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"to": "a@b.co", "n": 3}', '{"to": "[pii.email]", "n": 3}'),
        ('{ "to" : "x \\u0061@b.co" }', '{ "to" : "x [pii.email]" }'),
        ('{"a": ["joe@example.com", "ok"]}', '{"a": ["[pii.email]", "ok"]}'),
        ('{"password": "hunter2hunter2"}', '{"password": "[secret.assigned]"}'),
        ('{"q": "line\\nAKIAIOSFODNN7EXAMPLE"}', '{"q": "line\\n[secret.aws]"}'),
        ('{"inner": "{\\"to\\": \\"\\\\u0061@b.co\\"}"}', '{"inner": "{\\"to\\": \\"[pii.email]\\"}"}'),
        ('"a@b.co"', '"[pii.email]"'),
        ('{"k": "é a@b.co 😀"}', '{"k": "é [pii.email] 😀"}'),
        ('{"a": "a@b.co", "a": "c@d.org"}', '{"a": "[pii.email]", "a": "[pii.email]"}'),
    ],
)
def test_edits_inside_strings(text: str, expected: str) -> None:
    assert guarded(text) == expected
    assert json.loads(expected)


@pytest.mark.parametrize(
    "text",
    [
        '{"card": 4111111111111111}',
        '{"a@b.co": 1}',
        '{"\\u0061@b.co": 1}',
        '{"x": "4111 1111", "y": " 1111 1111"}'.replace('", "y": "', "") and '{"n": [4111111111111111]}',
    ],
)
def test_what_is_not_inside_one_string_value_blocks(text: str) -> None:
    with pytest.raises(Cut):
        guarded(text)


def test_clean_documents_are_untouched_byte_for_byte() -> None:
    text = '{ "b":1.0, "a" : [true,null,"x\\u00e9"],"e":{} }'
    assert guarded(text) == text


def test_text_that_is_no_json_is_guarded_as_text() -> None:
    assert guarded('{"to": "a@b.co') == '{"to": "[pii.email]'


VALUES = st.recursive(
    st.one_of(st.text(max_size=12), st.just("joe@example.com"), st.just("k AKIAIOSFODNN7EXAMPLE"), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text('abcé"\\', max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, st.booleans())
def test_any_document_stays_one_and_loses_what_it_hid(value: object, ascii_only: bool) -> None:
    text = json.dumps({"v": value}, ensure_ascii=ascii_only)
    out = json.loads(guarded(text))
    shown = json.dumps(out, ensure_ascii=False)
    assert "joe@example.com" not in shown
    assert "AKIAIOSFODNN7EXAMPLE" not in shown
    assert policy


@pytest.mark.parametrize(
    "text",
    [
        '{"to": "joe\\\\u0040example.com',
        '{"a": "{\\"to\\": \\"joe\\\\u0040a.com',
    ],
)
def test_what_only_a_lenient_parser_would_decode_blocks(text: str) -> None:
    with pytest.raises(Cut):
        guarded(text)


def test_what_a_lenient_parser_would_decode_is_edited_where_it_stands() -> None:
    assert guarded('{"to": "joe\\u0040example.com') == '{"to": "[pii.email]'
    assert guarded('{"a": 1}{"to": "joe\\u0040example.com"}') == '{"a": 1}{"to": "[pii.email]"}'


def test_text_that_is_no_json_keeps_its_escapes() -> None:
    assert guarded('{"to": "x\\u00e9\\n\\"y') == '{"to": "x\\u00e9\\n\\"y'


def test_a_number_of_any_length_is_json() -> None:
    assert guarded(f'{{"n": {"9" * 9000}.0, "to": "joe\\u0040a.com"}}').endswith('"to": "[pii.email]"}')


def test_more_strings_than_are_read_block() -> None:
    assert guarded(json.dumps(["a"] * MAX_STRINGS))
    with pytest.raises(Cut):
        guarded(json.dumps(["a"] * (MAX_STRINGS + 1)))


@pytest.mark.timeout(10)
def test_many_edits_in_one_long_string_cost_no_square() -> None:
    out = guarded(json.dumps({"a": ("\n" + "é" * 50 + " joe@example.com ") * 900}))
    assert out.count("[pii.email]") == 900


class Told(Silent):
    """Counts what was decided."""

    def __init__(self) -> None:
        self.rules: list[tuple[str, ...]] = []

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        self.rules.append(tuple(v.rule for v in decision.verdicts))


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ('{"to": "a@b.co", "cc": "c@d.org", "n": "x"}', [("mask-pii",)]),
        ('{"to": "x\\u0061@b.co"}', [("mask-pii",)]),
        ('{"a": "b", "c": ["d"]}', [()]),
    ],
)
def test_two_views_of_one_text_are_told_once(text: str, rules: list[tuple[str, ...]]) -> None:
    told = Told()
    asyncio.run(guard_json(text, lambda: GUARD.gate(REPLY, observer=told)))  # type: ignore[arg-type]
    assert told.rules == rules


def test_only_what_is_written_gets_a_placeholder() -> None:
    """The raw view of a document is looked at too; what it finds is written decoded, once."""
    rules = [rule("hide", "pii.*", Outcome.REDACT, style=Style.TOKEN)]
    one = guard(policy(rules))
    vault = one.vault("default", "hello")
    assert vault is not None
    asked = Origin(Direction.REQUEST, Role.ASSISTANT, Channel.COMMENTARY, "f")
    document = json.dumps({"a": 'joe@mail.com "quoted"', "b": json.dumps(["joe@mail.com"])})
    out = json.loads(asyncio.run(guard_json(document, lambda: one.gate(asked, vault=vault))))
    assert len(vault) == 1
    held = vault.held("joe@mail.com")
    assert out == {"a": f'{held} "quoted"', "b": json.dumps([held])}


class _Heard(Silent):
    def __init__(self) -> None:
        self.labels: list[str] = []

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        self.labels += [f.label for f in facts.findings]


@pytest.mark.parametrize("stream", [False, True])
def test_what_only_the_second_reading_finds_is_told_although_no_rule_acts_on_it(stream: bool) -> None:
    """A replay under a policy with such a rule has to know of it."""
    words = PatternFilter("p", [Rule("bomb", "words.bomb", "bomb"), Rule("cat", "words.cat", "cat")])
    one, heard, text = (
        guard(policy([rule("cats", "words.cat", Outcome.BLOCK)]), p=words),
        _Heard(),
        r'{"a": "a bo\u006db"}',
    )

    async def read() -> None:
        if not stream:
            await guard_json(text, lambda: one.gate(REPLY, observer=heard))
            return
        reply = JsonStream(lambda: one.gate(REPLY, observer=heard))
        await reply.feed(text, last=True)
        reply.end()

    asyncio.run(read())
    assert heard.labels == ["words.bomb"]
