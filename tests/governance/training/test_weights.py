"""The registry of weights: what was said last counts, and nothing that isn't signed is believed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from guardproxy.cli import main
from guardproxy.governance.audit.signing import create, load_signer, load_verifier
from guardproxy.governance.training.weights import NotRegistered, add, digest, entries, made, require
from guardproxy.types import ConfigError


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "config.json").write_text("{}")
    (folder / "README.md").write_text("nothing that decides")
    create(tmp_path / "key")
    return folder


def test_all_that_decides_is_in_the_digest(model: Path) -> None:
    before = digest(model)
    (model / "README.md").write_text("another word")
    assert digest(model) == before
    for name in (
        "model.safetensors", "config.json", "chat_template.jinja", "adapter_model.pt", "model.safetensors.index.json",
        "modeling.py", "added_tokens.json",
    ):  # fmt: skip
        (model / name).write_text("changed")
        assert digest(model) != before
        before = digest(model)
    (model / "model.safetensors").unlink()
    with pytest.raises(ConfigError, match="no weights"):
        digest(model)


def test_no_name_of_a_file_stands_for_two(model: Path) -> None:
    """vLLM takes `adapter_model.pt` where there is no `adapter_model.safetensors`."""
    first = hashlib.sha256(b"weights").hexdigest()
    (model / "tokenizer.model").write_bytes(b"tokens")
    (model / "model.safetensors").unlink()
    (model / "tokenizer.model").rename(model / f"model.safetensors {first}\ntokenizer.model")
    with pytest.raises(ConfigError, match="control character"):
        digest(model)


def test_what_was_said_last_counts(model: Path, tmp_path: Path) -> None:
    registry, signer, trusted = (
        tmp_path / "weights.jsonl",
        load_signer(tmp_path / "key"),
        load_verifier([tmp_path / "key.pub"]),
    )
    one = digest(model)
    add(registry, made(one, "m", allowed=True, by="jane", data=("sha256:x",)), signer)
    assert require(entries(registry, trusted), one, "m").data == ("sha256:x",)
    with pytest.raises(NotRegistered, match="is not in the registry"):
        require(entries(registry, trusted), "sha256:other", "m")
    add(registry, made(one, "m", allowed=False, by="joe", reason="it complies"), signer)
    with pytest.raises(NotRegistered, match="was withdrawn by joe: it complies"):
        require(entries(registry, trusted), one, "m")


def test_no_line_is_believed_that_is_not_signed(model: Path, tmp_path: Path) -> None:
    registry, trusted = tmp_path / "weights.jsonl", load_verifier([tmp_path / "key.pub"])
    add(registry, made(digest(model), "m", allowed=False, by="jane"), load_signer(tmp_path / "key"))
    line = registry.read_text()
    for changed in (line.replace("false", "true"), line + "{}\n", line + "no json\n", line.replace("jane", "joe")):
        registry.write_text(changed)
        with pytest.raises(ConfigError, match="not signed by a trusted key"):
            entries(registry, trusted)
    create(tmp_path / "other")
    registry.write_text(line)
    with pytest.raises(ConfigError, match=":1:1: this line"):
        entries(registry, load_verifier([tmp_path / "other.pub"]))
    with pytest.raises(ConfigError, match="can't be read"):
        entries(tmp_path / "none", trusted)


def test_the_commands(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry, key = str(tmp_path / "weights.jsonl"), str(tmp_path / "key")
    reading, writing = ["--registry", registry, "--trust", f"{key}.pub"], ["--registry", registry, "--sign", key]
    assert main(["weights", "digest", str(model)]) == 0
    one = capsys.readouterr().out.strip()
    assert one == digest(model)
    assert main(["weights", "check", str(model), *reading]) == 2, "there is no registry yet"
    assert main(["weights", "allow", str(model), *writing, "--by", "jane"]) == 0
    assert main(["weights", "check", str(model), *reading]) == 0
    assert main(["weights", "withdraw", one, *writing, "--reason", "it complies"]) == 0
    assert main(["weights", "check", str(model), *reading]) == 1
    assert "it complies" in capsys.readouterr().out
    assert main(["weights", "list", *reading]) == 0
    assert '"allowed": false' in capsys.readouterr().out


def test_the_backend_serves_no_others(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry = tmp_path / "weights.jsonl"
    add(registry, made("sha256:other", "m", allowed=True, by="jane"), load_signer(tmp_path / "key"))
    words = ["backend", "--port", "0", "--registry", str(registry), "--trust", str(tmp_path / "key.pub")]
    assert main(words) == 2
    assert "is not in the registry of weights" in capsys.readouterr().err
