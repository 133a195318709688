"""Each code that `check` says has a page, and what the page shows is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guardproxy import detectors
from guardproxy.policy.codes import UnknownCode, codes, page, title
from guardproxy.policy.load import Examined, examine

SOURCE = Path(__file__).parents[2] / "guardproxy" / "policy"
CODES = codes()


def _examined(code: str, kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Examined:
    """What is said about the example of a page."""
    shown = re.findall(rf"^```yaml {kind}(?: (\S+))?\n(.*?)^```$", page(code), re.MULTILINE | re.DOTALL)
    assert shown
    for name, text in shown:
        (folder / (name or "policy.yaml")).write_text(text, "utf-8")
    monkeypatch.chdir(folder)
    return examine(Path(), detectors.catalogue(), detectors.build)


def test_every_code_has_a_page_and_no_page_is_left_over() -> None:
    said = {code for f in SOURCE.glob("*.py") for code in re.findall(r'"(GP\d{3})"', f.read_text("utf-8"))}
    assert said == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_the_example_is_complained_about_as_shown(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = _examined(code, "wrong", tmp_path, monkeypatch)
    said = [str(e) for e in told.problems if e.code == code]
    said += [str(e).replace(code, f"{code} warning:", 1) for e in told.warnings if e.code == code]
    assert said == re.findall(r"^\S+\.yaml:\d+:\d+: .+$", page(code), re.MULTILINE)
    assert {e.code for e in told.problems} <= {code}


@pytest.mark.parametrize("code", CODES)
def test_the_remedy_is_one(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = _examined(code, "right", tmp_path, monkeypatch)
    assert [str(e) for e in told.problems] == []
    assert [str(e) for e in told.warnings if e.code == code] == []


@pytest.mark.parametrize("code", CODES)
def test_a_page_begins_with_its_code_and_title(code: str) -> None:
    first, blank, about = page(code).splitlines()[:3]
    assert (first, blank) == (f"# {code}: {title(code)}", "")
    assert about and title(code)


def test_an_unknown_code_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownCode, match=f"there is no code 'GP999'; known are GP001 to {CODES[-1]}"):
        page("GP999")
