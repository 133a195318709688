"""The reader of pages sees what is wrong in one, and lets pass only what differs from run to run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.transcript import Reader, same, steps

PAGE = """# A page

```yaml a/b.yaml
one: 1
two: 2
```

```yaml a/b.yaml +
three: 3
```

```diff a/b.yaml
 one: 1
-two: 2
+two: 22
```

```console
$ cat a/b.yaml
one: 1
two: 22
three: 3
$ echo \\
  x | tr x y
y
```

```sh
not run
```
"""


def follow(text: str, folder: Path) -> Reader:
    page = folder / "page.md"
    page.write_text(text, "utf-8")
    reader = Reader(folder)
    reader.follow(page)
    return reader


def test_a_true_page_passes(tmp_path: Path) -> None:
    assert follow(PAGE, tmp_path).commands == 2
    assert [s.line for s in steps(tmp_path / "page.md")] == [3, 8, 12, 19, 23]


@pytest.mark.parametrize(
    ("true", "false"), [("two: 22\nthree", "two: 2\nthree"), ("\ny\n", "\ny\nz\n"), ("\ny\n", "\n")]
)
def test_a_false_page_fails(true: str, false: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"page.md:\d+: \$ "):
        follow(PAGE.replace(true, false), tmp_path)


def test_a_change_has_to_fit(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="0 times"):
        follow(PAGE.replace("-two: 2\n", "-two: 3\n"), tmp_path)


def test_a_page_is_put_right_where_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPDATE_DOCS", "1")
    follow(PAGE.replace("two: 22\nthree: 3\n$", "$").replace("\ny\n", "\nq\nq\n"), tmp_path)
    assert (tmp_path / "page.md").read_text("utf-8") == PAGE


@pytest.mark.parametrize(
    ("page", "told", "alike"),
    [
        ("a  1.2 ms", "a    33.4 ms", True),
        ("policy x 1 (0123456789ab)", "policy x 1 (ba9876543210)", True),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a\n…\nd", "a\nb\nc", False),
        ("3 passed", "2 passed", False),
        ("", "x", False),
    ],
)
def test_figures_that_change_are_not_compared(page: str, told: str, alike: bool) -> None:
    assert same(page, told) is alike
