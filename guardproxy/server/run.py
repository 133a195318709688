"""The process: policy, filters, both listeners, signals. What `guardproxy serve` runs."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import uvicorn

from guardproxy.config import Settings
from guardproxy.engine import Guard
from guardproxy.engine.approvals import MemoryApprovals
from guardproxy.inference.models import configure as configure_models
from guardproxy.judges import judges
from guardproxy.library import build
from guardproxy.policy.model import FAILURE_RULE, Mode, Policy
from guardproxy.server.admin import AdminApp
from guardproxy.server.app import App
from guardproxy.server.edge import ASGI
from guardproxy.server.front import Front
from guardproxy.server.models import NO_LIST, Models
from guardproxy.server.protocol import protocol
from guardproxy.server.state import State
from guardproxy.server.upstream import Upstream
from guardproxy.store import Store
from guardproxy.store.database import Bounds
from guardproxy.telemetry import Journal, Metrics, Recorder
from guardproxy.telemetry.log import loop_error
from guardproxy.telemetry.record import REFUSAL, PolicyName
from guardproxy.types import ConfigError, UpstreamError

BACKLOG = 2048
NOTICE = 1.0
"""Seconds before the end of the draining at which what still runs is told to end; half of a shorter draining."""
LAST = 1.0
"""Seconds for what runs on although its connection was cut."""


def build_guard(settings: Settings) -> Guard:
    """The guard of these settings, not started. Raises ConfigError and ConfigErrors."""
    configure_models(settings.inference)
    key = settings.hash_key.get_secret_value().encode() if settings.hash_key else None
    asked = judges(settings.judges.items(), settings.judge_keys)
    return build(settings.policies, key=key, held_limit=settings.limits.held, judges=asked)


class Running(Protocol):
    """What both listeners of a process serve."""

    @property
    def app(self) -> Front: ...

    @property
    def admin(self) -> AdminApp: ...


Opened: TypeAlias = Callable[[Settings, Guard], contextlib.AbstractAsyncContextManager[Running]]
Ready: TypeAlias = Callable[[Running, socket.socket, socket.socket], Awaitable[str]]
"""Once what serves has started: the line that tells where, of the first and the second listener."""


def build_state(settings: Settings, guard: Guard, metrics: Metrics) -> State | None:
    """What these settings keep, not started."""
    kept = settings.store
    if not kept.path:
        return None
    key = settings.store_key.get_secret_value().encode() if settings.store_key else None
    bounds = Bounds(kept.expire, kept.max_size, kept.max_rows)
    return State(Store(kept.path, key, bounds, metrics), guard.policy.digest)


@dataclass(slots=True)
class Service:
    """Everything that serves, started. Made by `service`."""

    app: App
    admin: AdminApp
    upstream: Upstream
    models: Models
    metrics: Metrics


@contextlib.asynccontextmanager
async def service(settings: Settings, guard: Guard) -> AsyncIterator[Service]:
    """Start the filters and the upstream's client; close all at the end. Needs a running event loop."""
    metrics, upstream = Metrics(), Upstream(settings)
    models = Models(settings, upstream)
    state = build_state(settings, guard, metrics)
    metrics.gauge("store_rows", "Rows that the store keeps.", lambda: state.store.rows if state else 0)
    metrics.gauge("store_bytes", "Bytes that the store keeps.", lambda: state.store.size if state else 0)
    recorder = recording(settings, guard, metrics)
    recorder.known_model, recorder.model_label = models.known, models.label
    limits = settings.limits
    approvals = MemoryApprovals(settings.timeouts.approval, limits.approvals, limits.approvals_size)
    metrics.gauge("approvals_pending", "Replies that wait for a person now.", lambda: len(approvals))
    try:
        if state is not None:
            await state.store.start()
        await guard.start()
        app = App(settings, guard, upstream, models, recorder, approvals, state)
        try:
            yield Service(app, AdminApp(settings, metrics, app.health, approvals), upstream, models, metrics)
        finally:
            if app.background is not None:
                await app.background.aclose()
    finally:
        if state is not None:
            await state.aclose()
        await guard.aclose()
        await upstream.aclose()
        recorder.close()


def recording(settings: Settings, guard: Guard, metrics: Metrics) -> Recorder:
    """What counts and writes down the decisions of this guard. Close it at the end."""
    journal = Journal.open(settings.decision_log, metrics.records_dropped.inc)
    policy = guard.policy
    metrics.policy(policy.name, policy.version, policy.digest)
    metrics.expect((*policy.filters, *policy.monitors, "guard"), _counted(policy))
    metrics.gauge("held_characters_limit", "Characters that replies may hold back.", lambda: settings.limits.held)
    metrics.gauge("in_flight_limit", "Requests that may be served at once.", lambda: settings.limits.requests)
    name = PolicyName(policy.name, policy.version, policy.digest)
    return Recorder(metrics, journal, name, _tools(policy), counts_refusals=policy.finds(REFUSAL))


def _counted(policy: Policy) -> Iterator[tuple[str, str, str]]:
    """(outcome, rule, mode) that decisions may come with, as metrics name them."""
    active = [rule for rule in policy.rules if rule.mode is not Mode.DISABLED]
    yield from ((rule.then.name.lower(), rule.id, rule.mode.value) for rule in active)
    yield ("block", FAILURE_RULE, "enforce")


def _tools(policy: Policy) -> tuple[str, ...]:
    return tuple(sorted({glob for rule in policy.rules for glob in rule.scope.tool or ()}))


# ---------------------------------------------------------------------------------------------------- listening


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to us: there are two of them in this process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int, flag: str) -> socket.socket:
    """A bound socket, not listening yet. Raises ConfigError when the address can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind((host.strip("[]"), port))
    except OSError as e:
        one.close()
        if e.errno == errno.EADDRINUSE:
            message = f"port {port} on {host} is in use; stop what listens there or give another {flag}"
            raise ConfigError(message) from None
        raise ConfigError(f"can't listen on {host}:{port}: {e.strerror or e}") from None
    one.setblocking(False)
    return one


def server(app: ASGI, settings: Settings) -> _Server:
    """A server for one listener."""
    config = uvicorn.Config(
        app,
        http=protocol(settings.limits, settings.timeouts),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=max(1, round(settings.timeouts.keep_alive)),
    )
    return _Server(config)


async def serve(settings: Settings, guard: Guard, said: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; running requests get their time to end. Raises ConfigError before serving."""

    async def ready(running: Service, first: socket.socket, second: socket.socket) -> str:
        note = await _probe(running, settings.upstream.url)
        return _ready_line(settings, guard, first, second) + note

    await serve_both(settings, guard, service, ready, said)  # type: ignore[arg-type]


async def serve_both(
    settings: Settings, guard: Guard, opened: Opened, ready: Ready, said: Callable[[str], None]
) -> None:
    """Open what is served, and serve it on both listeners until SIGTERM or SIGINT. Raises ConfigError before serving."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(loop_error)
    first = listen(settings.listen.host, settings.listen.port, "--port")
    with (
        contextlib.closing(first),
        contextlib.closing(listen(settings.admin.host, settings.admin.port, "--admin-port")) as second,
    ):
        async with opened(settings, guard) as running:
            line = await ready(running, first, second)
            stop = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop.set)
            gc.collect()
            gc.freeze()  # what lives as long as the process is not looked at again at every collection
            for one in (first, second):
                one.listen(BACKLOG)  # before the line that says so; what comes now waits for the servers
            said(line)
            await _until(stop, running, settings, first, second)


async def _until(
    stop: asyncio.Event, running: Running, settings: Settings, first: socket.socket, second: socket.socket
) -> None:
    """Both listeners; the second one stays until the first has drained, so that the draining can be watched."""
    public, admin = server(running.app, settings), server(running.admin, settings)
    serving = asyncio.ensure_future(public._serve([first]))
    watching = asyncio.ensure_future(admin._serve([second]))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait((serving, watching, stopping), return_when=asyncio.FIRST_COMPLETED)
    running.app.health.draining = True
    await _drain(public, serving, running.app, settings.timeouts.drain)
    admin.should_exit = True
    await _cut(admin, watching, NOTICE)
    stopping.cancel()
    for task in (serving, watching):
        task.result()


async def _drain(public: _Server, serving: asyncio.Future[None], app: Front, seconds: float) -> None:
    """Take nothing new; let what runs end, then tell it to, then cut it off. uvicorn's own deadline only cancels."""
    public.should_exit = True
    notice = min(NOTICE, seconds / 2)
    await asyncio.wait((serving, *app.tasks), timeout=seconds - notice)
    app.closing.tell()
    await _cut(public, serving, notice)


async def _cut(one: _Server, serving: asyncio.Future[None], seconds: float) -> None:
    """Wait for a server that is to end; cut the connections that are left then."""
    await asyncio.wait((serving,), timeout=seconds)
    for connection in list(one.server_state.connections):
        if connection.transport is not None:
            connection.transport.abort()
    await asyncio.wait((serving,), timeout=LAST)
    one.force_exit = True
    await asyncio.wait((serving,))


async def _probe(running: Service, url: str) -> str:
    """Ask the upstream for its models once: a person who mistyped the URL learns it now."""
    try:
        await running.models.learn(2.0)
    except UpstreamError as e:
        if e.code == NO_LIST:  # it may be one that has none, but far more often the URL lacks its end
            base = "" if url.endswith("/v1") else f", like {url}/v1"
            return f"\nguardproxy: {e}; give --upstream the base of its API{base} (serving all the same)"
        return f"\nguardproxy: {e} (serving all the same; /readyz tells when that changes)"
    return ""


def _ready_line(settings: Settings, guard: Guard, first: socket.socket, second: socket.socket) -> str:
    policy = guard.policy
    named = f"policy {policy.name} {policy.version} ({policy.digest[:12]})"
    return f"guardproxy: {url_of(first)}/v1 → {settings.upstream.url} · {named} · metrics {url_of(second)}/metrics"


def url_of(one: socket.socket) -> str:
    host, port = one.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(settings: Settings, guard: Guard) -> None:
    """Serve on uvloop where there is one. The ready line goes to standard error when records go to standard output."""
    run_until(serve(settings, guard, speaker(settings)))


def speaker(settings: Settings) -> Callable[[str], None]:
    """Says a line to whoever started the process."""

    def said(line: str) -> None:
        print(line, file=sys.stderr if settings.decision_log == "-" else sys.stdout, flush=True)

    return said


def run_until(serving: Coroutine[Any, Any, None]) -> None:
    """Run a server to its end."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serving)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if sys.platform == "win32":
        return asyncio.new_event_loop
    import uvloop

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
