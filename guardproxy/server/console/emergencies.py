"""The page of incidents: what is above every policy now, who says why, and the buttons to open one and to close it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from guardproxy.governance.incidents import Incident
from guardproxy.server.console.access import Visitor
from guardproxy.server.console.layout import PREFIX, badge, field, notice, post, table
from guardproxy.server.console.markup import Child, Html, el
from guardproxy.server.console.waiting import time_of
from guardproxy.server.rights import allowed

PATH: Final = PREFIX + "/incidents"
PACKS: Final = ("lockdown", "read-only-tools")
"""Those that come with guardproxy."""
SHOWN: Final = 100
NONE: Final = el("p", "This guardproxy takes no part in incidents.")
_HEADS: Final = ("Opened", "State", "Pack", "Reason", "By", "Ends", "")


def page_of(all: Sequence[Incident], trouble: str, visitor: Visitor) -> Child:
    """Those that are open first, then the latest."""
    ordered = sorted(all, key=lambda one: (one.ended is not None, -one.opened))[:SHOWN]
    now = [one for one in ordered if one.ended is None]
    packs = ", ".join(dict.fromkeys(one.pack for one in now))
    return [
        notice(f"What is open is not in force: {trouble}", kind="bad") if trouble else None,
        notice("Above every policy now: ", el("b", packs)) if now and not trouble else None,
        el("p", "An incident puts a pack of rules above every policy, at once and for a while.", class_="hint"),
        el("p", "There were none.", hidden=bool(ordered)),
        table("Incidents, those that are open first", _HEADS, (_row(one, visitor) for one in ordered))
        if ordered
        else None,
        _opening(visitor),
    ]


def _row(one: Incident, visitor: Visitor) -> Html:
    return el(
        "tr",
        el("td", time_of(one.opened), class_="short"),
        el("td", badge("open" if one.ended is None else "ended")),
        el("td", one.pack, class_="short"),
        el("td", one.reason, class_="wide"),
        el("td", one.opened_by, class_="short"),
        el("td", _end(one), class_="short"),
        el("td", _closing(one, visitor), class_="short"),
    )


def _end(one: Incident) -> Child:
    if one.ended is None:
        return time_of(one.expires)
    return [time_of(one.ended), el("br"), f"by {one.ended_by}"]


def _may(visitor: Visitor) -> bool:
    return allowed(visitor.caller, "POST", PATH)


def _closing(one: Incident, visitor: Visitor) -> Child:
    if one.ended is not None or not _may(visitor):
        return None
    name = None if visitor.voter is not None else _name(f"by-{one.id}", f"Your name, to close {one.id}")
    button = el("button", "Close it", class_="quiet", aria_label=f"Close the incident {one.id}, {one.pack}")
    return post(f"{PATH}/{one.id}/close", visitor, name, button)


def _name(id: str, label: str) -> Html:
    return el(
        "input", name="by", id=id, required=True, maxlength="200", autocomplete="name", placeholder="Your name", size="12",
        aria_label=label,
    )  # fmt: skip


def _opening(visitor: Visitor) -> Child:
    if not _may(visitor):
        return el("p", "Operators open and close incidents.", class_="hint")
    own = None if visitor.voter is None else el("p", "You do this as ", el("b", visitor.voter.name), ".")
    by = el("input", name="by", id="by", required=True, maxlength="200", autocomplete="name")
    pack = el("input", name="pack", id="pack", required=True, maxlength="64", list="packs", autocomplete="off")
    reason = el("input", name="reason", id="reason", required=True, maxlength="500")
    seconds = el("input", name="for", id="for", required=True, maxlength="20", value="2h")
    return [
        el("h2", "Open one"),
        post(
            PATH,
            visitor,
            el("datalist", _options(PACKS), id="packs"),
            field(
                "Pack",
                pack,
                "pack",
                "lockdown: nothing passes. read-only-tools: calls only look things up. Or one of yours.",
            ),
            field("Reason", reason, "reason", "For the others, and for the audit log."),
            field("For", seconds, "for", "After which it ends by itself: 30m, 2h, 7d."),
            own or field("Your name", by, "by", "It is written down, and shown to the others."),
            el("button", "Put it in force"),
        ),
    ]


def _options(packs: Iterable[str]) -> list[Html]:
    return [el("option", value=pack) for pack in packs]
