"""Verdicts on models: kept whole, shared, and not to be forged without the key."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.governance.probe.baseline import Measured
from guardproxy.governance.probe.verdicts import Verdict, Verdicts, Word, said
from guardproxy.types import ConfigError

KEY = b"secret"
ONE = said(Word.DENIED, "ft:m:1", "set", approval="apr_1")


@given(st.text(), st.sampled_from(Word), st.text(), st.one_of(st.none(), st.binary(min_size=1)))
def test_what_is_put_is_read(tmp_path_factory, key, word, name, secret):
    file = tmp_path_factory.mktemp("v") / "state.json"
    clean = [text.encode("utf-8", "ignore").decode() for text in (key, name)]
    verdict = said(word, clean[1], "set")
    Verdicts(file, secret).put(clean[0], verdict)
    assert Verdicts(file, secret).read() == {clean[0]: verdict}


def test_the_file_is_for_its_owner_alone(tmp_path):
    Verdicts(tmp_path / "s.json").put("k", ONE)
    assert stat.S_IMODE((tmp_path / "s.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("change", ["word", "model", "set", "at", "approval", "mac", "moved"])
def test_what_was_changed_without_the_key_is_refused(tmp_path, change):
    file = tmp_path / "s.json"
    Verdicts(file, KEY).put("sha256:1", ONE)
    data = json.loads(file.read_text())
    entry = data["models"]["sha256:1"]
    if change == "moved":
        data["models"] = {"sha256:2": entry}
    else:
        entry[change] = {"word": "released", "at": "2030-01-01T00:00:00+00:00"}.get(change, "x")
    file.write_text(json.dumps(data))
    with pytest.raises(ConfigError, match="was not written with this GUARDPROXY_STORE_KEY"):
        Verdicts(file, KEY).read()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "models": {"k": {"word": "fine"}}}'])
def test_what_is_no_file_of_ours_is_refused(tmp_path, text):
    file = tmp_path / "s.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match="is no state of probes"):
        Verdicts(file).read()
    with pytest.raises(ConfigError, match="is no state of probes"):
        Verdicts(file).put("k", ONE)
    assert file.read_text() == text, "nothing is lost"


def test_a_later_form_is_refused(tmp_path):
    (tmp_path / "s.json").write_text('{"format": 2}')
    with pytest.raises(ConfigError, match="format 2"):
        Verdicts(tmp_path / "s.json").read()


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="can't be written"):
        Verdicts(tmp_path / "no" / "s.json").put("k", ONE)


def test_many_at_once_lose_nothing(tmp_path):
    def put(n: int) -> None:
        Verdicts(tmp_path / "s.json", KEY).put(f"k{n}", ONE)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(40)))
    assert set(Verdicts(tmp_path / "s.json", KEY).read()) == {f"k{n}" for n in range(40)}


def test_the_oldest_go_first(tmp_path, monkeypatch):
    monkeypatch.setattr("guardproxy.governance.probe.verdicts.MOST", 3)
    for n in (0, 1, 2, 0, 3):
        Verdicts(tmp_path / "s.json").put(f"k{n}", ONE)
    assert list(Verdicts(tmp_path / "s.json").read()) == ["k2", "k0", "k3"]


def test_a_newer_baseline_of_the_model_itself_outdates_it():
    def taken(at: str) -> Measured:
        return Measured("m", "", "set", at, {})

    verdict = Verdict(Word.QUARANTINED, "m", "set", "2026-11-23T10:00:00.500+00:00")
    assert not verdict.outdated(None)
    assert not verdict.outdated(taken("2026-11-23T10:00:00+00:00"))
    assert verdict.outdated(taken("2026-11-23T10:00:01+00:00"))
    assert verdict.outdated(taken("2026-11-23T11:30:00+01:00"))
