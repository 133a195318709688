"""What belongs to the operator: named by policies, never brought by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardproxy.config import load
from guardproxy.services import NONE, Services, policy_directory
from guardproxy.types import ConfigError
from tests.judges.recorded import Recorded, finds


def settings(folder: Path, text: str, **environ: str) -> object:
    file = folder / "settings.yaml"
    file.write_text(text, "utf-8")
    return load(file, environ, serving=False)


def test_judges_are_known_or_not_or_nobody_knows() -> None:
    judge = Recorded(finds())
    assert Services({"a": judge}).judge("a") is judge
    assert NONE.judge("a") is None
    with pytest.raises(ConfigError, match=r"there is no judge 'a' .* there are none"):
        Services({}).judge("a")


def test_files_need_a_place_and_never_leave_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not known where"):
        NONE.read("a.md")
    (tmp_path / "a.md").write_text("A", "utf-8")
    assert Services(folder=tmp_path).read("a.md") == "A"
    for name in ("../a.md", str(tmp_path / "a.md"), "sub/../../x"):
        with pytest.raises(ConfigError, match="outside"):
            Services(folder=tmp_path).read(name)
    assert policy_directory(tmp_path) == policy_directory(tmp_path / "a.md") == tmp_path


def test_the_secret_is_not_shown() -> None:
    assert "s3cret" not in repr(Services(key=b"s3cret"))


JUDGE = "judges: {j: {url: 'http://127.0.0.1:1/v1', protocol: safeguard, model: m, %s}}\n"


def test_judges_in_the_settings(tmp_path: Path) -> None:
    read = settings(tmp_path, JUDGE % "key_env: MY_KEY, timeout: 150ms", MY_KEY="secret")
    assert read.judges["j"].timeout == 0.15
    assert read.judge_keys["j"].get_secret_value() == "secret"
    assert "secret" not in str(read.model_dump())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (JUDGE % "key_env: MY_KEY", "MY_KEY is to hold a key, but it is not set"),
        (JUDGE % "urll: x", r"no setting 'judges\.j\.urll' \(did you mean 'url'\?\)"),
        (JUDGE % "classes: [a]", "classes"),
        (JUDGE % "labels: {S1: pii.email}", "pattern"),
        ("judges: {j: {url: 'https://a/v1', protocol: safeguard}}", "`model` is missing"),
        ("judges: {j: {url: 'http://judge.example/v1', protocol: tei}}", "plain http at judge.example"),
        ("judges: {j: {url: 'http://169.254.169.254/v1', protocol: tei}}", "link-local"),
        ("judges: {j: {url: 'https://a/v1', protocol: nope, model: m}}", "safeguard"),
        ("judge_keys: {j: x}", "keys come from the environment"),
    ],
)
def test_judges_that_are_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        settings(tmp_path, text)


def test_plain_http_to_hosts_that_are_listed(tmp_path: Path) -> None:
    text = "judges: {j: {url: 'http://judge.example/v1', protocol: tei}}\njudge_hosts: [judge.example]\n"
    assert settings(tmp_path, text).judges["j"].host == "judge.example"
