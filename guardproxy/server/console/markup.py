"""HTML as values: what is text is escaped when it is put in, so that no text can ever become markup.

Control characters, invisible ones and those that turn the direction of writing are shown by their numbers: a page that an
operator trusts must not look different from what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_LONE: Final = re.compile("[\x00\ud800-\udfff]")
_VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta"})


class Html(str):
    """Markup that was put together here."""

    __slots__ = ()


Child: TypeAlias = "str | int | float | Iterable[Child] | None"


def visible(text: str) -> str:
    """The text with everything that is not seen, or that changes what is seen, as `⟨U+202E⟩`. Tabs and line ends stay."""
    return _HIDDEN.sub(lambda m: f"⟨U+{ord(m[0]):04X}⟩", text)


def inside(child: Child) -> Html:
    """A child as markup: text is escaped, lists are joined, None is nothing."""
    if child is None:
        return Html()
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return Html(escape(visible(child)))
    if isinstance(child, int | float):
        return Html(child)
    return Html("".join(map(inside, child)))


def el(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """An element. `class_` is `class`, `aria_label` is `aria-label`; None and False leave an attribute out."""
    given = "".join(_attribute(n, v) for n, v in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{inside(children)}</{name}>")


def area(text: str, /, **attributes: str | int | bool | None) -> Html:
    """A field of several lines, with this text as it is: what is sent back must be what came."""
    given = "".join(_attribute(n, v) for n, v in attributes.items())
    return Html(f"<textarea{given}>\n{escape(_whole(text))}</textarea>")  # the first line end is not of the text


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    text = _whole(str(value)) if name == "value" else visible(str(value))
    return f' {name}="{escape(text)}"'


def _whole(text: str) -> str:
    return _LONE.sub("\ufffd", text)
