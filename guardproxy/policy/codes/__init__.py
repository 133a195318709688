"""What each complaint about a policy means: a page per code, with an example that has it and one that hasn't."""

from __future__ import annotations

from importlib.resources import files

from guardproxy.types import GuardproxyError


class UnknownCode(GuardproxyError):
    """No complaint has this code."""


def codes() -> list[str]:
    """All codes, in order."""
    names = (entry.name for entry in files(__name__).iterdir())
    return sorted(name.removesuffix(".md") for name in names if name.endswith(".md"))


def page(code: str) -> str:
    """The page of a code, as Markdown. Raises UnknownCode."""
    known = codes()
    if code not in known:
        raise UnknownCode(f"there is no code {code!r}; known are {known[0]} to {known[-1]}: {', '.join(known)}")
    return (files(__name__) / f"{code}.md").read_text("utf-8")


def title(code: str) -> str:
    """What a code is called."""
    return page(code).splitlines()[0].partition(": ")[2]
