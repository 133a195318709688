"""Templates of `then: rewrite`: an author's text in which a few words of ours are filled in, and never any of the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
"""What may be one."""
PLACEHOLDERS: Final = ("rule", "label", "message")


def filled(template: str, words: Mapping[str, str]) -> str:
    """The template with each of these words in its place; other braces stay."""
    return PLACEHOLDER.sub(lambda m: words.get(m[1], m[0]), template)
