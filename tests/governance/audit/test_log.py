"""The log of a process: what is acknowledged is on the disk, whoever else writes, whatever fails."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from guardproxy.governance.audit import AuditLog, Direct, told_to
from guardproxy.governance.audit import chain as chains
from guardproxy.governance.audit import folder as folders
from guardproxy.governance.audit.chain import now
from guardproxy.governance.audit.log import opened_chain
from guardproxy.governance.events import AuditUnavailable, Event
from guardproxy.sections import Audit
from guardproxy.types import ConfigError
from tests.governance.audit.support import actions, checked, event, files, lines, record, settings
from tests.patience import soon

ROOT = Path(__file__).parents[3]


def test_records_are_chained_signed_and_verify(tmp_path: Path) -> None:
    said = settings(tmp_path)
    log = record(said, [event(n) for n in range(5)])
    assert actions(said) == ["audit.file"] + ["key.created"] * 5
    assert log.counts.records == 6
    assert log.counts.last > time.time() - 60
    verdict = checked(said)
    assert (verdict.problem, verdict.last, verdict.signed, verdict.checkpoints) == (None, 6, 6, 1)
    record(said, [event(9)])
    assert checked(said).last == 7


def test_strict_is_on_the_disk_before_it_is_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the machine lost its power at any acknowledgement, what was brought to the disk until then holds the event."""
    said, synced = settings(tmp_path, rotate_size=3000), {}
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        synced[os.readlink(f"/proc/self/fd/{descriptor}")] = os.fstat(descriptor).st_size

    monkeypatch.setattr(os, "fsync", fsync)

    async def live() -> None:
        log = AuditLog.open(said)

        async def one(start: int) -> None:
            for n in range(start, start + 8):
                await log.record(event(n))
                on_disk = b"".join(file.read_bytes()[: synced.get(str(file), 0)] for file in files(said))
                assert f'"details":{{"n":{n}}}'.encode() in on_disk

        await asyncio.gather(*(one(start) for start in range(0, 40, 8)))
        await log.aclose()

    asyncio.run(live())
    assert len(files(said)) > 2
    assert checked(said).problem is None


def test_group_acknowledges_at_once_and_writes_within_the_interval(tmp_path: Path) -> None:
    said = settings(tmp_path, mode="group", interval=0.1)

    async def live() -> None:
        log = AuditLog.open(said)
        await log.record(event(1))
        assert (log.queue, log.counts.records) == (1, 0)
        await soon(lambda: log.counts.records)
        assert actions(said) == ["audit.file", "key.created"]
        assert log.queue == 0
        await log.aclose()

    asyncio.run(live())
    assert checked(said).problem is None


def test_files_follow_one_another(tmp_path: Path) -> None:
    said = settings(tmp_path, rotate_size=2000)
    record(said, [event(n) for n in range(30)])
    assert len(files(said)) > 3
    for number, file in enumerate(files(said), 1):
        assert f'"file":{number},' in file.read_text().splitlines()[0]
    assert [line["seq"] for line in lines(said)] == list(range(1, len(lines(said)) + 1))
    assert checked(said).problem is None
    old = settings(tmp_path, rotate_after=0.01)
    time.sleep(0.02)
    before = len(files(said))
    record(old, [event(1)])
    assert len(files(said)) == before + 1


def test_two_processes_write_one_log(tmp_path: Path) -> None:
    said = settings(tmp_path, rotate_size=5000)
    code = (
        "import sys\nfrom guardproxy.governance.audit import Direct\nfrom guardproxy.sections import Audit\n"
        "from tests.governance.audit.support import event\n"
        f"log = Direct(Audit.model_validate_json({said.model_dump_json()!r}))\n"
        "for n in range(40):\n    log.write(event(n))\nlog.close()\n"
    )
    others = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(2)]
    record(said, [event(n) for n in range(40)])
    assert [one.wait(30) for one in others] == [0, 0]
    assert actions(said).count("key.created") == 120
    assert checked(said).problem is None


def test_a_writer_that_does_not_end_its_turn_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "PATIENCE", 0.05)
    log = Direct(settings(tmp_path))
    with (
        folders.Folder(tmp_path / "log").locked(),
        pytest.raises(AuditUnavailable, match="another process has written"),
    ):
        log.write(event(1))
    log.write(event(2))
    log.close()
    assert checked(settings(tmp_path)).problem is None


# ---------------------------------------------------------------------------------------------------- what fails


def full_disk(monkeypatch: pytest.MonkeyPatch, room: list[int]) -> None:
    """Writes of the log get so many bytes, all in all."""
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        if room[0] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = real(descriptor, data[: room[0]])
        room[0] -= done
        return done

    monkeypatch.setattr(chains.os, "write", write)


def test_a_full_disk_is_an_error_and_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said, room = settings(tmp_path), [900]

    async def live() -> None:
        log = AuditLog.open(said)
        with monkeypatch.context() as patched:
            full_disk(patched, room)
            await log.record(event(1))
            with pytest.raises(AuditUnavailable, match="No space left on device"):
                await log.record(event(2))
            assert log.counts.failures["write"] == 1
        await log.record(event(3))
        await log.aclose()

    asyncio.run(live())
    assert [line["details"].get("n") for line in lines(said)[1:]] == [1, 3]
    assert checked(said).problem is None


def test_group_keeps_what_it_promised_until_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said, room = settings(tmp_path, mode="group", interval=0.02, checkpoints=str(tmp_path / "elsewhere")), [0]
    monkeypatch.setattr("guardproxy.governance.audit.log.RETRY", 0.05)

    async def live() -> None:
        log = AuditLog.open(said)
        with monkeypatch.context() as patched:
            full_disk(patched, room)
            await log.record(event(1))
            await soon(lambda: log.counts.failures["write"])
            with pytest.raises(AuditUnavailable, match="No space"):
                await log.record(event(2))
        await asyncio.sleep(0.3)
        await log.record(event(3))
        await log.aclose()

    asyncio.run(live())
    assert [line["details"].get("n") for line in lines(said)[1:]] == [1, 3]


def test_after_a_failed_fsync_nothing_is_acknowledged_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel tells of a failed write-back once; the next fsync would say that all is well."""
    log = Direct(settings(tmp_path))
    log.write(event(1))

    def fails(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(chains.os, "fsync", fails)
        with pytest.raises(AuditUnavailable, match="brought to the disk"):
            log.write(event(2))
    with pytest.raises(AuditUnavailable, match="start guardproxy again"):
        log.write(event(3))


def test_too_many_that_wait_are_refused(tmp_path: Path) -> None:
    said = settings(tmp_path, mode="group", interval=300, queue=3)

    async def live() -> None:
        log = AuditLog.open(said)
        for n in range(3):
            await log.record(event(n))
        with pytest.raises(AuditUnavailable, match="3 events wait"):
            await log.record(event(4))
        assert log.counts.failures["full"] == 1
        async with asyncio.timeout(30):
            await log.aclose()  # long before the interval is over
        with pytest.raises(AuditUnavailable, match="closed"):
            await log.record(event(5))

    asyncio.run(live())
    assert actions(said).count("key.created") == 3


def test_a_checkpoint_that_cannot_be_kept_is_counted(tmp_path: Path) -> None:
    log = record(settings(tmp_path, checkpoints=str(tmp_path / "no" / "place")), [event(1)])
    assert log.counts.failures["checkpoint"] == 1
    assert log.counts.records == 2


def test_whatever_fails_at_a_checkpoint_the_log_goes_on(tmp_path: Path) -> None:
    said = settings(tmp_path, checkpoint_records=1)

    async def live() -> AuditLog:
        log = AuditLog.open(said)

        def stated() -> Event:
            raise RuntimeError("nobody thought of this")

        log.stated = stated
        for n in range(3):
            await asyncio.wait_for(log.record(event(n)), 5)
        await log.aclose()
        return log

    assert asyncio.run(live()).counts.failures["checkpoint"] >= 1
    assert actions(said).count("key.created") == 3


def test_what_root_makes_belongs_to_whom_the_folder_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said, given = settings(tmp_path), set()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(
        os, "fchown", lambda one, user, group: given.add((Path(os.readlink(f"/proc/self/fd/{one}")).name, user, group))
    )
    record(said, [event(1, person="jane")])
    owner = (tmp_path / "log").stat()
    names = {file.name for file in (tmp_path / "log").iterdir()} - {"people.db-journal"}
    assert given == {(name, owner.st_uid, owner.st_gid) for name in names}
    assert {"lock", "people.db", "checkpoints.jsonl"} < names


def test_checkpoints_come_by_count_and_by_time(tmp_path: Path) -> None:
    said = settings(tmp_path, checkpoint_records=2, checkpoint_interval=0.05)

    async def live() -> None:
        log = AuditLog.open(said)
        for n in range(4):
            await log.record(event(n))
        file = tmp_path / "log" / "checkpoints.jsonl"
        counted = len(file.read_text().splitlines())
        assert counted >= 2
        await log.record(event(9))
        await soon(lambda: '"seq":6' in file.read_text())
        await log.aclose()

    asyncio.run(live())
    assert checked(said).problem is None


# ---------------------------------------------------------------------------------------------------- what was left


def test_a_torn_line_is_set_aside_and_told(tmp_path: Path) -> None:
    said = settings(tmp_path)
    record(said, [event(1)])
    [file] = files(said)
    half = b'{"seq":3,"time":"2026'
    with file.open("ab") as out:
        out.write(half)
    problem = checked(said).problem
    assert problem is not None
    assert (problem.line, "incomplete" in problem.message) == (3, True)
    record(said, [event(2)])
    assert actions(said) == ["audit.file", "key.created", "audit.torn", "key.created"]
    told = lines(said)[2]["details"]
    assert (tmp_path / "log" / told["kept_in"]).read_bytes() == half
    assert told["bytes"] == len(half)
    verdict = checked(said)
    assert verdict.problem is None
    assert any("killed in the middle" in note for note in verdict.notices)


@given(st.integers(0, 1 << 20), st.integers(1, 5))
@rules(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
def test_whatever_of_a_write_is_there_the_log_goes_on(tmp_path: Path, cut: int, count: int) -> None:
    """A writer is killed with any part of what it wrote together on the disk."""
    shutil.rmtree(tmp_path / "log", ignore_errors=True)
    said = settings(tmp_path)
    record(said, [event(1)])
    [file] = files(said)
    before = file.stat().st_size
    chain = opened_chain(said)
    chain.append([(now(), event(n)) for n in range(2, 2 + count)])
    chain.close()
    os.truncate(file, before + cut % (file.stat().st_size - before + 1))
    left = file.read_bytes()
    record(said, [event(9)])
    after = file.read_bytes()
    assert after.startswith(left[: left.rindex(b"\n") + 1])
    torn = left[left.rindex(b"\n") + 1 :]
    assert [one.read_bytes() for one in (tmp_path / "log").glob("*.torn")] == [torn] * bool(torn)
    assert actions(said).count("audit.torn") == bool(torn)
    assert lines(said)[-1]["details"] == {"n": 9}
    assert checked(said).problem is None


def test_who_is_killed_while_setting_aside_leaves_it_to_the_next(tmp_path: Path) -> None:
    said = settings(tmp_path)
    record(said, [event(1)])
    [file] = files(said)
    (tmp_path / "log" / f"audit-00000001.at-{file.stat().st_size}.torn").write_bytes(b"{half")
    record(said, [event(2)])
    assert actions(said) == ["audit.file", "key.created", "audit.torn", "key.created"]
    record(said, [event(3)])
    assert actions(said).count("audit.torn") == 1


@pytest.mark.parametrize("begun", [b"", b'{"seq":'])
def test_a_file_that_was_only_begun_goes_on(tmp_path: Path, begun: bytes) -> None:
    said = settings(tmp_path)
    record(said, [event(1)])
    (tmp_path / "log" / "audit-00000002.jsonl").write_bytes(begun)
    record(said, [event(2)])
    assert actions(said) == [
        *(["audit.file", "key.created"]),
        "audit.file",
        *["audit.torn"] * bool(begun),
        "key.created",
    ]
    assert checked(said).problem is None


def test_lines_without_a_signature_at_the_end_are_told(tmp_path: Path) -> None:
    """Whoever wrote them: from now on they are under a signature, and that they were not stands there, too."""
    said = settings(tmp_path)
    record(said, [event(1)])
    [file] = files(said)
    last = lines(said)[-1]
    from guardproxy.governance.audit.lines import written

    line, _ = written({"time": last["time"], "action": "x.y", "actor": "z", "details": {}}, 3, last["hash"])
    with file.open("ab") as out:
        out.write(line)
    assert checked(said).problem is not None
    record(said, [event(2)])
    assert lines(said)[3]["details"] == {"from": 3, "to": 3}
    verdict = checked(said)
    assert verdict.problem is None
    assert any("records 3 to 3 were found without a signature" in note for note in verdict.notices)


def test_nothing_is_chained_to_a_changed_line(tmp_path: Path) -> None:
    said = settings(tmp_path)
    record(said, [event(1)])
    [file] = files(said)
    file.write_bytes(file.read_bytes().replace(b"key_1", b"key_2"))
    with pytest.raises(
        ConfigError, match=r"audit-00000001\.jsonl: the end of the audit log is damaged: it was changed"
    ):
        record(said, [event(2)])


def test_a_log_that_is_cut_off_under_its_writer_is_not_gone_on_with(tmp_path: Path) -> None:
    said = settings(tmp_path)
    log = Direct(said)
    log.write(event(1))
    log.write(event(2))
    [file] = files(said)
    kept = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(kept[:-1]))
    with pytest.raises(AuditUnavailable, match="ended with record 3, and now ends otherwise, with 2"):
        log.write(event(3))


def test_a_file_that_is_exchanged_under_its_writer_takes_nothing_away(tmp_path: Path) -> None:
    said = settings(tmp_path)
    log = Direct(said)
    log.write(event(1))
    [file] = files(said)
    copy = file.read_bytes()
    file.unlink()
    file.write_bytes(copy)
    log.write(event(2))
    log.close()
    assert actions(said).count("key.created") == 2
    assert checked(said).problem is None


def test_a_log_that_is_shorter_than_its_checkpoints_is_not_opened(tmp_path: Path) -> None:
    said = settings(tmp_path)
    record(said, [event(1)])
    record(said, [event(2)])
    [file] = files(said)
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(ConfigError, match=r"ends with record 2, and the last checkpoint in .* of record 3"):
        record(said, [event(3)])


@pytest.mark.parametrize("hole", [b"\0" * 700, b"\0" * 300 + b'"x":1}\n', b'{"seq":3,\0\0}\n{"seq":4}\n'])
def test_zeros_that_a_loss_of_power_left_are_set_aside(tmp_path: Path, hole: bytes) -> None:
    said = settings(tmp_path)
    record(said, [event(1)])
    [file] = files(said)
    with file.open("ab") as out:
        out.write(hole)
    record(said, [event(2)])
    assert actions(said) == ["audit.file", "key.created", "audit.torn", "key.created"]
    assert [one.read_bytes() for one in (tmp_path / "log").glob("*.torn")] == [hole]
    assert checked(said).problem is None


def test_a_signed_log_wants_a_signature_from_everybody(tmp_path: Path) -> None:
    record(settings(tmp_path), [event(1)])
    with pytest.raises(ConfigError, match="is signed"):
        Direct(settings(tmp_path, key_file=""))


def test_a_log_without_a_key_is_chained_all_the_same(tmp_path: Path) -> None:
    said = settings(tmp_path, key_file="")
    record(said, [event(1)])
    verdict = checked(said)
    assert (verdict.problem, verdict.signed, verdict.checkpoints) == (None, 0, 1)
    [file] = files(said)
    file.write_bytes(file.read_bytes().replace(b"key_1", b"key_2"))
    assert checked(said).problem is not None


def test_a_command_tells_the_log_of_the_settings_or_nobody(tmp_path: Path) -> None:
    said = settings(tmp_path)
    for one in (said, Audit()):
        with told_to(one) as recorder:
            asyncio.run(recorder.record(event(1)))
    assert actions(said) == ["audit.file", "key.created"]
    assert checked(said).checkpoints == 1


def test_texts_that_are_too_long_are_cut(tmp_path: Path) -> None:
    said = settings(tmp_path)
    record(said, [Event("a" * 5000, "b" * 5000, "c" * 5000, person="d" * 5000)])
    assert len(lines(said)[-1]["subject"]) == 1000
    assert checked(said).problem is None
