from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from guardproxy import __version__, cli
from guardproxy.cli import COMMANDS, main
from guardproxy.types import ConfigError

ROOT = Path(__file__).parents[2]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"guardproxy {__version__}\n"


def test_help_names_every_command_and_imports_none() -> None:
    code = (
        "import sys\nfrom guardproxy.cli import main\nmain(['--help'])\n"
        "print([m for m in sys.modules if 'guardproxy.cli.' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert all(f"\n    {name} " in done.stdout for name in COMMANDS)
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_a_module_that_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module(f"guardproxy.cli.{name}")
    assert module.__doc__ and module.__doc__.lstrip().startswith(f"`guardproxy {name}")
    assert main([name, "--help"]) == 0
    assert f"usage: guardproxy {name}" in capsys.readouterr().out


@pytest.mark.parametrize(("argv", "said"), [([], "required: COMMAND"), (["chekc"], "invalid choice: 'chekc'")])
def test_what_is_no_command_is_an_error(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    assert said in capsys.readouterr().err


def test_an_error_is_a_sentence_and_no_traceback(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["check", str(tmp_path / "absent")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("guardproxy: there is no directory ")


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (ConfigError("so it is"), 2)])
def test_exit_codes(error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(words: object) -> int:
        raise error

    monkeypatch.setattr(cli, "_run", run)
    assert main(["check", "x"]) == code


def test_a_reader_that_goes_away_is_no_crash() -> None:
    command = f"{sys.executable} -m guardproxy schema | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == '{\n  "$schem'[:10]
    assert done.stderr == ""


def test_check_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom guardproxy.cli import main\nmain(['check', 'policies'])\n"
        "print(sorted({'torch', 'transformers', 'presidio_analyzer', 'spacy', 'detoxify', 'uvicorn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
