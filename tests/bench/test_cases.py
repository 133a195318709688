from __future__ import annotations

from pathlib import Path

import pytest

from bench import cases
from guardproxy.cli import main


def test_the_policy_that_is_measured_passes_its_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(cases.policy(9))
    assert main(["test", str(file), "-q"]) == 0
    assert capsys.readouterr().out.startswith("9 tests: 9 passed")
    assert cases.imported(file) == []
