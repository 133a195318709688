"""The examples of docs/replay.md print what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from guardproxy.cli import main
from guardproxy.types import Finding
from tests.cli.test_replay import log, written

PAGE = Path(__file__).parents[1] / "docs" / "replay.md"
ADDRESS = Finding("pii", "pii.email", 0.9, (3, 18))
OURS = Finding("pii", "pii.email", 0.9, (3, 18), frozenset({"ours"}))
OFFER = Finding("words", "words.offer", 1.0, (0, 8))
EXAMPLES = re.findall(r"^```console\n\$ guardproxy (.*?)\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[c.split()[0] for c, _ in EXAMPLES])
def test_an_example_prints_what_the_page_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str, shown: str
) -> None:
    policy = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)[0]
    written(tmp_path, policy, "policies")
    following = policy.replace("then: annotate", "then: block").replace("unless: {in_list: [ours]}, ", "")
    written(tmp_path, following, "policies-next")
    log(tmp_path, *[()] * 90, (ADDRESS,), (OURS,), (ADDRESS, OURS), (OFFER,), (OFFER, ADDRESS), text=policy)
    monkeypatch.chdir(tmp_path)
    main(shlex.split(command))
    digest = r"\b[0-9a-f]{12}\b"  # of what a policy may say: it changes with the language
    assert re.sub(digest, "", capsys.readouterr().out) == re.sub(digest, "", shown)


def test_there_is_an_example_of_each() -> None:
    assert sorted(c.split()[0] for c, _ in EXAMPLES) == ["diff", "explain", "replay"]
