"""A file of requests on its way in: each line is guarded as a request alone is, and what goes upstream is what came of that.

A few lines are in memory at a time. Nothing is sent before the last line has passed, and nothing of a file with a line that is
refused.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from guardproxy.engine import Cut
from guardproxy.governance.batches import BatchesUnavailable, BatchFile, Duplicate, Full, Kind, Line
from guardproxy.governance.training.intake import Lines
from guardproxy.server.authentication import Refused, check_model
from guardproxy.server.batches.desk import REQUEST, BatchDesk, Lined, desk_of, owner_of, rights_of, unusable
from guardproxy.server.blocked import Blocked
from guardproxy.server.quota import Charging
from guardproxy.telemetry import ids
from guardproxy.types import Direction, Origin, Role, UpstreamError, WireError
from guardproxy.wire import batches as wire
from guardproxy.wire.files import envelope
from guardproxy.wire.json import dump, parse, parse_reply

if TYPE_CHECKING:
    from guardproxy.server.training import Visit

PREFIX: Final = "file-batch-"
"""Of the ids of files of requests and of results."""
MOST: Final = 10
"""Lines that a refused file is told of; what comes behind them is not looked at."""
_TOGETHER: Final = 64
"""Lines that are kept at once, or so many bytes of them."""
_BYTES: Final = 1 << 20
_NAME: Final = Origin(Direction.REQUEST, Role.USER)
"""Where a `custom_id` comes from."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line is refused. Holds nothing of it."""

    line: int
    said: str
    status: int = 400
    code: str = "invalid_batch_file"
    rules: tuple[str, ...] = ()
    blocked: bool = False


class Taking:
    """One file. `take` its bytes, then `end` it; or `discard` it."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._desk = visit, desk_of(visit)
        self.file = BatchFile(ids.new(PREFIX), owner_of(visit), Kind.INPUT, int(time.time()), "")
        self._limit = self._desk.settings.limits.body
        self._lines, self._waiting, self._kept = Lines(self._limit), list[Line](), 0
        self._hash = hashlib.sha256()
        self._number = self._requests = self._size = self._sent = 0
        self._url = self._model = ""
        self._tokens = 0, 0
        self._problems: list[Problem] = []
        self._group, self._grouped = list[tuple[int, wire.Asked]](), 0
        self._at_once = self._desk.at_once(visit)
        self._charging: Charging | None = None

    async def count(self) -> None:
        """A file is a request, and so is each line of a refused one: it is told about as requests are. Raises OverQuota."""
        if self._desk.quotas is not None and self._charging is None:
            self._charging = await self._desk.quotas.one(self._visit.caller, self._visit.record)

    async def begin(self) -> None:
        """Raises WireError where no more files are kept; OverQuota."""
        desk = self._desk
        await self.count()
        try:
            await desk.store.purge()
            if await desk.store.size() + desk.settings.batches.max_file > desk.settings.batches.max_size:
                raise _no_room()
            await desk.store.begin(self.file)
        except BatchesUnavailable as e:
            raise unusable(e) from None

    async def take(self, data: bytes) -> None:
        """The next bytes. Raises WireError for a file that is too large, and where nothing can be guarded now."""
        self._size += len(data)
        most = self._desk.settings.batches.max_file
        if self._size > most:
            message = f"The file is too large: a file of requests may have {most:,} bytes."
            raise WireError(message, status=413, code="request_too_large", param="file")
        self._hash.update(data)
        for line in self._lines.feed(data):
            await self._line(line)

    async def end(self, filename: str) -> BatchFile:
        """There is no more: the file, at the upstream. Raises WireError for one that is refused; UpstreamError."""
        for line in self._lines.end():
            await self._line(line)
        await self._settle()
        await self._flush()
        policy = self._visit.lease.guard.policy.digest
        digest = f"sha256:{self._hash.hexdigest()}"
        told = {"digest": digest, "bytes": self._size, "requests": self._requests, "policy": policy}
        desk, caller = self._desk, self._visit.caller
        if self._problems:
            raise await self._refused(digest)
        if not self._requests:
            raise WireError("The file has no requests.", code="invalid_batch_file", param="file")
        if (changed := await desk.changed(self._visit)) is not None:
            raise changed
        await desk.tell("file_passed", caller, self.file.id, **told, url=self._url)
        self.file = replace(
            self.file, filename=_named(filename), bytes=self._size, requests=self._requests, digest=digest,
            policy=policy, rights=rights_of(caller), url=self._url, model=self._model, tokens=self._tokens,
        )  # fmt: skip
        self.file = replace(self.file, upstream=await self._send_on())
        try:
            await desk.store.put(self.file)
        except BatchesUnavailable as e:
            raise unusable(e) from None
        return self.file

    async def discard(self) -> None:
        """Forget all of it."""
        try:
            await self._desk.store.remove(self.file.id)
        except BatchesUnavailable as e:
            raise unusable(e) from None

    # ------------------------------------------------------------------------------------------------ lines

    async def _line(self, line: bytes) -> None:
        self._number += 1
        if not line or line.isspace() or len(self._problems) >= MOST:
            return
        self._requests += 1
        most = self._desk.settings.batches.max_requests
        if self._requests > most:
            message = f"The file has too many requests: {most:,} at most."
            raise WireError(message, code="batch_file_too_large", param="file")
        try:
            if len(line) > self._limit:
                raise WireError(f"it is longer than the {self._limit:,} bytes of a request")
            asked = wire.asked(parse(line))
            self._check_alike(asked)
        except WireError as e:
            await self._settle()
            self._problems.append(_problem(self._number, e))
            return
        self._group.append((self._number, asked))
        self._grouped += len(line)
        if len(self._group) >= self._at_once or self._grouped > _BYTES:
            await self._settle()

    async def _settle(self) -> None:
        """Guard the lines that were read, side by side."""
        group, self._group, self._grouped = self._group, [], 0
        done = await asyncio.gather(*(self._one(*one) for one in group), return_exceptions=True)
        for (_, asked), one in zip(group, done, strict=True):
            if isinstance(one, BaseException):
                raise one
            if isinstance(one, Problem):
                self._problems.append(one)
                continue
            guessed = self._desk.guess(asked.url, asked.body, len(one.body))
            self._tokens = self._tokens[0] + guessed[0], self._tokens[1] + guessed[1]
            await self._keep(one)

    async def _one(self, number: int, asked: wire.Asked) -> Line | Problem:
        """A line as it goes out, or why it doesn't. Raises WireError where nothing can be guarded now."""
        request = ids.new("req_")
        async with self._desk.line(self._visit, REQUEST, asked.url, request, self.file.created_at) as lined:
            try:
                sent = await self._guarded(asked, lined)
            except Blocked as e:
                return _denied(number, e)
            except WireError as e:
                lined.failed(e)
                if e.status >= 500 or e.status == 429:
                    raise
                return _problem(number, e)
            lined.status = 200
            return Line(number, asked.custom_id, request, dump(asked.body), sent)

    def _check_alike(self, asked: wire.Asked) -> None:
        """All lines of a file are for one path and one model, as OpenAI has it. Raises WireError."""
        model = asked.body.get("model")
        if not isinstance(model, str):
            raise WireError("`model` is missing", param="model")
        if not self._url:
            self._url, self._model = asked.url, model
        if asked.url != self._url:
            raise WireError("all lines of a file are for one `url`", param="url")
        if model != self._model:
            raise WireError("all lines of a file are for one `model`", param="model")

    async def _guarded(self, asked: wire.Asked, lined: Lined) -> bytes:
        """The line for the upstream. Raises Blocked, and WireError."""
        caller, exchange = self._visit.caller, lined.exchange
        if not caller.grants.route(asked.url):
            raise Refused("this key may not use this path", status=403, code="route_not_allowed", reason="route")
        check_model(caller, asked.body.get("model"))
        model = self._desk.models.resolve(asked.body.get("model"))
        body = await exchange.request(asked.body)
        await self._check_name(asked, lined)
        if exchange.upstream:
            raise WireError("a rule routes it to another upstream, and a batch has one", code="batch_line_routed")
        return wire.written(asked.custom_id, asked.url, {**body, **({"model": model} if model else {})})

    async def _check_name(self, asked: wire.Asked, lined: Lined) -> None:
        """The upstream is told it, and it can't be changed. Raises WireError where policy stops or changes it; Blocked."""
        gate = lined.exchange.gate(_NAME)
        try:
            edits = await gate.judge(asked.custom_id)
        except Cut as cut:
            raise Blocked(cut.decision, (), "") from None
        if edits:
            message = "policy would change its `custom_id`; give it another one"
            raise WireError(message, code="content_filter", param="custom_id")

    async def _keep(self, line: Line) -> None:
        self._waiting.append(line)
        self._kept += len(line.body) + len(line.sent)
        self._sent += len(line.sent)
        if len(self._waiting) >= _TOGETHER or self._kept > _BYTES:
            await self._flush()

    async def _flush(self) -> None:
        lines, self._waiting, self._kept = self._waiting, [], 0
        if self._problems:  # it goes nowhere
            return
        try:
            await self._desk.store.add(self.file.id, lines, self._desk.settings.batches.max_size)
        except Full:
            raise _no_room() from None
        except Duplicate as e:
            said = "its `custom_id` is that of another line"
            self._problems.append(Problem(e.number, said, code="duplicate_custom_id"))
        except BatchesUnavailable as e:
            raise unusable(e) from None

    async def _refused(self, digest: str) -> WireError:
        """Why the file is refused, without its text: lines, and rules or what is wrong."""
        if self._charging is not None:
            self._charging.more(self._requests - 1)
        problems = self._problems[:MOST]
        denied = [one for one in problems if one.blocked]
        first = (denied or problems)[0]
        code = "batch_file_denied" if denied else first.code
        rules = sorted({rule for one in denied for rule in one.rules})
        await self._desk.tell(
            "file_denied", self._visit.caller, self.file.id, digest=digest, code=code, rules=list(rules),
            lines=[one.line for one in problems],
        )  # fmt: skip
        self._visit.record.failed(code)
        said = "; ".join(f"line {one.line}: {one.said}" for one in problems)
        more = " Behind these lines nothing was looked at." if len(problems) >= MOST else ""
        return WireError(f"The file is refused: {said}.{more}", status=first.status, code=code, param="file")

    # ------------------------------------------------------------------------------------------------ upstream

    async def _send_on(self) -> str:
        """Give the upstream the lines as they were guarded, and no others; its id of the file. Raises UpstreamError."""
        boundary = ids.new("guardproxy")
        head, tail = envelope(boundary, f"{self.file.id}.jsonl", wire.PURPOSE)
        size, kind = len(head) + self._sent + len(tail), f"multipart/form-data; boundary={boundary}"
        return await created(self._desk, "/v1/files", self._pieces(head, tail), kind=kind, size=size)

    async def _pieces(self, head: bytes, tail: bytes) -> AsyncGenerator[bytes, None]:
        yield head
        lines: AsyncIterator[bytes] = self._desk.store.sent(self.file.id)
        try:
            async for block in lines:
                yield block
        except BatchesUnavailable as e:
            raise UpstreamError(str(e), status=503, code="store_failed") from None
        yield tail


async def created(desk: BatchDesk, path: str, body: AsyncGenerator[bytes, None], *, kind: str, size: int) -> str:
    """Send something that the upstream gives an id. Raises UpstreamError."""
    answer = await desk.upstream.send("POST", path, body, kind=kind, size=size)
    try:
        data = await answer.read()
    finally:
        answer.close()
    if answer.status != 200:
        raise UpstreamError(
            f"the upstream refuses the file (status {answer.status})", code=f"upstream_status_{answer.status}"
        )
    try:
        return wire.id_of(parse_reply(data))
    except (WireError, ValueError):
        message = "the upstream took the file and gave it no id"
        raise UpstreamError(message, code="upstream_invalid_response") from None


def _named(filename: str) -> str:
    """A name that says nothing to a shell, a header or a page."""
    kept = "".join(c if c.isalnum() or c in "._- " else "_" for c in Path(filename).name)[:120]
    return kept.strip() or "file"


def _no_room() -> WireError:
    message = "As many files of requests are kept as may be; delete some."
    return WireError(message, status=503, code="overloaded")


def _denied(number: int, blocked: Blocked) -> Problem:
    decision = blocked.decision
    rules = tuple(sorted({v.rule for v in decision.verdicts if not v.shadow and v.outcome is decision.outcome}))
    own = tuple(label for label in blocked.labels if label.startswith("guard."))  # no filter's: an image, say
    said = f"blocked by policy ({', '.join(rules + own) or 'what it finds can not be taken out'})"
    return Problem(number, said, rules=rules, blocked=True)


def _problem(number: int, error: WireError) -> Problem:
    code = "invalid_batch_file" if error.code in (None, "invalid_request", "invalid_json") else error.code
    return Problem(number, str(error).rstrip("."), error.status, code or "")
