"""What `guardproxy test` prints about tests that fail, word for word.

With UPDATE_GOLDEN=1 in the environment what it prints now is written down; read the difference before you commit it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from guardproxy.cli import main

FOLDER = Path(__file__).parent / "failing"


@pytest.mark.parametrize(
    "words", [[], ["-q"], ["-v"], ["--no-skip", "--coverage", "-q"], ["--format", "junit"]], ids="_".join
)
def test_what_is_printed(words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    assert main(["test", "policy.yaml", *words]) == 1
    told = re.sub(r" +\d+\.\d ms", " N ms", capsys.readouterr().out)
    told = re.sub(r'time="[\d.]+"', 'time="N"', told)
    file = FOLDER / f"told{''.join(words).replace('--', '-')}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(told, "utf-8")
    assert told == file.read_text("utf-8")
