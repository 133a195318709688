"""Every tampering is found, no clean log is accused, and the place that is named is the first one."""

from __future__ import annotations

import asyncio
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from bench.audit import KINDS, Copy, finished, keys_of, points_of
from guardproxy.governance.audit import checkpoints
from guardproxy.governance.audit.folder import Folder
from guardproxy.governance.audit.people import Known, pseudonym_of
from guardproxy.governance.audit.signing import Verifier, create, load_signer, load_verifier
from guardproxy.governance.audit.verify import Verdict, verify
from guardproxy.sections import Audit
from guardproxy.types import ConfigError
from tests.governance.audit.support import event, record, settings


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    return asyncio.run(finished(tmp_path_factory.mktemp("audit"), 120))


@pytest.fixture(scope="module")
def keys(log: Audit) -> Verifier:
    return keys_of(log)


def copied(log: Audit, tmp: Path, seed: int = 0) -> Copy:
    place = tmp / "copy"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(log.path, place)
    return Copy(place, load_signer(Path(log.key_file)), random.Random(seed))


def told(one: Copy, log: Audit, keys: Verifier | None) -> Verdict:
    return verify(one.folder, keys, points_of(log))


@given(st.sampled_from(KINDS), st.integers(0, 1 << 32))
@rules(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_tampering_is_found(log: Audit, keys: Verifier, tmp_path: Path, kind: object, seed: int) -> None:
    one = copied(log, tmp_path, seed)
    before = one.lines()
    kind(one)
    left = [file for file in one.files if file.exists()]
    if len(left) < len(one.files) or one.lines() != before:
        assert told(one, log, keys).problem is not None


def test_a_clean_log_is_not_accused(log: Audit, keys: Verifier, tmp_path: Path) -> None:
    verdict = told(copied(log, tmp_path), log, keys)
    assert verdict.problem is None
    assert (verdict.files > 3, verdict.first, verdict.signed == verdict.last, verdict.checkpoints >= 3) == (
        True,
        1,
        True,
        True,
    )
    assert verdict.notices == []


def test_the_first_place_is_named(log: Audit, keys: Verifier, tmp_path: Path) -> None:
    one = copied(log, tmp_path)
    lines = one.lines()
    second = one.files[1]
    second.write_bytes(second.read_bytes().replace(b"key_", b"yek_", 1))
    number = next(n for n, line in enumerate(second.read_bytes().splitlines(), 1) if b"yek_" in line)
    one.files[2].write_bytes(one.files[2].read_bytes().replace(b"key_", b"yek_"))
    problem = told(one, log, keys).problem
    assert problem is not None
    assert str(problem) == f"{second}:{number}: it was changed after it was written: its hash does not match"
    del lines[5]
    one.put(lines)
    problem = told(one, log, keys).problem
    assert problem is not None
    assert (problem.file, problem.line) == (str(one.files[0]), 6)
    assert "record 7, and record 6 should stand here" in problem.message


def test_a_wrong_signature_is_named_before_what_comes_after_it(log: Audit, keys: Verifier, tmp_path: Path) -> None:
    """Signatures are looked at in groups; the first wrong one is named all the same."""
    one = copied(log, tmp_path)
    lines = one.lines()
    lines[3] = (lines[3][0], one.changed(lines[3][1]))
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from guardproxy.governance.audit.signing import Signer

    forged = Signer(Ed25519PrivateKey.generate(), one.signer.id)  # says to be the trusted key
    one.put(one.chained(lines, forged.sign))
    for points in ([], points_of(log)):
        problem = verify(one.folder, keys, points).problem
        assert problem is not None
        assert "signature does not hold" in problem.message
        assert (problem.file, problem.line) == (str(one.files[0]), 2)


def test_another_key_and_a_forged_checkpoint_are_told_apart(log: Audit, keys: Verifier, tmp_path: Path) -> None:
    one = copied(log, tmp_path)
    create(tmp_path / "other")
    other = load_verifier([tmp_path / "other.pub"])
    problem = verify(one.folder, other).problem
    assert problem is not None
    assert "key that you did not give as trusted" in problem.message
    [first, *_] = points_of(log)
    forged = checkpoints.Checkpoint(first.log, first.seq, "0" * 64, first.time, first.signature)
    problem = verify(one.folder, keys, [forged]).problem
    assert problem is not None
    assert "was not signed with a key that you trust" in problem.message
    problem = verify(one.folder, None, [forged]).problem
    assert problem is not None
    assert problem.line
    assert "says otherwise" in problem.message


def test_a_key_may_be_followed_by_another(tmp_path: Path) -> None:
    said = settings(tmp_path)
    record(said, [event(1)])
    create(tmp_path / "next")
    record(settings(tmp_path, key_file=str(tmp_path / "next")), [event(2)])
    points = checkpoints.load(Path(said.path) / checkpoints.NAME)[0]
    both = load_verifier([tmp_path / "key.pub", tmp_path / "next.pub"])
    assert verify(Folder(Path(said.path)), both, points).problem is None
    for name in ("key.pub", "next.pub"):
        assert verify(Folder(Path(said.path)), load_verifier([tmp_path / name]), points).problem is not None


def test_old_files_may_be_removed_if_that_is_said(log: Audit, keys: Verifier, tmp_path: Path) -> None:
    one = copied(log, tmp_path)
    one.files[0].unlink()
    problem = told(one, log, keys).problem
    assert problem is not None
    assert "say --pruned" in problem.message
    verdict = verify(one.folder, keys, points_of(log), pruned=True)
    assert verdict.problem is None
    assert verdict.first > 1
    one.files[2].unlink()
    problem = verify(one.folder, keys, points_of(log), pruned=True).problem
    assert problem is not None
    assert "is missing" in problem.message


def test_names_that_were_exchanged_are_found(log: Audit, keys: Verifier, tmp_path: Path) -> None:
    key = b"k" * 32
    honest = Known(pseudonym_of("jane", key), "jane", key)
    changed = Known(honest.pseudonym, "joe", key)
    one = copied(log, tmp_path)
    assert verify(one.folder, keys, people=[honest]).problem is None
    problem = verify(one.folder, keys, people=[honest, changed]).problem
    assert problem is not None
    assert "the name behind p_" in problem.message


def test_no_log_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        verify(Folder(tmp_path / "none"))
    with pytest.raises(ConfigError, match="there is no audit log"):
        verify(Folder(tmp_path))
