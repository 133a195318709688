"""`guardproxy tools` as a process: the example of the documentation, as it stands there but for its ports."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from guardproxy.cli import main
from guardproxy.config import load
from tests.ready import first_line
from tests.test_docs import shown
from tests.tools.support import served

ROOT = Path(__file__).parents[2]


def test_the_example_of_the_documentation() -> None:
    server, client = shown("docs/tools.md", "python")
    made: dict[str, Any] = {"__name__": "office"}
    exec(compile(server, "office.py", "exec"), made)
    env = {k: v for k, v in os.environ.items() if not k.startswith("GUARDPROXY_")}
    with served(made["app"]) as base:
        words = [
            "--server",
            f"office={base}/mcp",
            "--listen",
            "127.0.0.1:0",
            "--admin-port",
            "0",
            "--decision-log",
            "none",
        ]
        command = [sys.executable, "-m", "guardproxy", "tools", *words]
        with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE) as process:
            try:
                said = first_line(process, 30).decode()
                found = re.search(r"1 tool server · policy default .*\n  (http://127\.0\.0\.1:\d+)/office/mcp → ", said)
                assert found, said
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    exec(compile(client.replace("http://127.0.0.1:8090", found[1]), "ask.py", "exec"), {})
                process.send_signal(signal.SIGTERM)
                assert process.wait(15) == 0
            finally:
                process.kill()
    wanted = next(block for block in shown("docs/tools.md", "text") if block.startswith("Bob"))
    assert out.getvalue() == f"asked for Bob, [pii.phone]\n{wanted}"  # the server runs in this process


def test_the_settings_of_the_documentation(tmp_path: Path) -> None:
    file = tmp_path / "tools.yaml"
    file.write_text(shown("docs/tools.md", "yaml")[0])
    made, plain = (
        load(file, {"SEARCH_KEY": "k"}, tools=True).tools,
        load(None, {}, {"": (("upstream", "url"), "http://x")}).tools,
    )
    assert set(made.servers) == {"office", "search", "python", "run"}
    assert made.model_copy(update={"servers": {}}) == plain


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "there is no tool server"),
        (["--server", "http://127.0.0.1:9000/mcp"], "is no NAME=URL"),
        (["--server", "a=http://x", "--listen", "8090"], "is no HOST:PORT"),
        (["--server", "a=http://x", "--listen", "0.0.0.0:8090"], "others could use the tools"),
        (["--server", "a=http://u:p@x"], "must not hold credentials"),
    ],
)
def test_mistakes_are_sentences(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", *words]) == 2
    assert said in capsys.readouterr().err
