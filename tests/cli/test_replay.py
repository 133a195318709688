"""`guardproxy replay`: what it counts, what it leaves out, and how it ends."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from guardproxy import detectors
from guardproxy.cli import main
from guardproxy.policy.decide import decide
from guardproxy.policy.load import load
from guardproxy.telemetry import Metrics, Recorder
from guardproxy.telemetry.basis import Basis
from guardproxy.telemetry.record import PolicyName
from guardproxy.types import Channel, Direction, Facts, Finding, Origin, Role

POLICY = """
schema: guardproxy/v1
policy: small
lists:
  ours: ["*@example.com"]
filters:
  words: {use: patterns, keywords: [{id: mail, words: ["jane@example.com", "bob@example.net"]}, {id: bomb, words: [bomb]}]}
rules:
  - {id: mask, when: words.mail >= 0.6, unless: {in_list: [ours]}, then: redact}
  - {id: stop, when: words.bomb, then: block}
"""
ANSWER = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL)


class Kept:
    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def write(self, record: dict[str, Any]) -> None:
        self.lines.append(record)


def written(folder: Path, text: str = POLICY, name: str = "now") -> Path:
    directory = folder / name
    directory.mkdir(exist_ok=True)
    (directory / "policy.yaml").write_text(text, "utf-8")
    return directory


def log(folder: Path, *found: tuple[Finding, ...], text: str = POLICY) -> Path:
    """A log with one decision for each tuple of findings, under the policy."""
    policy = load(written(folder, text, "then"), detectors.catalogue(), detectors.build)
    kept = Kept()
    recorder = Recorder(Metrics(), kept, known_model=lambda name: True)  # type: ignore[arg-type]
    for number, findings in enumerate(found):
        record = recorder.start(f"req_{number}", "/v1", PolicyName("small", "", policy.digest, basis=Basis.of(policy)))
        record.decision_id = f"dec_{number}"
        facts = Facts(record.request_id, ANSWER, findings, route="/v1")
        record.decided(facts, decide(policy, facts), final=True)
        record.finish(200)
    file = folder / "decisions.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in kept.lines), "utf-8")
    return file


MAIL = Finding("words", "words.mail", 1.0, (0, 5))
OURS = Finding("words", "words.mail", 1.0, (0, 5), frozenset({"ours"}))
BOMB = Finding("words", "words.bomb", 1.0, (7, 9))


def replayed(capsys: pytest.CaptureFixture[str], *words: Any) -> dict[str, Any]:
    main(["replay", *map(str, words), "--format", "json"])
    out: dict[str, Any] = json.loads(capsys.readouterr().out)
    return out


def test_the_same_policy_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = log(tmp_path, (), (MAIL,), (OURS,), (BOMB, MAIL))
    assert main(["replay", str(file), "--policy", str(written(tmp_path)), "--fail-on-change"]) == 0
    assert capsys.readouterr().out == "4 decisions: 4 same\n"


def test_changes_are_told_by_rule_with_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = log(tmp_path, (), (MAIL,), (OURS,), (MAIL,))
    stricter = POLICY.replace("unless: {in_list: [ours]}, then: redact", "then: block")
    assert main(["replay", str(file), "--policy", str(written(tmp_path, stricter)), "--fail-on-change"]) == 1
    first = "4 decisions: 1 same · 2 redact -> block (mask) · 1 allow -> block (mask)"
    out = capsys.readouterr().out
    assert out.splitlines()[0] == first
    assert "redact -> block (mask): 2\n  dec_1, dec_3\n" in out
    assert "mask          2 -> 3" in out


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("words: [bomb]", "words: [bomb, bang]"), "words has other options: it has not read the text with these"),
        (("max_hold: 2", "max_hold: 3"), "how much text may wait (release, max_hold, max_whole) is set otherwise"),
        (("*@example.com", "*@example.org"), "list ours has changed: whether the text is in it is not recorded"),
        (("filters:", "filters:\n  more: {use: secrets}"), ""),
        (
            ("rules:", "rules:\n  - {id: x, when: secret.*, then: block}\nX"),
            "more is new: it has not read the text",
        ),
        (("then: block", "then: block, mode: shadow"), ""),
    ],
)
def test_what_nobody_can_know_is_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], why: str
) -> None:
    base = POLICY + "defaults: {max_hold: 20000}\n"
    file = log(tmp_path, (MAIL,), text=base)
    now = base.replace("filters:", "filters:\n  more: {use: secrets}") if "secret.*" in change[1] else base
    now = now.replace(change[0], change[1]).replace("\nX", "")
    told = replayed(capsys, file, "--policy", written(tmp_path, now))
    assert [r["why"] for r in told["reasons"]] == ([why] if why else [])
    assert told["unknown"] == bool(why) == 1 - told["same"]


def test_what_was_cut_is_not_said_to_be_allowed_now(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = log(tmp_path, (BOMB,))
    milder = POLICY.replace("words.bomb, then: block", "words.bomb, then: annotate")
    told = replayed(capsys, file, "--policy", written(tmp_path, milder))
    assert [r["why"] for r in told["reasons"]] == ["stop cut the text; what would have followed was never read"]
    assert told["unknown_before"] == {"block": 1}


def test_texts_are_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = log(tmp_path, (), (MAIL,))
    now = written(tmp_path, POLICY.replace("words: [bomb]", "words: [bomb, bang]"))
    rows = [{"id": "dec_0", "text": "bang", "role": "assistant"}, {"decision_id": "dec_1", "text": "bob@example.net"}]
    texts = tmp_path / "texts.jsonl"
    texts.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    told = replayed(capsys, file, "--policy", now, "--texts", texts)
    assert (told["same"], told["unknown"]) == (1, 0)
    assert [(c["before"], c["after"], c["rule"]) for c in told["changes"]] == [("allow", "block", "stop")]
    texts.write_text('{"id": "dec_0"}\n', "utf-8")
    assert main(["replay", str(file), "--policy", str(now), "--texts", str(texts)]) == 2
    assert "texts.jsonl:1:1: not a text of a decision" in capsys.readouterr().err


def test_lines_that_are_no_records_are_named_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = log(tmp_path, (MAIL,), ())
    whole = file.read_text("utf-8").splitlines()
    broken = [whole[0], "{", "[]", '{"decision_id": "d", "replay": {}}', whole[1], whole[1][:-9]]
    file.write_text("\n".join(broken), "utf-8")
    now = written(tmp_path)
    assert main(["replay", str(file), "--policy", str(now)]) == 0
    out, err = capsys.readouterr()
    assert out == "2 decisions: 2 same\n4 lines left out: no decision records\n"
    assert [line.split(": ")[0].rpartition(":")[2] for line in err.splitlines()] == ["2", "3", "4", "6"]
    assert "the log was cut off here" in err.splitlines()[-1]
    assert main(["replay", str(file), "--policy", str(now), "--strict"]) == 2
    assert "decisions.jsonl:2:1: not JSON" in capsys.readouterr().err


def test_compressed_logs_and_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, now = log(tmp_path, (MAIL,), ()), written(tmp_path)
    packed = tmp_path / "decisions.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert replayed(capsys, packed, "--policy", now)["same"] == 2
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    assert replayed(capsys, "-", "--policy", now)["same"] == 2
    packed.write_bytes(gzip.compress(file.read_bytes())[:-12])
    told = replayed(capsys, packed, "--policy", now)
    assert (told["same"], told["malformed"]) == (2, 1) or told["malformed"] >= 1


def test_what_can_not_be_read_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = written(tmp_path)
    assert main(["replay", str(tmp_path / "none"), "--policy", str(now)]) == 2
    empty = tmp_path / "empty"
    empty.write_text("", "utf-8")
    assert main(["replay", str(empty), "--policy", str(now)]) == 2
    assert "there is no decision in" in capsys.readouterr().err


def test_records_of_older_versions_are_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, now = log(tmp_path, (MAIL,)), written(tmp_path)
    record = json.loads(file.read_text("utf-8"))
    record["replay"]["guardproxy"] = "0.0.9"
    file.write_text(json.dumps(record) + "\n", "utf-8")
    assert replayed(capsys, file, "--policy", now)["unknown"] == 1
    assert replayed(capsys, file, "--policy", now, "--any-version")["same"] == 1
    del record["replay"]
    file.write_text(json.dumps(record) + "\n", "utf-8")
    assert replayed(capsys, file, "--policy", now, "--any-version")["unknown"] == 1
