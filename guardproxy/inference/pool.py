"""A few worker processes that take calls in turn. Bounded: in waiting calls, in time, in memory, in message size."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

import guardproxy
from guardproxy.inference.frames import LENGTH, MAX_MESSAGE, FrameError, pack, size
from guardproxy.types import ConfigError, GuardproxyError, Json

__all__ = ["MAX_MESSAGE", "Overloaded", "Pool", "WorkerError"]

GRACE = 1.0
"""Seconds that a worker has to finish a call that nobody waits for any more. A client that goes away in the middle of
an ordinary call must not cost a restart; a call that is stuck must."""
_PAUSES = (0.0, 0.5, 2.0, 10.0)
"""Seconds before each attempt to start a worker anew; the last one repeats."""


class WorkerError(GuardproxyError):
    """A worker failed at a call, or died."""


class Overloaded(WorkerError, TimeoutError):
    """Too much waits already. A timeout, told at once: what is asked now would not be answered in time."""


class _Worker:
    """One process and its pipes. Answers one call at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None and process.stdout is not None
        self.process, self._in, self._out = process, process.stdin, process.stdout

    async def send(self, message: bytes) -> None:
        self._in.write(message)
        await self._in.drain()

    async def receive(self) -> Json:
        """The next message. Raises WorkerError when the process died or talks nonsense."""
        try:
            head = await self._out.readexactly(LENGTH.size)
            return json.loads(await self._out.readexactly(size(head)))
        except (asyncio.IncompleteReadError, FrameError, ValueError, OSError) as e:
            raise WorkerError(f"a worker died or said nonsense ({type(e).__name__})") from None

    async def ask(self, message: bytes) -> Json:
        try:
            await self.send(message)
        except (OSError, RuntimeError):  # uvloop's word for a pipe that the worker's end closed
            raise WorkerError("a worker died") from None
        return await self.receive()

    async def kill(self) -> None:
        """End the process, whatever it does, and wait for its end."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self._in.close()
        await self.process.wait()


class Pool:
    """Workers that all run one module: `load(options)` there returns a function from message to message, warmed up, and
    a message about itself. `start`, `call` and `aclose` belong to one event loop."""

    def __init__(
        self,
        module: str,
        options: Mapping[str, Any],
        *,
        workers: int = 1,
        queue: int = 64,
        deadline: float = 10.0,
        start_deadline: float = 120.0,
        memory: int = 4 << 30,
    ) -> None:
        """`queue`: calls that may wait for a worker; `deadline`: seconds of one call, waiting included; `memory`: bytes of
        address space of one worker (0: no limit)."""
        self.module, self.options, self.workers = module, dict(options), workers
        self.queue, self.deadline, self.start_deadline, self.memory = queue, deadline, start_deadline, memory
        self.about: Json = None
        """What a worker said of itself when it was ready."""
        self.restarts = 0
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._alive: set[_Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._open = False

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are alive."""
        return tuple(w.process.pid for w in self._alive)

    # -------------------------------------------------------------------------------------------- calls

    async def call(self, request: Json, *, deadline: float | None = None) -> Json:
        """Ask any worker. Raises Overloaded, TimeoutError, WorkerError; a worker that was too slow or died is replaced.
        `deadline`: seconds of this call, if they are not the pool's."""
        if not self._open:
            raise WorkerError("the workers are not started")
        if self._waiting >= self.queue:
            raise Overloaded(f"{self._waiting} calls wait already")
        try:
            message = pack(request)
        except FrameError as e:
            raise WorkerError(str(e)) from None
        async with asyncio.timeout(self.deadline if deadline is None else deadline):
            worker = await self._next()
            return await self._ask(worker, message)

    async def _next(self) -> _Worker:
        self._waiting += 1
        try:
            return await self._idle.get()
        finally:
            self._waiting -= 1

    async def _ask(self, worker: _Worker, message: bytes) -> Json:
        asked = asyncio.ensure_future(worker.ask(message))
        try:
            reply = await asyncio.shield(asked)
        except asyncio.CancelledError:
            self._later(self._finish(worker, asked))
            raise
        except WorkerError:
            self._later(self._replace(worker))
            raise
        self._idle.put_nowait(worker)
        if "result" not in reply:
            raise WorkerError(f"a worker failed: {reply.get('error', 'no result')}")
        return reply["result"]

    async def _finish(self, worker: _Worker, asked: asyncio.Future[Json]) -> None:
        """Let a worker end a call that was given up; kill it where it doesn't."""
        try:
            async with asyncio.timeout(GRACE):
                await asked
        except (TimeoutError, WorkerError):
            await self._replace(worker)
        else:
            self._idle.put_nowait(worker)

    # -------------------------------------------------------------------------------------------- workers

    async def start(self) -> None:
        """Start all workers and wait until they are warm. Raises ConfigError with what an operator has to do."""
        if self._open:
            return
        self._open = True
        try:
            started = await asyncio.gather(*(self._spawn() for _ in range(self.workers)), return_exceptions=True)
            for one in started:
                if isinstance(one, BaseException):
                    raise one
                self._idle.put_nowait(one)
        except BaseException:
            await self.aclose()
            raise

    async def _spawn(self) -> _Worker:
        path = [str(Path(guardproxy.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-W", "ignore", "-m", "guardproxy.inference.child"),
            *(self.module, str(os.getpid()), str(self.memory)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is for the parent, which ends its workers itself
        )
        worker = _Worker(process)
        self._alive.add(worker)
        try:
            async with asyncio.timeout(self.start_deadline):
                reply = await worker.ask(pack(self.options))
            if "ready" not in reply:
                raise ConfigError(reply.get("config_error") or f"a worker can't start: {reply.get('start_error')}")
        except BaseException as e:
            self._alive.discard(worker)
            await worker.kill()
            if isinstance(e, TimeoutError | WorkerError):
                raise ConfigError(
                    f"a worker of {self.module} did not get ready ({e or 'too slow'}); its last words are on standard error"
                ) from None
            raise
        self.about = reply["ready"]
        return worker

    async def _replace(self, worker: _Worker) -> None:
        """End a worker and start another, again and again until one gets ready."""
        self._alive.discard(worker)
        await worker.kill()
        attempt = 0
        while self._open:
            await asyncio.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
            attempt += 1
            self.restarts += 1
            try:
                fresh = await self._spawn()
            except (GuardproxyError, OSError):
                continue  # calls time out meanwhile, and that is a finding
            self._idle.put_nowait(fresh)
            return

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """End all workers, whatever they do. Idempotent."""
        self._open = False
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        alive, self._alive = self._alive, set()
        for worker in alive:
            await worker.kill()
        while not self._idle.empty():
            self._idle.get_nowait()
