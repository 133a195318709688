"""Pages: their headers, what they show, and that text in them stays text."""

from __future__ import annotations

import asyncio
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy.report import quoted
from guardproxy.server.console.markup import area, el, visible
from tests.server.console.support import HOSTILE, KEY, desk, record

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
TAGS = {
    *("html", "head", "meta", "title", "link", "script", "body", "a", "header", "nav", "ul", "li", "form", "input"),
    *(
        "button",
        "main",
        "h1",
        "h2",
        "h3",
        "p",
        "label",
        "small",
        "select",
        "option",
        "div",
        "table",
        "caption",
        "thead",
    ),
    *("tbody", "tr", "th", "td", "time", "span", "dl", "dt", "dd", "b", "br", "code", "pre", "details", "summary"),
    *("footer", "textarea", "mark", "ol", "section"),
}
"""All that our pages are made of."""


class Elements(HTMLParser):
    """Every element and attribute of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def check_plain(page: str) -> Elements:
    """Nothing in the page but what we make: no element, script or handler beside ours."""
    read = Elements(page)
    assert {tag for tag, _ in read.found} <= TAGS
    assert [a.get("src") for t, a in read.found if t == "script"] == ["/console/static/console.js"]
    for _, attributes in read.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "action", "src"):
            assert (attributes.get(name) or "/console").startswith(("/console", "#"))
    shown = re.sub(r'<textarea.*?</textarea>| value="[^"]*"', "", page, flags=re.DOTALL)  # fields keep what was typed
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    return read


@pytest.mark.parametrize(
    "path", ["/console", "/console/decisions.json", "/console/policy", "/console/sign-in", "/console/x"]
)
def test_every_answer_has_the_headers(tmp_path: Path, path: str) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            for _ in range(2):
                got = await one.get(path)
                assert got.headers["content-security-policy"].startswith(CSP)
                assert got.headers["x-content-type-options"] == "nosniff"
                assert got.headers["cache-control"] == "no-store"
                assert got.headers["x-frame-options"] == "DENY"
                assert got.headers["referrer-policy"] == "same-origin"
                await one.sign_in()

    asyncio.run(main())


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: ascii(t[:20]))
def test_hostile_text_stays_text(tmp_path: Path, text: str) -> None:
    """Wherever somebody else may choose a string: names of models, tools and labels, and a decision's other fields."""

    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            made = record(text=text, request_id=text, tenant=text, route=text, error=text)
            made["findings"][0] |= {"label": text, "filter": text, "lists": [text]}
            made["verdicts"][0] |= {"rule": text}
            one.recent.add(made)
            for path in ("/console", "/console/decisions/dec_0001"):
                page = (await one.get(path)).text
                read = check_plain(page)
                assert visible(text)[:60] in read.text
                if path == "/console":
                    assert len(page) < 20_000, "names are cut in rows"
            got = (await one.get("/console/decisions.json", params={"rule": text[:300]})).json()
            assert got["last"] == 1 and all(len(r["model"]) <= 120 for r in got["rows"])

    asyncio.run(main())


@given(st.text(st.characters(), max_size=200))
def test_no_text_becomes_markup(text: str) -> None:
    page = el("p", text, title=text) + el("input", value=text) + area(text)
    read = Elements(page)
    assert [tag for tag, _ in read.found] == ["p", "input", "textarea"]
    assert read.found[0][1]["title"] == visible(text)
    (page + "\u2028").encode()  # no half of a surrogate pair is left


def test_titles_of_rules_are_text_too(tmp_path: Path) -> None:
    policy = """
schema: guardproxy/v1
policy: hostile
filters: {words: {use: patterns, patterns: [{id: mail, pattern: '[a-z]{1,9}@x'}]}}
rules:
  - {id: mask, title: "<img src=x onerror=alert(1)></script> \\u202E", when: words.mail, then: redact}
tests:
  - {name: "<b>", given: {role: user, findings: [{label: words.mail}]}, expect: {outcome: redact}}
"""

    async def main() -> None:
        async with desk(tmp_path, policy=policy) as one:
            await one.sign_in()
            read = check_plain((await one.get("/console/policy")).text)
            assert "<img src=x onerror=alert(1)></script> ⟨U+202E⟩" in read.text
            assert "redact1Files" in read.text, "one test sets it off"

    asyncio.run(main())


def test_decisions_as_they_come(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            assert "No decision yet" in (await one.get("/console")).text
            for n in range(1, 4):
                outcome = "block" if n == 2 else "redact"
                one.recent.add(record(n, outcome=outcome))
            got = (await one.get("/console/decisions.json?after=1")).json()
            assert got["last"] == 3 and [r["id"] for r in got["rows"]] == ["dec_0002", "dec_0003"]
            got = (await one.get("/console/decisions.json?outcome=block")).json()
            assert [r["id"] for r in got["rows"]] == ["dec_0002"] and got["last"] == 3
            assert (await one.get("/console/decisions.json?rule=refuse")).json()["rows"] == []
            assert (await one.get("/console/decisions.json?after=-1")).status_code == 400
            page = (await one.get("/console?outcome=block")).text
            assert "dec_0002" in page and "dec_0001" not in page
            assert (await one.get("/console/decisions/dec_0009")).status_code == 404

    asyncio.run(main())


def test_a_decision_tells_why(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            broken = {**record()["findings"][0], "score": None}
            one.recent.add(record(findings=[*record()["findings"], broken]))
            read = check_plain((await one.get("/console/decisions/dec_0001")).text)
            assert (
                "no number" in read.text
                and "score: 1," in (await one.get("/console/decisions/dec_0001/case.yaml")).text
            )
            for told in (
                "Mask addresses",
                "words.mail",
                "mask: ≥ 0.5, met",
                "request, user",
                "Another policy is in force",
            ):
                assert told in read.text, told

    asyncio.run(main())


def test_pages_can_be_used_by_keyboard_and_ear(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            one.recent.add(record())
            for path in ("/console", "/console/decisions/dec_0001", "/console/policy", "/console/sign-in"):
                page = (await one.get(path)).text
                read = Elements(page)
                tags = [tag for tag, _ in read.found]
                assert tags.count("main") == tags.count("h1") == 1 and ("html", {"lang": "en"}) in read.found
                assert read.found[tags.index("body") + 1][1]["class"] == "skip"
                labelled = {a["for"] for t, a in read.found if t == "label"}
                for tag, a in read.found:
                    if tag in ("select", "textarea") or (
                        tag == "input" and a.get("type") != "hidden" and "hidden" not in a
                    ):
                        assert a["id"] in labelled
                    if tag == "th":
                        assert a["scope"] == "col"
                assert tags.count("table") == tags.count("caption")
            page = (await one.get("/console")).text
            assert 'aria-current="page"' in page and 'id="live" role="status"' in page

    asyncio.run(main())


@pytest.mark.parametrize("text", HOSTILE[:7], ids=lambda t: ascii(t[:20]))
def test_matched_text_is_for_who_has_the_key(tmp_path: Path, text: str) -> None:
    """Where the policy's `log` has matched text written down."""

    async def main() -> None:
        for key in (KEY, ""):
            async with desk(tmp_path, key=key) as one:
                if key:
                    await one.sign_in()
                told = {**record()["findings"][0], "text": text}
                one.recent.add(record(findings=[told], model="gpt-oss"))
                for path in ("", "/report", "/case.yaml"):
                    got = await one.get("/console/decisions/dec_0001" + path)
                    if path == "/case.yaml":
                        found = quoted(text) in got.text
                    else:
                        found = visible(quoted(text) if path else text) in check_plain(got.text).text
                    assert found == bool(key), path
                assert visible(text) not in check_plain((await one.get("/console")).text).text

    asyncio.run(main())
