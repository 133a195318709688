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
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import uvicorn

from guardproxy.config import Settings
from guardproxy.governance.approvals import Approval, Approvals, Kind
from guardproxy.governance.approvals import Bounds as Waiting
from guardproxy.governance.approvals.webhook import Webhook
from guardproxy.governance.batches import BatchStore
from guardproxy.governance.erasure import Served
from guardproxy.governance.events import Recorder as AuditRecorder
from guardproxy.governance.incidents import IncidentStore
from guardproxy.governance.keys import Keyring
from guardproxy.server.admin import AdminApp
from guardproxy.server.app import App
from guardproxy.server.auditing import auditing, seal_decisions, told
from guardproxy.server.authentication import keyring_of
from guardproxy.server.console import Access, Console
from guardproxy.server.edge import ASGI
from guardproxy.server.erasing import routes as erasing_routes
from guardproxy.server.fallback import checking
from guardproxy.server.front import Front
from guardproxy.server.incidents import Incidents, rows_of
from guardproxy.server.jobs import made
from guardproxy.server.models import NO_LIST, Models
from guardproxy.server.probing import probing
from guardproxy.server.protocol import protocol
from guardproxy.server.quota import Quotas, store_of
from guardproxy.server.releasing import Releases
from guardproxy.server.reload import Reloader
from guardproxy.server.state import State
from guardproxy.server.training import keeping
from guardproxy.server.upstream import Upstream
from guardproxy.server.usage import routes as usage_routes
from guardproxy.store import Store
from guardproxy.store.database import Bounds
from guardproxy.telemetry import Journal, Metrics, Recorder
from guardproxy.telemetry.log import loop_error
from guardproxy.telemetry.recent import Recent
from guardproxy.types import ConfigError, UpstreamError

if TYPE_CHECKING:
    from guardproxy.governance.keys.tokens import Tokens

BACKLOG = 2048
NOTICE = 1.0
"""Seconds before the end of the draining at which what still runs is told to end; half of a shorter draining."""
LAST = 1.0
"""Seconds for what runs on although its connection was cut."""


class Running(Protocol):
    """What both listeners of a process serve."""

    @property
    def app(self) -> Front: ...

    @property
    def admin(self) -> AdminApp: ...


Opened: TypeAlias = Callable[[Settings, Reloader], contextlib.AbstractAsyncContextManager[Running]]
Ready: TypeAlias = Callable[[Running, socket.socket, socket.socket], Awaitable[str]]
"""Once what serves has started: the line that tells where, of the first and the second listener."""


def build_state(settings: Settings, metrics: Metrics) -> State | None:
    """What these settings keep, not started."""
    kept = settings.store
    if not kept.path:
        return None
    key = settings.store_key.get_secret_value().encode() if settings.store_key else None
    bounds = Bounds(kept.expire, kept.max_size, kept.max_rows)
    return State(Store(kept.path, key, bounds, metrics))


@dataclass(slots=True)
class Service:
    """Everything that serves, started. Made by `service`."""

    app: App
    admin: AdminApp
    upstream: Upstream
    models: Models
    metrics: Metrics


@contextlib.asynccontextmanager
async def service(settings: Settings, policies: Reloader) -> AsyncIterator[Service]:
    """Start the filters and the upstream's client; close all at the end. Needs a running event loop."""
    metrics = Metrics()
    async with (
        auditing(settings, metrics) as audit,
        batching(settings) as batches,
        _service(settings, policies, metrics, audit, batches) as running,
    ):
        yield running


@contextlib.asynccontextmanager
async def _service(
    settings: Settings, policies: Reloader, metrics: Metrics, audit: AuditRecorder, batches: BatchStore | None
) -> AsyncIterator[Service]:
    upstream = Upstream(settings)
    models = Models(settings, upstream)
    state = build_state(settings, metrics)
    metrics.gauge("store_rows", "Rows that the store keeps.", lambda: state.store.rows if state else 0)
    metrics.gauge("store_bytes", "Bytes that the store keeps.", lambda: state.store.size if state else 0)
    recorder = recording(settings, policies, metrics)
    recorder.known_model, recorder.model_label = models.known, models.label
    approvals, webhook = approvals_of(settings, metrics, audit)
    keyring = keyring_of(settings)
    quotas = Quotas(settings, store_of(settings), metrics) if settings.quotas.limits else None
    metrics.gauge(
        "quota_unpaid", "Requests whose use the store was not told yet.", lambda: quotas.unpaid if quotas else 0
    )
    incidents = Incidents(IncidentStore(rows_of(settings), audit), policies)
    metrics.gauge("incidents_open", "Incidents that are open.", lambda: len(incidents.now))
    metrics.gauge("approvals_pending", "What waits for people now.", lambda: approvals.pending)
    async with contextlib.AsyncExitStack() as parts:  # the last one is closed first
        parts.callback(recorder.close)
        for one in (keyring, quotas, approvals, webhook, upstream, policies, incidents, state):
            if one is not None:
                parts.push_async_callback(one.aclose)
        await keyring.start()
        await approvals.start()
        if quotas is not None:
            await quotas.start()
        if webhook is not None:
            webhook.start()
        if state is not None:
            await state.store.start()
        policies.recorded(audit)
        seal_decisions(audit, recorder.journal, settings)
        await policies.start()
        await incidents.start()
        kept = (approvals, state, keyring, audit, quotas, batches)
        app = App(settings, policies.in_force, upstream, models, recorder, *kept)
        console = console_of(settings, policies, recorder, approvals, keyring, incidents, app.tokens)
        console.recorder = audit
        for closed in (app.upstreams, app, app.background, console):
            if closed is not None:
                parts.push_async_callback(closed.aclose)
        app.health.incidents, app.health.in_force = incidents.shown, lambda: incidents.trouble
        desk = app.training.desk
        erasing = erasing_routes(Served(approvals, state.store if state else None, desk.ledger, batches), audit)
        more = [*erasing, *(usage_routes(quotas, audit) if quotas is not None else ())]
        admin = AdminApp(settings, metrics, app.health, approvals, policies, console, incidents, more)
        releases = Releases(approvals, partial(made, desk))
        async with keeping(desk), told(settings, audit), _upstreams_watched(settings, app, metrics, audit, releases):
            yield Service(app, admin, upstream, models, metrics)


@contextlib.asynccontextmanager
async def _upstreams_watched(
    settings: Settings, app: App, metrics: Metrics, audit: AuditRecorder, releases: Releases
) -> AsyncIterator[None]:
    """Until the end of the block upstreams are checked, and the main one's models probed. Raises ConfigError."""
    async with (
        probing(settings, app.models, metrics, audit, releases) as app.health.standing,
        checking(settings, app.upstreams, metrics),
    ):
        yield


@contextlib.asynccontextmanager
async def batching(settings: Settings) -> AsyncIterator[BatchStore | None]:
    """Where these settings keep batches, if they do, until the end of the block. Raises ConfigError."""
    own = settings.batches
    if not own.path:
        yield None
        return
    key = settings.store_key.get_secret_value().encode() if settings.store_key else None
    store = BatchStore(own.path, key, expire=own.expire)
    await store.start()
    try:
        yield store
    finally:
        await store.aclose()


def approvals_of(settings: Settings, metrics: Metrics, audit: AuditRecorder) -> tuple[Approvals, Webhook | None]:
    """What waits for people, and who is told of it. Neither is started."""
    own, limits = settings.approvals, settings.limits
    needs = {kind: getattr(own, f"for_{kind.value}") for kind in Kind}
    bounds = Waiting(settings.timeouts.approval, limits.approvals, limits.approvals_size, needs)
    key = settings.store_key.get_secret_value().encode() if settings.store_key else None
    approvals = Approvals(own.path, key, bounds, audit)

    async def counted(what: str, one: Approval) -> None:
        metrics.approvals.of(what, one.kind.value).inc()

    approvals.listeners.append(counted)
    if not own.webhook or settings.webhook_key is None:
        return approvals, None
    webhook = Webhook(own.webhook, settings.webhook_key.get_secret_value())
    approvals.listeners.append(webhook)
    return approvals, webhook


def recording(settings: Settings, policies: Reloader, metrics: Metrics) -> Recorder:
    """What counts and writes down the decisions of these policies. Close it at the end."""
    journal = Journal.open(settings.decision_log, metrics.records_dropped.inc)
    policies.observed(metrics)
    metrics.gauge("held_characters_limit", "Characters that replies may hold back.", lambda: settings.limits.held)
    metrics.gauge("in_flight_limit", "Requests that may be served at once.", lambda: settings.limits.requests)
    return Recorder(metrics, journal, recent=Recent())


def console_of(
    settings: Settings,
    policies: Reloader,
    recorder: Recorder,
    approvals: Approvals | None = None,
    keyring: Keyring | None = None,
    incidents: Incidents | None = None,
    tokens: Tokens | None = None,
) -> Console:
    """The pages for people about these policies and what was recorded. Close it at the end."""
    recent = Recent() if recorder.recent is None else recorder.recent
    access = Access(settings, keyring, tokens=tokens)
    return Console(settings, policies.in_force, recent, access, policies, approvals, incidents)


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


async def serve(settings: Settings, policies: Reloader, said: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; running requests get their time to end. Raises ConfigError before serving."""

    async def ready(running: Service, first: socket.socket, second: socket.socket) -> str:
        note = await _probe(running, settings.upstream.url)
        return _ready_line(settings, policies, first, second) + note

    await serve_both(settings, policies, service, ready, said)  # type: ignore[arg-type]


async def serve_both(
    settings: Settings, policies: Reloader, opened: Opened, ready: Ready, said: Callable[[str], None]
) -> None:
    """Open what is served, and serve it on both listeners until SIGTERM or SIGINT. Raises ConfigError before serving."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(loop_error)
    first = listen(settings.listen.host, settings.listen.port, "--port")
    with (
        contextlib.closing(first),
        contextlib.closing(listen(settings.admin.host, settings.admin.port, "--admin-port")) as second,
    ):
        async with opened(settings, policies) as running:
            line = await ready(running, first, second)
            stop = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop.set)
            loop.add_signal_handler(signal.SIGHUP, policies.ask)
            gc.collect()
            gc.freeze()  # what lives as long as the process is not looked at again at every collection
            for one in (first, second):
                one.listen(BACKLOG)  # before the line that says so; what comes now waits for the servers
            policies.watch()
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


def _ready_line(settings: Settings, policies: Reloader, first: socket.socket, second: socket.socket) -> str:
    policy = policies.in_force.guard.policy
    named = f"policy {policy.name} {policy.version} ({policy.digest[:12]})"
    return f"guardproxy: {url_of(first)}/v1 → {settings.upstream.url} · {named} · metrics {url_of(second)}/metrics"


def url_of(one: socket.socket) -> str:
    host, port = one.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(settings: Settings, policies: Reloader) -> None:
    """Serve on uvloop where there is one. The ready line goes to standard error when records go to standard output."""
    run_until(serve(settings, policies, speaker(settings)))


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
