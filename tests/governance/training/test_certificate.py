"""Certificates: for exactly these files, signed, in force; everything else is refused with the reason."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardproxy.governance.audit.signing import Verifier, create, load_signer, load_verifier
from guardproxy.governance.training.certificate import (
    Certificate,
    Certified,
    Guarded,
    NotCertified,
    check,
    digest,
    read,
)
from guardproxy.types import ConfigError

NOW = time.time()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key, a training file, and its certificate."""
    tmp = tmp_path_factory.mktemp("certificate")
    create(tmp / "key")
    (tmp / "set.jsonl").write_text('{"text": "calm"}\n')
    file = Certified("set.jsonl", digest(tmp / "set.jsonl"), 17, 1, "allow")
    made = Certificate((file,), "p", "d" * 64, (), "", "", NOW, NOW + 1000, "0.1")
    (tmp / "cert.json").write_text(made.signed(load_signer(tmp / "key")))
    return tmp


def trusted(folder: Path) -> Verifier:
    return load_verifier([folder / "key.pub"])


def test_what_was_scanned_is_certified(folder: Path) -> None:
    got = read(folder / "cert.json", trusted(folder))
    check(got, [folder / "set.jsonl"])
    assert got.files[0].name == "set.jsonl" and got.policy == "p"


def test_other_files_and_other_models_are_not(folder: Path, tmp_path: Path) -> None:
    got, other = read(folder / "cert.json", trusted(folder)), tmp_path / "set.jsonl"
    other.write_text('{"text": "calx"}\n')
    for files in ([other], [folder / "set.jsonl", other]):
        with pytest.raises(NotCertified, match="was changed, or never scanned"):
            check(got, files)
    with pytest.raises(NotCertified, match="no training file is named"):
        check(got, [])
    with pytest.raises(NotCertified, match="for the model 'gpt-oss', not for 'other'"):
        check(replace(got, model="gpt-oss"), [folder / "set.jsonl"], model="other")
    with pytest.raises(ConfigError, match="can't be read"):
        check(got, [tmp_path / "none"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), to=st.integers(33, 126))
def test_a_certificate_that_was_changed_is_none(folder: Path, tmp_path: Path, at: int, to: int) -> None:
    text = (folder / "cert.json").read_text()
    at %= len(text)
    changed = text[:at] + chr(to) + text[at + 1 :]
    (tmp_path / "cert.json").write_text(changed)
    try:
        same = json.loads(changed) == json.loads(text)
    except ValueError:
        same = False
    if same:
        return
    with pytest.raises(NotCertified):
        read(tmp_path / "cert.json", trusted(folder))


def test_it_is_of_a_key_that_is_trusted_and_in_force(folder: Path, tmp_path: Path) -> None:
    create(tmp_path / "other")
    with pytest.raises(NotCertified, match="not signed by a key that you trust"):
        read(folder / "cert.json", load_verifier([tmp_path / "other.pub"]))
    for now in (NOW - 1000, NOW + 2000):
        with pytest.raises(NotCertified, match="has expired, or is of the future"):
            read(folder / "cert.json", trusted(folder), now=now)
    with pytest.raises(NotCertified, match="can't be read"):
        read(tmp_path / "none", trusted(folder))


class TestGuarded:
    """The callback, called as transformers does it."""

    def made(self, folder: Path, *files: Path) -> Guarded:
        return Guarded(folder / "cert.json", trust=[folder / "key.pub"], files=files or [folder / "set.jsonl"])

    def test_it_lets_a_certified_training_begin(self, folder: Path) -> None:
        one: Any = self.made(folder)
        for event in ("on_init_end", "on_train_begin", "on_step_end", "on_log", "on_train_end"):
            getattr(one, event)(None, None, None, model=None, logs={})
        assert list(one.rows()) == [{"text": "calm"}]
        with pytest.raises(AttributeError):
            _ = one.other

    def test_nothing_else_begins_or_ends_well(self, folder: Path, tmp_path: Path) -> None:
        file = tmp_path / "set.jsonl"
        file.write_text('{"text": "calm"}\n')
        one = self.made(folder, file)
        one.on_train_begin(None, None, None)
        file.write_text('{"text": "evil"}\n')
        for event in (one.on_train_begin, one.on_train_end):
            with pytest.raises(NotCertified):
                event(None, None, None)
        with pytest.raises(NotCertified):
            list(one.rows())

    def test_transformers_own_handler_calls_it(self, folder: Path, tmp_path: Path) -> None:
        callbacks = pytest.importorskip("transformers.trainer_callback", reason="transformers is not installed")
        handler = callbacks.CallbackHandler([self.made(folder)], None, None, None, None)
        state, control = callbacks.TrainerState(), callbacks.TrainerControl()
        handler.train_dataloader = handler.eval_dataloader = None
        assert handler.on_train_begin(None, state, control) is control
        file = tmp_path / "set.jsonl"
        file.write_text("{}")
        handler.add_callback(self.made(folder, file))
        with pytest.raises(NotCertified):
            handler.on_train_begin(None, state, control)
