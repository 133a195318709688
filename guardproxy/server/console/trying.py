"""The page of the playground: what is to be tried, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

from guardproxy.policy.explain import Looked, RuleSaid, explain
from guardproxy.policy.load import Examined
from guardproxy.policy.model import Policy
from guardproxy.policy.report import case
from guardproxy.server.console.access import Visitor
from guardproxy.server.console.layout import PREFIX, badge, choice, field, notice, post, table
from guardproxy.server.console.markup import Child, Html, area, el
from guardproxy.server.console.playground import Attempt, Step, Tried, Wanted
from guardproxy.types import Channel, ConfigError, Direction, Finding, Outcome, Role, Style, WireError

PATH: Final = PREFIX + "/playground"
MAX_FORM: Final = 2_000_000
"""Bytes of the form: a text, a conversation and a policy, each letter of which may need nine."""
SHOWN: Final = 20_000
"""Characters of a text on the page."""
MARKS: Final = 200
"""Findings on the page, of each text."""
CHANGES: Final = 20
"""Changes to what there was that are told."""
_ORDER: Final = ("fired", "shadow", "silent", "not here", "disabled")
MAX_CASE: Final = 20_000
"""Characters of a test's text."""
_CHANNELS: Final = [("", "–"), *((c.value, c.value) for c in Channel)]
_ROLES: Final = [
    (r.value, "assistant (a reply)" if r is Role.ASSISTANT else r.value)
    for r in (Role.USER, Role.ASSISTANT, Role.TOOL, Role.SYSTEM, Role.DEVELOPER)
]
_CONVERSATION: Final = '[{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]'


def wanted_of(form: Mapping[str, str]) -> Wanted:
    """What a form asks for. Raises WireError."""
    try:
        role = Role(form.get("role") or "user")
        channel = Channel(form["channel"]) if form.get("channel") else None
    except ValueError:
        raise WireError("That is no role, or no channel.") from None
    policy = _lines(form.get("policy", ""))
    return Wanted(
        _lines(form.get("text", "")),
        role,
        channel,
        form.get("tool", "").strip()[:200],
        _lines(form.get("conversation", "")),
        form.get("model", "").strip()[:200],
        form.get("tenant", "").strip()[:200] or "default",
        policy if policy.strip() else None,
    )


def _lines(text: str) -> str:
    """Browsers end the lines of a form like those of a mail."""
    return text.replace("\r\n", "\n")


def form(visitor: Visitor, wanted: Wanted) -> Html:
    """What is to be tried."""
    where = el(
        "div",
        field("Who says it", choice("role", _ROLES, wanted.role.value), "role"),
        field("Channel", choice("channel", _CHANNELS, wanted.channel.value if wanted.channel else ""), "channel"),
        field("Tool", _line("tool", wanted.tool), "tool"),
        field("Model", _line("model", wanted.model), "model"),
        field("Tenant", _line("tenant", wanted.tenant), "tenant"),
        class_="bar",
    )
    conversation = el(
        "details",
        el("summary", "A conversation"),
        field(
            "What was said before, or all of it",
            area(wanted.conversation, name="conversation", id="conversation", rows="6", spellcheck="false"),
            "conversation",
            f"A chat request as JSON, or its messages: {_CONVERSATION}. Without a text, the last message is what it is about.",
        ),
        open=bool(wanted.conversation.strip()),
    )
    policy = el(
        "details",
        el("summary", "Another policy"),
        field(
            "Policy in YAML",
            area(wanted.policy or "", name="policy", id="policy", rows="18", spellcheck="false"),
            "policy",
            "Empty: the policy in force. Nothing is stored, and nobody else is affected.",
        ),
        el("p", el("button", "Start from the policy in force", name="load", value="yes", class_="quiet")),
        open=wanted.policy is not None,
    )
    text = area(wanted.text, name="text", id="text", rows="6")
    return post(
        PATH, visitor, field("Text", text, "text"), where, conversation, policy, el("p", el("button", "Try it"))
    )


def _line(name: str, value: str) -> Html:
    return el("input", name=name, id=name, value=value, size="14", autocomplete="off", spellcheck="false")


# ---------------------------------------------------------------------------------------------------- what came of it


def complaints(examined: Examined, text: str) -> Child:
    """What `guardproxy check` says about an edited policy."""
    if not examined.problems and not examined.warnings:
        return None
    lines = text.splitlines()
    kind = "bad" if examined.problems else "note"
    head = "The policy has problems; nothing was tried." if examined.problems else "The policy can be used, but:"
    rows = (_complaint(e, lines) for e in (*examined.problems, *examined.warnings)[:50])
    return notice(el("p", el("b", head)), el("ol", rows), kind=kind)


def _complaint(error: ConfigError, lines: list[str]) -> Html:
    shown = lines[error.line - 1][:200] if 0 < error.line <= len(lines) else ""
    place = el("b", f"line {error.line}, column {error.column}: ")
    return el("li", place, f"{error.code} {error.message}", el("pre", shown) if shown.strip() else None)


def result(attempt: Attempt, policy: Policy, wanted: Wanted) -> Child:
    """What came of everything that was tried."""
    told = None
    if attempt.outcome >= Outcome.BLOCK:
        as_what = "as an answer" if attempt.form == "refusal" else "as an error"
        told = el("p", "The client is told, ", f"{as_what} or at the end of the reply: ", el("b", attempt.message))
    return el(
        "section",
        el("h2", "What comes of it: ", badge(attempt.outcome.name.lower()), id="result"),
        told,
        [_tried(one, policy, number) for number, one in enumerate(attempt.tried, 1)],
        _as_test(attempt, policy, wanted),
        aria_labelledby="result",
    )


def _tried(one: Tried, policy: Policy, number: int) -> Child:
    origin = one.facts.origin
    told = (origin.direction.value, origin.role.value, origin.channel and origin.channel.value, origin.tool)
    quiet = not one.facts.findings and not one.decision.verdicts and not one.steps
    return el(
        "details",
        el(
            "summary",
            one.name,
            " – ",
            badge(one.decision.outcome.name.lower()),
            el("span", f" {', '.join(filter(None, told))}", class_="hint"),
        ),
        _text(one) if one.text else None,
        _places(one.facts.findings, one),
        None if quiet and number > 1 else _rules(one, policy),  # a hundred tables of nothing tell nothing
        _released(one) if one.text else None,
        _stream(one.steps, one.cut, number) if one.steps else None,
        open=not quiet or number == 1,
        class_="tried",
    )


def _rules(one: Tried, policy: Policy) -> Child:
    """Each rule, those that spoke first, and what would have changed the outcome."""
    said = explain(policy, one.facts)
    rows = (_rule(rule) for rule in sorted(said.rules, key=lambda r: (_ORDER.index(r.status), r.id)))
    listed = table(f"Each rule on {one.name}", ("Rule", "Here", "Because"), rows)
    would = (el("li", badge(w.outcome.name.lower()), f" {w.change}") for w in said.would_be[:CHANGES])
    more = [el("h3", "What would have changed that"), el("ul", would, class_="plain")] if said.would_be else None
    return [el("h3", "Why"), listed, more]


def _rule(said: RuleSaid) -> Html:
    spoke = said.status in ("fired", "shadow")
    state: Child = [badge(said.outcome.name.lower()), " (shadow)" if said.status == "shadow" else None]
    found = dict.fromkeys(f"{f.label} {f.score:.4g}" for f in said.findings)
    looked = (el("li", _looked(one)) for one in said.looked)
    why = [
        ", ".join(list(found)[:10]),
        " – " if found and said.why else None,
        said.why,
        el("ul", looked, class_="plain"),
    ]
    title = said.rule.title if said.rule is not None else "what the defaults do about a failure"
    return el(
        "tr", el("td", el("b", said.id), el("br"), title), el("td", state if spoke else said.status), el("td", why)
    )


def _looked(one: Looked) -> Child:
    """One condition, and the best there was for it."""
    wants = f"wants {one.label} >= {one.score:g}" + (f", {one.times} times" if one.times > 1 else "")
    best = f": {one.found[0].label} has {one.found[0].score:.4g}" if one.found and not one.met else ""
    return el("span", f"{wants}{best}, ", "met" if one.met else "not met", class_="hint")


def _text(one: Tried) -> Child:
    acted = {f for v in one.decision.verdicts if not v.shadow and v.outcome >= Outcome.REDACT for f in v.findings}
    marks = [f for f in one.facts.findings if f.span and one.placed][:MARKS]
    return [el("h3", "What was found"), el("pre", list(highlighted(one.text[:SHOWN], marks, acted)), _more(one.text))]


def highlighted(text: str, findings: Iterable[Finding], acted: Iterable[Finding]) -> Iterator[Child]:
    """The text with marks where something was found; each place names all that was found there."""
    spans = [(max(0, f.span[0]), min(len(text), f.span[1]), f) for f in findings if f.span]
    edges = sorted({0, len(text), *(e for start, end, _ in spans for e in (start, end) if 0 <= e <= len(text))})
    did = set(acted)
    for start, end in pairwise(edges):
        here = [f for s, e, f in spans if s <= start and end <= e]
        if not here:
            yield text[start:end]
            continue
        ends = [f for s, e, f in spans if e == end and s <= start]
        tag = el("span", " ", ", ".join(dict.fromkeys(f.label for f in ends)), class_="label") if ends else None
        yield el("mark", text[start:end], tag, class_="acted" if did.intersection(here) else "seen")


def _more(text: str) -> str | None:
    return f"\n… {len(text) - SHOWN:,} more characters" if len(text) > SHOWN else None


def _places(findings: tuple[Finding, ...], one: Tried) -> Child:
    if not findings:
        return el("p", "Nothing was found.")
    rows = (
        el(
            "tr",
            el("td", el("b", f.label)),
            el("td", f"{f.score:.4g}", class_="number"),
            el("td", f"{f.span[0]}–{f.span[1]}" if f.span and one.placed else "whole text", class_="number"),
            el("td", f.filter + (f", in {', '.join(sorted(f.lists))}" if f.lists else "")),
        )
        for f in findings[:MARKS]
    )
    more = len(findings) - MARKS
    listed = table(f"Found in {one.name}", ("Label", "Score", "Characters", "Filter"), rows)
    return [listed, el("p", f"{more} more findings.") if more > 0 else None]


def _released(one: Tried) -> Child:
    goes = "to the client" if one.facts.origin.direction is Direction.RESPONSE else "to the model"
    if one.released is None:
        return [el("h3", f"What goes {goes}"), el("p", "Nothing: it is blocked.")]
    if one.released == one.text:
        return [el("h3", f"What goes {goes}"), el("p", "The text as it is.")]
    return [el("h3", f"What goes {goes}"), el("pre", one.released[:SHOWN], _more(one.released))]


def _stream(steps: tuple[Step, ...], cut: bool, number: int) -> Child:
    """The reply as its client sees it come. A script can play it; the table tells the same."""
    rows = (
        el(
            "tr",
            el("td", str(i), class_="number"),
            el("td", el("code", step.fed, class_="piece")),
            el("td", el("code", step.released, class_="piece")),
            el("td", str(step.held), class_="number"),
        )
        for i, step in enumerate(steps, 1)
    )
    end = (
        "Here the reply is cut: nothing that was held goes out, and it ends as content_filter."
        if cut
        else "The end of the reply."
    )
    return [
        el("h3", "Streamed, as the client sees it"),
        el(
            "p", el("button", "Play", type="button", class_="play quiet", hidden=True, aria_controls=f"stream-{number}")
        ),
        el(
            "pre",
            "".join(s.released for s in steps)[:SHOWN],
            el("span", f"\n[{end}]" if cut else "", class_="hint"),
            id=f"stream-{number}",
            class_="stream",
        ),
        el(
            "details",
            el("summary", f"{len(steps)} pieces"),
            table("Piece by piece", ("", "From the model", "To the client", "Held"), rows, class_="steps"),
            el("p", end),
        ),
    ]


def _as_test(attempt: Attempt, policy: Policy, wanted: Wanted) -> Child:
    """What was tried as a test of the policy: as it is, and as a false positive."""
    if not wanted.text or len(wanted.text) > MAX_CASE or wanted.conversation.strip() or not attempt.tried:
        return None
    one = attempt.tried[0]
    origin, rules = one.facts.origin, sorted({v.rule for t in attempt.tried for v in t.decision.verdicts})
    given: dict[str, object] = {"role": origin.role.value}
    given |= {"channel": origin.channel.value} if origin.channel else {}
    given |= {"tool": origin.tool} if origin.tool else {}
    given |= {"model": wanted.model} if wanted.model else {}
    given |= {"tenant": wanted.tenant} if wanted.tenant != "default" else {}
    call = origin.tool is not None and origin.direction is Direction.RESPONSE
    given |= {"call" if call else "text": wanted.text}
    expect: dict[str, object] = {"outcome": attempt.outcome.name.lower()} | ({"rules": rules} if rules else {})
    secret = any(r.id in rules and r.style in (Style.HASH, Style.TOKEN) for r in policy.rules)  # of this process
    if one.released is not None and attempt.outcome < Outcome.BLOCK and not call and not secret:
        expect["released"] = one.released
    kept = case("tried in the playground", given, expect)
    wrong = case("a false positive", given, {"outcome": "allow"}, "reported as a false positive")
    return [
        el("h2", "As a test of the policy"),
        el("p", "It stays like this:", class_="hint"),
        el("pre", "tests:\n" + kept, tabindex="0"),
        [el("p", "It is a false positive:", class_="hint"), el("pre", "tests:\n" + wrong, tabindex="0")]
        if attempt.outcome > Outcome.ALLOW
        else None,
    ]
