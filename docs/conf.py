"""How Sphinx builds these pages: `make docs`. Everything it needs is here; nothing is fetched, then or by the pages.

The Markdown is read on code hosts too, so there is nothing in it that only Sphinx understands: the tree is made from the links
of the pages called `index.md`, and links to files elsewhere in the repository are checked and become downloads.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

from guardproxy import __version__

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGE = re.compile(r"\]\((?!\.\./)([\w./-]+\.md)\)")
"""A link to a page of this folder or below."""
OUTSIDE = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[\w./-]*)\)")
"""A link that may lead out of docs/."""
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)

project = "guardproxy"
copyright = "the authors of guardproxy, Apache-2.0"
version = release = __version__
extensions = ["myst_parser"]
root_doc = "index"
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
suppress_warnings = ["misc.highlighting_failure"]  # output that a block shows between commands is in no language
nitpicky = True
myst_heading_anchors = 4
myst_enable_extensions: list[str] = []
html_theme = "furo"
html_title = "guardproxy"
html_static_path = ["_static"]
html_css_files = ["guardproxy.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
html_theme_options = {
    "light_css_variables": {"font-stack": "system-ui, sans-serif", "font-stack--monospace": "ui-monospace, monospace"},
}

log = logging.getLogger(__name__)


def tree(text: str) -> str:
    """Hidden tables of contents for the links of a page: one for each heading under which there are some."""
    first, *rest = HEADING.split(text)
    parts = [("", first), *zip(rest[::2], rest[1::2], strict=True)]
    out = []
    for caption, part in parts:
        if pages := list(dict.fromkeys(PAGE.findall(part))):
            out += ["```{toctree}", ":hidden:", *([f":caption: {caption}"] if caption else []), *pages, "```", ""]
    return "\n".join(["", *out])


def elsewhere(name: str, found: re.Match[str]) -> str:
    """A link out of docs/ as the pages have it: a file can be downloaded, of a folder there is only its name."""
    target = ((DOCS / name).parent / found[2]).resolve()
    if target.is_relative_to(DOCS):
        return found[0]
    if not target.exists():
        log.warning("a link leads to nothing: %s", found[0], location=name)
    return f"[{found[1]}](path:{found[2]})" if target.is_file() else found[1]


def read(app: Sphinx, name: str, source: list[str]) -> None:
    """Sphinx is about to read a page."""
    source[0] = OUTSIDE.sub(partial(elsewhere, name), source[0])
    if name.rpartition("/")[2] == "index":
        source[0] += tree(source[0])


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
