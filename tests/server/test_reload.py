"""Policies that change while they serve: in force at once or not at all, and no request sees two of them."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from guardproxy.engine import Held
from guardproxy.engine.stock import Stock
from guardproxy.judges import Asked
from guardproxy.policy.load import ConfigErrors
from guardproxy.server.loading import Loader
from guardproxy.server.reload import MAX_RETIRED, SETTLE, Report, Watched
from guardproxy.server.snapshot import InForce, Lease
from tests.server.support import (
    EVENTS,
    POLICY,
    Visit,
    World,
    answer,
    body_of,
    chat,
    chunk,
    event,
    events_of,
    headers_of,
    plays,
    status_of,
    streams,
    text_of,
    whole,
    world,
)

BAD = POLICY.replace("when: words.mail", "when: words.mial").replace("when: words.bomb", "when: words.bmob")


LAX = POLICY.replace("then: redact", "then: annotate").replace("outcome: redact", "outcome: annotate")


def to_its_end(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that runs in an event loop of its own."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def version(number: int, text: str = POLICY) -> str:
    return text.replace('version: "1"', f'version: "{number}"')


def watched(tmp: Path, text: str = POLICY, stock: Stock | None = None) -> Watched:
    (tmp / "policy.yaml").write_text(text)
    return Watched("policy", Loader(tmp, Stock() if stock is None else stock, b"k" * 16, Held(1000), {}))


async def changed(one: Watched, tmp: Path, text: str) -> Report:
    (tmp / "policy.yaml").write_text(text)
    return await one.reload()


# ---------------------------------------------------------------------------------------------------- loading


def test_a_policy_that_is_wrong_at_the_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        watched(tmp_path, BAD)
    assert len(caught.value.errors) == 2
    with pytest.raises(ConfigErrors, match="test 'pure' fails: expected block, got redact"):
        watched(tmp_path, POLICY + "  - {name: pure, given: {role: user, findings: [{label: words.mail, score: 1.0}]}, "
                "expect: {outcome: block}}\n")  # fmt: skip


@to_its_end
async def test_unchanged_filters_are_shared_and_closed_by_their_last_user(tmp_path: Path) -> None:
    stock = Stock()
    one = watched(tmp_path, stock=stock)
    await one.start()
    force = InForce(one.snapshot)
    one.put = lambda fresh: setattr(force, "snapshot", fresh)
    before, lease = force.guard, force.lease()
    assert (await changed(one, tmp_path, version(2))).result == "success"
    assert force.guard is not before
    assert {id(f) for f in force.guard.used} == {id(f) for f in before.used}
    assert (force.guard.policy.version, lease.guard.policy.version) == ("2", "1")
    assert (await changed(one, tmp_path, version(3, POLICY.replace("bomb'", "bombs'")))).result == "success"
    assert {id(f) for f in force.guard.used}.isdisjoint({id(f) for f in before.used})
    assert len(stock) == 2
    assert one.status()["older"] == [{"digest": before.policy.digest, "requests": 1}]
    lease.release()
    await asyncio.sleep(0)
    await asyncio.gather(*one._tasks)
    assert (len(stock), one.status()["older"]) == (1, [])
    await one.aclose()
    assert len(stock) == 0


@to_its_end
async def test_what_decides_the_same_is_not_put_in_force_again(tmp_path: Path) -> None:
    one = watched(tmp_path)
    before = one.snapshot
    assert (await changed(one, tmp_path, POLICY + "# a comment\n")).result == "unchanged"
    assert one.snapshot is before


@pytest.mark.parametrize("text", [BAD, "", "- [", version(2).replace("outcome: block", "outcome: blokc"), "\0"])
@to_its_end
async def test_the_last_good_policy_stays(tmp_path: Path, text: str) -> None:
    one = watched(tmp_path)
    await one.start()
    before = one.snapshot
    report = await changed(one, tmp_path, text)
    assert (report.result, one.snapshot) == ("failure", before)
    assert all("policy.yaml" in problem for problem in report.problems)
    assert len(report.problems) == (2 if text is BAD else 1)
    (tmp_path / "policy.yaml").unlink()
    assert (await one.reload()).result == "failure"
    assert (await changed(one, tmp_path, version(2))).result == "success"


@to_its_end
async def test_a_filter_that_can_not_start_keeps_its_policy_out(tmp_path: Path, monkeypatch: Any) -> None:
    one = watched(tmp_path)
    await one.start()

    async def start(self: object) -> None:
        raise RuntimeError("secret text")

    monkeypatch.setattr("guardproxy.text.filters.PatternFilter.start", start)
    report = await changed(one, tmp_path, version(2, POLICY.replace("bomb'", "bombs'")))
    assert report.result == "failure"
    assert report.problems[0].startswith("RuntimeError at test_reload.py")
    assert len(one.loader.stock) == 1


@to_its_end
async def test_changes_during_a_load_lead_to_one_more(tmp_path: Path, monkeypatch: Any) -> None:
    one = watched(tmp_path)
    loads = 0
    load = one.loader.load_beside

    def slowly() -> Any:
        nonlocal loads
        loads += 1
        read = load()
        time.sleep(0.05)
        return read

    monkeypatch.setattr(Loader, "load_beside", lambda self: slowly())
    first = asyncio.create_task(changed(one, tmp_path, version(2)))
    await asyncio.sleep(0.03)
    others = [asyncio.create_task(changed(one, tmp_path, version(3 + i))) for i in range(20)]
    assert {r.result for r in await asyncio.gather(first, *others)} == {"success"}
    assert loads == 2
    assert one.snapshot.default.name.version == "22"


@to_its_end
async def test_two_directories_that_load_at_once_share_what_is_new(tmp_path: Path) -> None:
    stock, made = Stock(), []
    for name in "ab":
        (tmp_path / name).mkdir()
        made.append(watched(tmp_path / name, stock=stock))
        await made[-1].start()
    assert len(stock) == 1
    text = version(2, POLICY.replace("bomb'", "bombs'"))
    loads = [changed(one, tmp_path / name, text) for one, name in zip(made, "ab", strict=True)]
    assert [report.result for report in await asyncio.gather(*loads)] == ["success"] * 2
    assert len({id(f) for one in made for f in one.snapshot.default.guard.used}) == 1
    for one in made:
        await one.aclose()
    assert len(stock) == 0


async def _crowded(tmp: Path) -> tuple[Watched, InForce, list[Lease]]:
    """So many requests under old policies that new filters have to wait."""
    one = watched(tmp)
    await one.start()
    force = InForce(one.snapshot)
    one.put = lambda fresh: setattr(force, "snapshot", fresh)
    leases = []
    for i in range(MAX_RETIRED):
        leases.append(force.lease())
        assert (await changed(one, tmp, version(2, POLICY.replace("bomb'", f"bomb{i}'")))).result == "success"
    return one, force, leases


async def _waits(one: Watched) -> None:
    """Until a load waits for room."""
    async with asyncio.timeout(20):
        while not one._room._waiters:  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0.001)


@to_its_end
async def test_old_filters_do_not_pile_up(tmp_path: Path) -> None:
    """New filters wait for requests under old policies to end; new rules never do; a newer change takes their place."""
    one, force, leases = await _crowded(tmp_path)
    waiting = asyncio.create_task(changed(one, tmp_path, version(3, POLICY.replace("bomb'", "bombs'"))))
    await _waits(one)
    rules = asyncio.create_task(changed(one, tmp_path, version(4, POLICY.replace("bomb'", f"bomb{MAX_RETIRED - 1}'"))))
    assert ((await waiting).result, (await rules).result) == ("superseded", "success")
    assert force.guard.policy.version == "4"
    waiting = asyncio.create_task(changed(one, tmp_path, version(5, POLICY.replace("bomb'", "bombs'"))))
    await _waits(one)
    leases.pop().release()
    assert (await waiting).result == "success"
    for lease in leases:
        lease.release()
    await one.aclose()
    assert len(one.loader.stock) == 0


# ---------------------------------------------------------------------------------------------------- watching


async def _until(one: Watched, version: str) -> None:
    async with asyncio.timeout(20):
        while one.snapshot.default.name.version != version:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@to_its_end
async def test_files_are_watched_while_a_load_waits_for_room(tmp_path: Path) -> None:
    one, _, leases = await _crowded(tmp_path)
    task = asyncio.create_task(one.watch(0.02))
    (tmp_path / "policy.yaml").write_text(version(3, POLICY.replace("bomb'", "bombs'")))
    await _waits(one)
    (tmp_path / "policy.yaml").write_text(version(4, POLICY.replace("bomb'", f"bomb{MAX_RETIRED - 1}'")))
    await _until(one, "4")
    (tmp_path / "policy.yaml").write_text(version(5, POLICY.replace("bomb'", "bombs'")))
    await _waits(one)
    task.cancel()
    async with asyncio.timeout(20):
        await one.aclose()
    assert len(one.loader.stock) == 0
    assert len(leases) == MAX_RETIRED


@to_its_end
async def test_files_are_watched(tmp_path: Path) -> None:
    one = watched(tmp_path)
    task = asyncio.create_task(one.watch(0.02))
    for number in (2, 3):
        (tmp_path / "policy.yaml").write_text(version(number))
        await _until(one, str(number))
    task.cancel()


@to_its_end
async def test_what_grows_beside_a_policy_neither_loads_it_nor_keeps_it_from_being_loaded(tmp_path: Path) -> None:
    one = watched(tmp_path)
    task, more = asyncio.create_task(one.watch(0.02)), True

    async def grow() -> None:
        while more:
            with (tmp_path / "decisions.jsonl").open("a") as log:
                log.write("{}\n")
            await asyncio.sleep(0.01)

    growing = asyncio.create_task(grow())
    await asyncio.sleep(SETTLE * 3)
    assert one.last is None
    (tmp_path / "policy.yaml").write_text(version(2))
    await _until(one, "2")
    more = False
    await growing
    loaded = one.last
    await asyncio.sleep(SETTLE * 3)
    assert one.last is loaded
    task.cancel()


JUDGED = """
schema: guardproxy/v1
policy: judged
version: "1"
filters:
  judge: {use: llm_judge, judge: ours, policies: {harm: judges/harm.md, fraud: judges/fraud.md}}
rules:
  - {id: harm, when: judge.harm, then: block}
"""


def test_files_that_filters_ask_for_are_watched_before_they_are_there(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(JUDGED)
    (tmp_path / "judges").mkdir()
    (tmp_path / "judges" / "harm.md").write_text("Nothing that harms.")
    loader = Loader(tmp_path, Stock(), b"k" * 16, Held(1000), {"ours": cast(Asked, None)})
    seen = loader.fingerprint()
    with pytest.raises(ConfigErrors):
        loader.load()
    assert loader.same(loader.fingerprint(), seen)
    for name, part in (("harm.md", True), ("fraud.md", True), ("notes.md", False)):
        (tmp_path / "judges" / name).write_text("Nothing that harms, or defrauds.")
        seen, before = loader.fingerprint(), seen
        assert loader.same(seen, before) is not part, name


@to_its_end
async def test_a_pack_beside_a_policy_that_is_one_file_is_watched(tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    one = watched(tmp_path)
    loader = Loader(tmp_path / "policy.yaml", Stock(), b"k" * 16, Held(1000), {})
    seen = loader.fingerprint()
    (tmp_path / "packs" / "ours.yaml").write_text(POLICY)
    assert not loader.same(loader.fingerprint(), seen)
    await one.aclose()


@to_its_end
async def test_a_folder_behind_a_link_is_exchanged(tmp_path: Path) -> None:
    """As Kubernetes updates a ConfigMap: files are links into `..data`, a link to a folder that is replaced at once."""
    for number in (1, 2):
        (tmp_path / f"..v{number}").mkdir()
        (tmp_path / f"..v{number}" / "policy.yaml").write_text(version(number))
        os.utime(tmp_path / f"..v{number}" / "policy.yaml", (1, 1))
    (tmp_path / "..data").symlink_to("..v1")
    (tmp_path / "policy.yaml").symlink_to("..data/policy.yaml")
    one = Watched("policy", Loader(tmp_path, Stock(), b"k" * 16, Held(1000), {}))
    task = asyncio.create_task(one.watch(0.02))
    await asyncio.sleep(0.05)
    (tmp_path / "..next").symlink_to("..v2")
    (tmp_path / "..next").rename(tmp_path / "..data")
    await _until(one, "2")
    task.cancel()


@to_its_end
async def test_without_watching_only_asking_helps(tmp_path: Path) -> None:
    one = watched(tmp_path)
    task = asyncio.create_task(one.watch(None))
    (tmp_path / "policy.yaml").write_text(version(2))
    await asyncio.sleep(0.05)
    assert one.snapshot.default.name.version == "1"
    one.ask()
    await _until(one, "2")
    task.cancel()


# ---------------------------------------------------------------------------------------------------- serving


@pytest.fixture
def served(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        yield one


def put(one: World, text: str) -> tuple[int, dict[str, Any]]:
    """New files, and a reload by the operator's route."""
    Path(one.settings.policies).write_text(text)
    raw = one.raw(b"POST /admin/policy/reload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                  port=one.admin_port)  # fmt: skip
    return status_of(raw), json.loads(body_of(raw))


def test_a_running_stream_keeps_its_policy(served: World) -> None:
    pieces = [chunk(event("bo")), chunk(event("ok a")), chunk(event("t joe@mail.com now")), chunk(event(reason="stop"))]
    served.script = plays(EVENTS, *pieces, chunk(b"data: [DONE]\n\n"), b"0\r\n\r\n", pause=0.15)
    body = json.dumps(chat(stream=True)).encode()
    client = served.connect()
    client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                   b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)  # fmt: skip
    time.sleep(0.1)
    status, said = put(served, version(2, LAX))
    assert (status, said["last_load"]["result"], said["policies"][0]["version"]) == (200, "success", "2")
    assert [one["requests"] for one in said["older"]] == [1]
    raw = b""
    while data := client.recv(65_536):
        raw += data
    client.close()
    assert text_of(events_of(raw)) == "book at [words.mail] now"
    served.script = streams("joe@mail.com")
    after = served.ask(stream=True)
    assert text_of(events_of(after)) == "joe@mail.com"
    records = served.records(2)
    assert [r["policy"]["version"] for r in records] == ["1", "2"]
    for answered, record in zip((raw, after), records, strict=True):
        assert record["policy"]["digest"].startswith(headers_of(answered)["x-guardproxy-policy"])


def test_a_bad_file_never_stops_serving(served: World) -> None:
    status, said = put(served, BAD)
    assert (status, said["last_load"]["result"]) == (422, "failure")
    assert len(said["last_load"]["problems"]) == 2
    served.script = plays(answer(whole("joe@mail.com")))
    assert b"[words.mail]" in served.ask()
    metrics = served.metrics()
    assert 'guardproxy_policy_reloads_total{result="failure"} 1.0' in metrics
    assert "guardproxy_policy_reload_failed 1.0" in metrics
    status, said = put(served, version(2))
    assert (status, said["policies"][0]["version"]) == (200, "2")
    assert "guardproxy_policy_reload_failed 0.0" in served.metrics()
    assert 'version="2"' in served.metrics()


def test_placeholders_stay_the_same_and_are_restored(tmp_path: Path) -> None:
    """A conversation that goes on under another policy: what the model saw as a placeholder is one and the same."""
    with world(tmp_path) as one:
        token = POLICY.replace("then: redact", "then: redact, with: {style: token}")
        assert put(one, version(2, token))[0] == 200
        shown = []

        async def script(visit: Visit) -> None:
            shown.append(visit.json["messages"][0]["content"])
            await visit.send(answer(whole(f"it is {shown[-1]}")))

        one.script = script
        asked = [{"role": "user", "content": "joe@mail.com"}]
        assert b"it is joe@mail.com" in one.ask(messages=asked)
        assert put(one, version(3, token.replace("severity: low", "severity: high")))[0] == 200
        assert b"it is joe@mail.com" in one.ask(messages=asked)
        assert shown[0] == shown[1] != "joe@mail.com"
        assert [r["policy"]["version"] for r in one.records(2)] == ["2", "3"]


def test_the_routes_of_the_policy_are_the_operators(served: World) -> None:
    port = served.admin_port
    get = b"GET /admin/policy HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    assert json.loads(body_of(served.raw(get, port=port)))["last_load"]["result"] == "success"
    assert status_of(served.raw(get.replace(b"policy", b"policy/reload"), port=port)) == 405
    post = b"POST /admin/policy/reload HTTP/1.1\r\nhost: localhost\r\n%scontent-length: 0\r\nconnection: close\r\n\r\n"
    assert status_of(served.raw(post % b"origin: https://evil.example\r\n", port=port)) == 403
    assert status_of(served.raw(post % b"")) == 404
