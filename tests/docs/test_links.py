"""Links of README and docs lead somewhere: to a file of the repository, and to a heading where they name one.

`make docs` says the same of the built pages; this needs no Sphinx, and reads the README too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def anchors(page: str) -> set[str]:
    """The fragments that code hosts give to headings: small letters, no punctuation, `-` for spaces."""
    out = set[str]()
    for heading in HEADING.findall(re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        out.add(next(name for name in (slug, *(f"{slug}-{n}" for n in range(1, 100))) if name not in out))
    return out


def broken(page: Path) -> Iterator[str]:
    """The links of a page that lead nowhere."""
    for link in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (fragment and fragment not in anchors(target.read_text("utf-8"))):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(broken(page)) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page, other = tmp_path / "page.md", tmp_path / "other.md"
    other.write_text("# A `b` c\n\n## A b c\n\n```sh\n# no heading\n```\n", "utf-8")
    page.write_text(
        "[x](other.md#a-b-c) [x](other.md#a-b-c-1) `[x](code.md)` [x](#none) [x](other.md#no-heading) [x](gone.md)",
        "utf-8",
    )
    assert list(broken(page)) == ["#none", "other.md#no-heading", "gone.md"]


def test_every_page_is_in_the_tree_of_the_index() -> None:
    """A page that no index lists would be found by nobody; Sphinx says so too."""
    for index in (ROOT / "docs").rglob("index.md"):
        listed = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text("utf-8"))}
        others = [page for page in index.parent.rglob("*.md") if page != index]
        inner = {page.parent for page in others if page.name == "index.md" and page.parent != index.parent}
        missing = [
            page for page in others if page not in listed and (page.name == "index.md" or not inner & set(page.parents))
        ]
        assert missing == [], index
