"""`guardproxy backend` says in one sentence why it can't start."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from tests.gptoss import ROOT, command


def refused(*arguments, run=None):
    done = subprocess.run(run or command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=50)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("port", ["x", "-1", "65536", "８０００", ""])
def test_a_bad_port(port):
    assert "is not a port: give a number from 0 to 65535" in refused("--port", port)


def test_a_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused("--port", port)
    assert said.startswith(f"guardproxy backend cannot listen on 127.0.0.1 port {port} (Address already in use)")


def test_an_address_that_is_not_ours():
    assert "cannot listen on 192.0.2.1 port 0" in refused("--port", "0", "--host", "192.0.2.1")


@pytest.mark.parametrize("model", ["/no/such/folder", "./missing", "a b", ""])
def test_a_model_that_does_not_exist(model):
    said = refused("--port", "0", "--model", model)
    assert said.startswith(f"--model {model} ")
    assert "config.json" in said
    assert len(said.splitlines()) == 1


def test_a_folder_that_is_no_model(tmp_path):
    assert "is not a model: a folder with a config.json is needed" in refused("--port", "0", "--model", str(tmp_path))


@pytest.mark.gptoss
def test_a_model_that_is_broken(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "gpt_oss"}')
    said = refused("--port", "0", "--model", str(tmp_path))
    assert said.startswith(f"guardproxy backend cannot load {tmp_path} (")
    assert len(said.splitlines()) == 1


@pytest.mark.gptoss
def test_a_hub_name_that_cannot_be_fetched():
    said = refused("--port", "0", "--model", "nobody/nothing")
    assert said.startswith("guardproxy backend cannot load nobody/nothing (")


@pytest.mark.parametrize("name", ["torch", "transformers", "fastapi"])
def test_a_missing_extra(name):
    run = command("--port", "0")
    said = refused(run=[*run[:2], f"import sys; sys.modules[{name!r}] = None; " + run[2], *run[3:]])
    assert said == (
        f"guardproxy backend needs {name}, which this Python does not have; install it with: "
        "pip install 'guardproxy[backend]'\n"
    )


def test_the_command_is_cheap_to_import():
    imports = "import sys, guardproxy.cli.backend, guardproxy.backend.launch; "
    check = imports + "assert not {'torch', 'transformers'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=True, timeout=50)
