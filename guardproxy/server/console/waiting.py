"""The page of what waits for people: who asks for what, who said what about it, and the buttons to say yes or no."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from guardproxy.governance.approvals import Approval, Status
from guardproxy.server.console.access import Visitor
from guardproxy.server.console.layout import PREFIX, badge, facts, field, post, table
from guardproxy.server.console.markup import Child, Html, el
from guardproxy.server.rights import allowed

PATH: Final = PREFIX + "/approvals"
LONGEST: Final = 20_000
"""Characters of a call's arguments that are shown."""
_HEADS: Final = ("Asked", "Status", "What", "Kind", "Tenant", "Expires", "")


def listing(all: Iterable[Approval]) -> Child:
    """The newest first; what waits before what was decided."""
    ordered = sorted(all, key=lambda one: (one.status is not Status.PENDING, -one.created))
    return [
        el("p", "Nothing of these goes on before people have said yes.", class_="hint"),
        el("p", "Nothing waits, and nothing was decided lately.", hidden=bool(ordered)),
        table("What waits for people", _HEADS, map(_row, ordered)),
    ]


def _row(one: Approval) -> Html:
    return el(
        "tr",
        el("td", time_of(one.created), class_="short"),
        el("td", badge(one.status.value), _so_far(one)),
        el("td", one.subject, class_="wide"),
        el("td", one.kind.value),
        el("td", one.tenant),
        el("td", time_of(one.expires), class_="short"),
        el("td", el("a", "Look at it", href=f"{PATH}/{one.id}"), class_="short"),
    )


def _so_far(one: Approval) -> str | None:
    yes = sum(vote.approve for vote in one.votes)
    return f" {yes} of {one.needs}" if one.needs > 1 else None


def detail(one: Approval, visitor: Visitor) -> Child:
    """All that is known about one, and a form to decide."""
    details: Mapping[str, Any] = one.details if isinstance(one.details, dict) else {}
    pairs: list[tuple[str, Child]] = [
        ("Status", [badge(one.status.value), _so_far(one)]),
        ("What", one.subject),
        ("Kind", one.kind.value),
        ("Tenant", one.tenant),
        ("Asked by", el("code", one.requester) if one.requester else "nobody with a key"),
        ("Asked", time_of(one.created)),
        ("Expires", time_of(one.expires)),
        ("People who must say yes", str(one.needs)),
    ]
    return [facts(pairs), _calls(details.get("calls")), _rest(details), _votes(one), _form(one, visitor)]


def _calls(calls: Any) -> Child:
    if not isinstance(calls, list):
        return None
    return [el("h2", "Calls"), el("ol", (el("li", _call(call)) for call in calls))]


def _call(call: Mapping[str, Any]) -> Child:
    rules = call["rules"]
    return [
        el("p", el("b", call["tool"]), f" (asked for by {', '.join(rules)})" if rules else " (waits with the others)"),
        el("pre", _cut(call["arguments"]), tabindex="0"),
    ]


def _rest(details: Mapping[str, Any]) -> Child:
    pairs = [(name.replace("_", " "), _cut(str(value))) for name, value in details.items() if name != "calls"]
    return [el("h2", "About it"), facts(pairs)] if pairs else None


def _votes(one: Approval) -> Child:
    if not one.votes:
        return None
    rows = (
        el(
            "tr",
            el("td", time_of(vote.at), class_="short"),
            el("td", vote.by),
            el("td", "yes" if vote.approve else "no"),
            el("td", vote.comment, class_="wide"),
        )
        for vote in one.votes
    )
    return [el("h2", "Who said what"), table("Who said what", ("When", "Who", "", "Why"), rows)]


def _form(one: Approval, visitor: Visitor) -> Child:
    if one.status is not Status.PENDING:
        return None
    if not allowed(visitor.caller, "POST", f"{PATH}/{one.id}"):
        return el("p", "Who may approve decides about it.", class_="hint")
    by = el("input", name="by", id="by", required=True, maxlength="200", autocomplete="name")
    own = None if visitor.voter is None else el("p", "You decide as ", el("b", visitor.voter.name), ".")
    comment = el("input", name="comment", id="comment", maxlength="2000")
    return [
        el("h2", "Decide"),
        post(
            f"{PATH}/{one.id}",
            visitor,
            own or field("Your name", by, "by", "It is written down, and shown to the others."),
            field("Why", comment, "comment"),
            el("button", "Approve", name="decision", value="approve"),
            " ",
            el("button", "Deny", name="decision", value="deny", class_="quiet"),
        ),
    ]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text) - LONGEST:,} characters more)"


def time_of(seconds: float) -> Html:
    """A time in UTC."""
    at = datetime.fromtimestamp(seconds, UTC)
    return el("time", at.strftime("%Y-%m-%d %H:%M:%S UTC"), datetime=at.isoformat(timespec="seconds"))
