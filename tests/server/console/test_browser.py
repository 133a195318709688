"""The console in a real browser, with a real guardproxy behind it. Without Chromium these tests are told as NOT RUN."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.console.browser import Page, chromium, opened
from tests.server.console.support import HOSTILE, KEY, record
from tests.server.support import World, answer, plays, whole, world

TESTS = 7
MISSING = f"NOT RUN: {TESTS} tests of the console in a browser: no Chromium on PATH (Debian: apt-get install chromium)"
pytestmark = pytest.mark.skipif(chromium() is None and not os.environ.get("CI"), reason=MISSING)
ROWS = "document.querySelectorAll('#rows tr').length"
NODES = (
    "document.querySelectorAll('img, script:not([src]), iframe, object, embed, svg, [onerror], [onmouseover]').length"
)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("watched"), {"GUARDPROXY_ADMIN_KEY": KEY}) as made:
        yield made


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, one: World) -> Iterator[Page]:
    """A browser that has signed in, by keyboard alone."""
    with opened(tmp_path_factory.mktemp("profile")) as made:
        made.look("light")
        made.go(f"http://127.0.0.1:{one.admin_port}/console")
        made.until("document.title.startsWith('Sign in') && document.activeElement.id === 'key'")
        made.type("#key", "sk-wrong-0123456789abc")
        made.press("Enter", 13)
        made.until("document.querySelector('[role=alert]')")
        made.type("#key", KEY)
        made.press("Enter", 13)
        made.until("document.title.startsWith('Decisions')")
        yield made


def test_signing_in_leaves_nothing_to_scripts(page: Page, one: World) -> None:
    page.go(f"http://127.0.0.1:{one.admin_port}/console")
    page.until("document.querySelector('nav')")
    assert page.do("document.cookie") == "" and page.do("localStorage.length + sessionStorage.length") == 0
    assert KEY not in page.do("location.href + document.documentElement.outerHTML")
    assert page.do("document.querySelector('nav [aria-current]').textContent") == "Decisions"


def test_a_decision_appears_by_itself(page: Page, one: World) -> None:
    page.go(f"http://127.0.0.1:{one.admin_port}/console")
    page.until("document.getElementById('live').textContent.startsWith('Live')")
    before = page.do(ROWS)
    one.script = plays(answer(whole("ask joe@mail.com")))
    one.ask()
    page.until(f"{ROWS} === {before + 1}")
    assert "mask" in page.do("document.querySelector('#rows tr').textContent")
    assert "by mask" in page.do("document.getElementById('live').textContent"), "who does not see the row hears of it"
    page.do("document.getElementById('pause').click()")
    one.ask()
    page.until("document.getElementById('live').textContent.startsWith('Paused')")
    assert page.do(f"new Promise(r => setTimeout(() => r({ROWS}), 1300))") == before + 1
    page.do("document.getElementById('pause').click()")
    page.until(f"{ROWS} === {before + 2}")
    page.do("document.querySelector('#rows a').click()")
    page.until("document.title.startsWith('Decision dec_')")
    page.do("document.querySelector('a[href$=\"/report\"]').click()")
    page.until("document.querySelector('a[download]') && document.body.textContent.includes('todo: ')")


def test_hostile_text_in_rows_stays_text(page: Page, one: World) -> None:
    """Names that reach a record are plain there; this is about the script, so records are made up."""
    page.go(f"http://127.0.0.1:{one.admin_port}/console")
    recent = one.running.app.recorder.recent
    page.until("document.getElementById('live').textContent.startsWith('Live')")
    before = page.do(ROWS)
    for number, text in enumerate(HOSTILE):
        plain = record(number, text, error=text)
        verdict = {**plain["verdicts"][0], "rule": text}
        one.loop.call_soon_threadsafe(
            recent.add, {**plain, "decision_id": f"dec_{number}{text}", "verdicts": [verdict]}
        )
    page.until(f"{ROWS} === {before + len(HOSTILE)}")
    shown = page.do("document.getElementById('rows').textContent")
    assert HOSTILE[0] in shown and "⟨U+202E⟩" in shown and "\u202e" not in shown
    assert page.do(NODES) == 0 and page.do("({}).polluted === undefined")
    assert page.do("document.documentElement.scrollWidth <= window.innerWidth"), "the page keeps its width"
    assert page.dialogs == 0
    assert all(
        h.startswith("/console/decisions/dec_")
        for h in page.do("[...document.querySelectorAll('#rows a')].map(a => a.getAttribute('href'))")
    )


def test_the_playground_marks_what_it_finds(page: Page, one: World) -> None:
    page.go(f"http://127.0.0.1:{one.admin_port}/console/playground")
    page.type("#text", "Ask joe@mail.com, not me.")
    page.do("document.getElementById('role').value = 'assistant'")
    page.submit("document.querySelector('main form button:not([name])').click()")
    assert page.do("document.querySelector('mark.acted').firstChild.data") == "joe@mail.com"
    assert page.do("getComputedStyle(document.querySelector('mark.acted')).textDecorationLine") == "underline"
    assert "Ask [words.mail], not me." in page.do("document.querySelector('pre.stream').textContent")
    page.do("document.querySelector('button.play').click()")
    page.until("document.querySelector('pre.stream').textContent.includes('held]')")
    page.until("!document.querySelector('button.play').disabled")
    assert page.do("document.querySelector('pre.stream').textContent") == "Ask [words.mail], not me."
    assert page.do("document.getElementById('role').value") == "assistant", "the form keeps what was chosen"


def test_hostile_text_in_the_playground_stays_text(page: Page, one: World) -> None:
    text = "\n".join(t for t in HOSTILE if len(t) < 1000 and "\x00" not in t) + " joe@mail.com"
    policy = json.dumps(Path(one.settings.policies).read_text().replace("Mask addresses", HOSTILE[0]))
    page.go(f"http://127.0.0.1:{one.admin_port}/console/playground")
    page.type("#text", text)
    page.do(f"document.getElementById('policy').value = {policy}")
    page.submit("document.querySelector('main form button:not([name])').click()")
    shown = page.do("document.querySelector('section').textContent")
    assert HOSTILE[0] in shown and HOSTILE[1] in shown and "⟨U+001B⟩" in shown
    assert page.do(NODES) == 0 and page.dialogs == 0
    assert page.do("document.getElementById('text').value").replace("\r\n", "\n").startswith(HOSTILE[0])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(page: Page, one: World, scheme: str) -> None:
    """Contrast of at least 4.5 between every text and what lies behind it, and no complaint of the browser's."""
    page.look(scheme)
    for path in ("", "/playground", "/policy", "/tests"):
        page.go(f"http://127.0.0.1:{one.admin_port}/console{path}")
        page.until("document.title.includes('guardproxy')")
        if path == "/playground":
            page.type("#text", "joe@mail.com")
            page.submit("document.querySelector('main form button:not([name])').click()")
        low = page.do(CONTRAST)
        assert low == [], (scheme, path)
    # a wrong key is answered by 401, and the browser says so; what has the focus already needs none
    assert [c for c in page.complaints if "401" not in c and "Autofocus" not in c] == []


CONTRAST = """(() => {
  const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0.99) return c.slice(0, 3); } return [255, 255, 255]; };
  const low = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility()) continue;
    const pair = [light(rgb(getComputedStyle(e).color).slice(0, 3)), light(behind(e))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) low.push([e.tagName, walk.currentNode.data.slice(0, 30), ratio]);
  }
  return low;
})()"""
