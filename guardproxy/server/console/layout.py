"""What every page of the console has around its own content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from guardproxy.server.console.access import Visitor
from guardproxy.server.console.markup import Child, Html, el
from guardproxy.server.rights import allowed
from guardproxy.types import Outcome

PREFIX: Final = "/console"
PAGES: Final = (
    ("Decisions", PREFIX),
    ("Playground", PREFIX + "/playground"),
    ("Policy", PREFIX + "/policy"),
    ("Tests", PREFIX + "/tests"),
    ("Approvals", PREFIX + "/approvals"),
    ("Incidents", PREFIX + "/incidents"),
)
_WORDS: Final = ("pass", "fail", "todo", "pending", "approved", "denied", "open", "ended")
_BADGES: Final = frozenset({*(outcome.name.lower() for outcome in Outcome), *_WORDS})


@dataclass(frozen=True, slots=True)
class About:
    """What a page knows besides its content."""

    visitor: Visitor | None
    policy: str
    """The policy in force, as one line."""


def page(title: str, about: About, *content: Child) -> str:
    """A whole page. `title` also names the link of the page that is shown."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{title} – guardproxy"),
        el("link", rel="icon", href=f"{PREFIX}/static/icon.svg"),
        el("link", rel="stylesheet", href=f"{PREFIX}/static/console.css"),
        el("script", src=f"{PREFIX}/static/console.js", defer=True),
    )
    body = el(
        "body",
        el("a", "Skip to the content", href="#content", class_="skip"),
        _banner(title, about),
        el("main", el("h1", title), *content, id="content", tabindex="-1"),
        el("footer", about.policy and el("p", "Policy in force: ", el("b", about.policy))),
    )
    return "<!doctype html>\n" + el("html", head, body, lang="en")


def _banner(title: str, about: About) -> Html:
    brand = el("a", "guardproxy", href=PREFIX, class_="name")
    if about.visitor is None:
        return el("header", brand)
    shown = [(name, to) for name, to in PAGES if allowed(about.visitor.caller, "GET", to)]
    links = (el("li", el("a", n, href=to, aria_current="page" if n == title else None)) for n, to in shown)
    leave = post(f"{PREFIX}/sign-out", about.visitor, el("button", "Sign out", class_="quiet"))
    nav = el("nav", el("ul", links), aria_label="Console")
    return el("header", brand, nav, leave if about.visitor.keyed and about.visitor.token else None)


def post(to: str, visitor: Visitor, *content: Child, **attributes: str | None) -> Html:
    """A form that changes something: it carries the session's token."""
    token = el("input", type="hidden", name="token", value=visitor.token)
    return el("form", token, *content, method="post", action=to, **attributes)


def table(caption: str, heads: Iterable[str], rows: Iterable[Child], **attributes: str | None) -> Html:
    """A table whose caption tells what it is; `rows` are `tr` elements."""
    head = el("thead", el("tr", (el("th", h, scope="col") for h in heads)))
    inner = el("table", el("caption", caption, class_="unseen"), head, el("tbody", rows, **attributes))
    return el("div", inner, class_="scroll", role="region", aria_label=caption, tabindex="0")


def facts(pairs: Iterable[tuple[str, Child]]) -> Html:
    """A list of names and values."""
    return el("dl", ((el("dt", name), el("dd", value)) for name, value in pairs))


def badge(outcome: str) -> Html:
    """An outcome: told by its word, never by its colour alone."""
    return el("span", outcome.replace("_", " "), class_=f"badge {outcome if outcome in _BADGES else 'other'}")


def prose(text: str) -> Child:
    """A sentence of ours in which names stand in backticks."""
    return [el("code", part) if at % 2 else part for at, part in enumerate(text.split("`"))]


def notice(*content: Child, kind: str = "note") -> Html:
    """Something to be read first. Kinds: `note`, `good`, `bad`."""
    return el("div", *content, class_=f"notice {kind}", role="alert" if kind == "bad" else "status")


def field(label: str, control: Html, name: str, hint: str = "") -> Html:
    """A control with its label. Its id is its name."""
    told = el("small", hint, id=f"{name}-hint") if hint else None
    return el("p", el("label", label, for_=name), control, told, class_="field")


def choice(name: str, options: Iterable[tuple[str, str]], chosen: str, **attributes: str | None) -> Html:
    """A list to choose one from: (value, words)."""
    made = (el("option", words, value=value, selected=value == chosen) for value, words in options)
    return el("select", made, name=name, id=name, **attributes)
