"""The console's routes: who may see a page, what changes something, and the headers that keep pages to themselves."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from guardproxy.config import ADMIN_KEY, Settings
from guardproxy.engine import Guard
from guardproxy.governance.approvals import Approvals
from guardproxy.governance.events import AuditUnavailable, Event, Recorder, Unrecorded
from guardproxy.policy.model import Policy
from guardproxy.policy.report import false_positives
from guardproxy.server import approving
from guardproxy.server.auditing import unavailable
from guardproxy.server.console import emergencies, records, trying, waiting
from guardproxy.server.console.access import Access, Visitor
from guardproxy.server.console.files import Files
from guardproxy.server.console.layout import PAGES, PREFIX, About, field, notice, page, post
from guardproxy.server.console.markup import Child, Html, el
from guardproxy.server.console.playground import Attempts, Wanted, tried
from guardproxy.server.console.policies import RELOAD, policies_in_force, policy_page, reload_status, reloaded
from guardproxy.server.console.reporting import report_page
from guardproxy.server.console.testing import tests_page
from guardproxy.server.edge import JSON, Receive, Scope, Send
from guardproxy.server.reload import Reloader
from guardproxy.server.rights import allowed, check, sees
from guardproxy.server.snapshot import InForce
from guardproxy.telemetry.recent import Recent
from guardproxy.text import PatternError
from guardproxy.types import ConfigError, GuardproxyError, WireError
from guardproxy.wire.errors import error_object, openai
from guardproxy.wire.json import dump

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # other sites learn nothing; with `no-referrer` a browser would send forms with `Origin: null`, which is refused
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
MAX_FORM: Final = 4_096
"""Bytes of a form that holds no text."""
MAX_SIGN_IN: Final = 20_480
"""Bytes of one that may hold a token of an identity provider."""
_FORM: Final = "application/x-www-form-urlencoded"
_STATIC: Final = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_OURS: Final = re.compile(r"/console(?:/[A-Za-z0-9_.-]+)*")
_DECISION: Final = re.compile(re.escape(PREFIX) + r"/decisions/(dec_[A-Za-z0-9_-]{1,80})(/report|/case\.yaml)?")

_INCIDENT: Final = re.compile(re.escape(emergencies.PATH) + r"/(inc_[0-9a-f]{16})/close")
_APPROVAL: Final = re.compile(re.escape(waiting.PATH) + r"/(apr_[0-9a-f]{32})")

if TYPE_CHECKING:
    from guardproxy.server.incidents import Incidents  # it knows who visits

Form: TypeAlias = Mapping[str, str]
Get: TypeAlias = Callable[[Request, Visitor], Awaitable[Response]]
Post: TypeAlias = Callable[[Request, Visitor, Form], Awaitable[Response]]


class Console:
    """The ASGI application below `/console`. Hosts were checked before."""

    def __init__(
        self,
        settings: Settings,
        in_force: InForce,
        recent: Recent,
        access: Access,
        policies: Reloader | None = None,
        approvals: Approvals | None = None,
        incidents: Incidents | None = None,
    ) -> None:
        """`policies`: None where they never change; `approvals`: None where nothing waits for people; `incidents`: None where
        none can be opened."""
        self._settings, self._in_force, self._recent, self.access = settings, in_force, recent, access
        self._policies, self._approvals = policies, approvals or Approvals()
        self._files, self._attempts, self._incidents = Files(settings), Attempts(), incidents
        self.recorder: Recorder = Unrecorded()
        """Told of who signs in."""
        self._get: dict[str, Get] = {
            PREFIX: self._decisions,
            PREFIX + "/decisions.json": self._rows,
            PREFIX + "/policy": self._policy,
            PREFIX + "/tests": self._tests,
            waiting.PATH: self._waiting,
            emergencies.PATH: self._emergencies,
            trying.PATH: self._playground,
        }
        self._post: dict[str, tuple[int, Post]] = {
            PREFIX + "/sign-out": (MAX_FORM, self._sign_out),
            trying.PATH: (trying.MAX_FORM, self._try),
        }
        if policies is not None:
            self._post[RELOAD] = (MAX_FORM, self._reload)
        if incidents is not None:
            self._post[emergencies.PATH] = (MAX_FORM, self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        path = request.url.path
        try:
            response = self._static(path) or await self._answer(request, path)
        except WireError as e:
            self.access.refused(e)
            response = self._error(request, path, e)
        response.headers.update(HEADERS)
        await response(scope, receive, send)

    async def aclose(self) -> None:
        """Nothing is tried or read any more."""
        self._files.close()

    # ------------------------------------------------------------------------------------------------ the door

    async def _answer(self, request: Request, path: str) -> Response:
        if path == PREFIX + "/sign-in" and self.access.asks:
            return await self._sign_in(request)
        visitor = await self.access.visitor(request)
        if visitor is None:
            if request.method not in ("GET", "HEAD") or (self.access.asks and path.endswith(".json")):
                raise WireError(
                    "Sign in first, or send the admin key as 'Authorization: Bearer KEY'.",
                    status=401,
                    code="invalid_admin_key",
                )
            if self.access.asks:
                return RedirectResponse(f"{PREFIX}/sign-in?to={quote(_own(path), safe='/')}", 303)
            return await self._begun(request, path)
        if path == PREFIX and not allowed(visitor.caller, request.method, path):
            first = next((to for _, to in PAGES if allowed(visitor.caller, "GET", to)), None)
            if first is not None:
                return RedirectResponse(first, 303)
        return await self._routed(request, path, visitor)

    async def _begun(self, request: Request, path: str) -> Response:
        """Somebody at this machine, where no key is asked: a session all the same, for what its forms must send."""
        cookie = Response()
        response = await self._routed(request, path, self.access.begin(request, cookie))
        response.headers.append("set-cookie", cookie.headers["set-cookie"])
        return response

    async def _routed(self, request: Request, path: str, visitor: Visitor) -> Response:
        check(visitor.caller, request.method, path)
        get, change = self._get.get(path), self._post.get(path)
        if request.method in ("GET", "HEAD"):
            if get is not None:
                return await get(request, visitor)
            if one := _DECISION.fullmatch(path):
                return await self._decision(visitor, *one.groups(default=""))
            if one := _APPROVAL.fullmatch(path):
                return await self._approval(visitor, one[1])
        elif request.method == "POST" and (one := _APPROVAL.fullmatch(path) or _INCIDENT.fullmatch(path)):
            form = await self._form(request, MAX_FORM)
            self.access.check_change(request, visitor, form.get("token", ""))
            return await (self._decide if one.re is _APPROVAL else self._close)(visitor, one[1], form)
        elif request.method == "POST" and change is not None:
            most, act = change
            form = await self._form(request, most)
            self.access.check_change(request, visitor, form.get("token", ""))
            return await act(request, visitor, form)
        if get is not None or change is not None:
            raise WireError("This page does not take that method.", status=405, code="method_not_allowed")
        raise WireError("There is no such page in the console.", status=404, code="not_found")

    async def _sign_in(self, request: Request) -> Response:
        to, wrong = _own(request.query_params.get("to", PREFIX)), None
        if request.method == "POST":
            self.access.check_origin(request)
            form = await self._form(request, MAX_SIGN_IN)
            to = _own(form.get("to", PREFIX))
            try:
                caller, found = await self.access.check_key(request, form.get("key", ""))
                await self._told(Visitor(caller=caller))
            except WireError as e:
                wrong = e
            else:
                response = RedirectResponse(to, 303)
                self.access.begin(request, response, found)
                return response
        elif request.method not in ("GET", "HEAD"):
            raise WireError("This page takes GET and POST.", status=405, code="method_not_allowed")
        return self._page("Sign in", None, _sign_in_form(to, wrong), status=wrong.status if wrong else 200)

    async def _told(self, visitor: Visitor) -> None:
        """That somebody signs in is on record before they are in. Raises WireError."""
        one, person = visitor.caller, visitor.voter.name if visitor.voter is not None else ""
        try:
            await self.recorder.record(Event("console.signed_in", visitor.actor, tenant=one.tenant, person=person))
        except AuditUnavailable as e:
            raise unavailable(e) from None

    async def _sign_out(self, request: Request, visitor: Visitor, form: Form) -> Response:
        response = RedirectResponse(PREFIX + "/sign-in" if self.access.asks else PREFIX, 303)
        self.access.end(request, response)
        return response

    async def _form(self, request: Request, most: int) -> Form:
        """The fields of a form of at most so many bytes. Raises WireError."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != _FORM:
            raise WireError(f"Send the form as {_FORM}.", status=415, code="unsupported_media_type")
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.timeouts.body):
                async for piece in request.stream():
                    body += piece
                    if len(body) > most:
                        raise WireError(f"That is more than {most:,} bytes.", status=413, code="request_too_large")
        except TimeoutError:
            raise WireError("The form took too long.", status=408, code="request_timeout") from None
        try:
            fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=20)
        except ValueError:
            raise WireError("That is no form in UTF-8.") from None
        return {name: values[-1] for name, values in fields.items()}

    # ------------------------------------------------------------------------------------------------ pages

    async def _decisions(self, request: Request, visitor: Visitor) -> Response:
        wanted = records.Wanted.of(request.query_params)
        rules = (rule.id for policy in self._all for rule in policy.rules)
        kept = self._recent.after(0)
        return self._page("Decisions", visitor, records.listing(kept, wanted, rules, self._recent.last))

    async def _rows(self, request: Request, visitor: Visitor) -> Response:
        """Rows later than one that the browser has, oldest first."""
        wanted, after = records.Wanted.of(request.query_params), request.query_params.get("after", "0")
        if not re.fullmatch(r"[0-9]{1,15}", after):
            raise WireError("`after` is the number of a decision.", param="after")
        kept = self._recent.after(int(after))
        rows = [records.row(n, r) for n, r in kept if wanted.fits(r)][-records.SHOWN :]
        return Response(dump({"last": self._recent.last, "rows": rows}), media_type=JSON.decode())

    async def _decision(self, visitor: Visitor, decision_id: str, kind: str) -> Response:
        record = self._recent.find(decision_id)
        if record is None:
            message = "That decision is not among the latest ones any more; the decision log has it, if one is kept."
            raise WireError(message, status=404, code="not_found")
        if not visitor.keyed:  # anybody at this machine: texts are for who has the key
            record = records.without_text(record)
        if kind == "/case.yaml":
            named = {"content-disposition": f'attachment; filename="{decision_id}.yaml"'}
            return Response("tests:\n" + false_positives(record), headers=named, media_type="application/yaml")
        if kind == "/report":
            return self._page("A false positive", visitor, report_page(record))
        return self._page(f"Decision {decision_id}", visitor, records.detail(record, self._policy_of(record)))

    async def _policy(self, request: Request, visitor: Visitor) -> Response:
        return await self._policy_page(visitor, request.query_params.get("digest", ""))

    async def _policy_page(self, visitor: Visitor, digest: str = "", said: Child = None) -> Response:
        policy = next((p for p in self._all if p.digest == digest), self._in_force.guard.policy)
        cases = await self._files.cases(policy)
        shown = self._in_force.snapshot.shown()
        status = None if self._policies is None else reload_status(self._policies.status(), visitor)
        return self._page(
            "Policy", visitor, [said, policies_in_force(shown, policy), policy_page(policy, cases), status]
        )

    async def _reload(self, request: Request, visitor: Visitor, form: Form) -> Response:
        assert self._policies is not None  # without it the route is not there
        try:
            said = reloaded(await self._policies.reload(visitor.actor))
        except AuditUnavailable as e:
            raise unavailable(e) from None
        return await self._policy_page(visitor, said=said)

    async def _tests(self, request: Request, visitor: Visitor) -> Response:
        try:
            content = tests_page(await self._files.examine(), {p.digest for p in self._all})
        except GuardproxyError as e:
            content = notice(str(e), kind="bad")
        return self._page("Tests", visitor, content)

    async def _waiting(self, request: Request, visitor: Visitor) -> Response:
        all = [one for one in await self._approvals.listing() if sees(visitor.caller, one.tenant)]
        return self._page("Approvals", visitor, waiting.listing(all))

    async def _approval(self, visitor: Visitor, id: str) -> Response:
        one = await approving.seen(self._approvals, id, visitor.caller)
        return self._page("An approval", visitor, waiting.detail(one, visitor))

    async def _decide(self, visitor: Visitor, id: str, form: Form) -> Response:
        given = {name: form[name] for name in ("decision", "by", "comment") if name in form}
        said = approving.said(given, visitor.voter)
        await approving.seen(self._approvals, id, visitor.caller)
        await approving.decide(self._approvals, id, said)
        return RedirectResponse(f"{waiting.PATH}/{id}", 303)

    async def _emergencies(self, request: Request, visitor: Visitor) -> Response:
        one = self._incidents
        content = emergencies.NONE if one is None else emergencies.page_of(await one.listing(), one.trouble, visitor)
        return self._page("Incidents", visitor, content)

    async def _open(self, request: Request, visitor: Visitor, form: Form) -> Response:
        assert self._incidents is not None  # without it the route is not there
        said = {name: form[name] for name in ("pack", "reason", "for", "by") if name in form}
        await self._incidents.asked_to_open(said, visitor)
        return RedirectResponse(emergencies.PATH, 303)

    async def _close(self, visitor: Visitor, id: str, form: Form) -> Response:
        if self._incidents is None:
            raise WireError("There is no such page in the console.", status=404, code="not_found")
        await self._incidents.asked_to_close(id, {"by": form["by"]} if "by" in form else {}, visitor)
        return RedirectResponse(emergencies.PATH, 303)

    async def _playground(self, request: Request, visitor: Visitor) -> Response:
        return self._page("Playground", visitor, trying.form(visitor, Wanted()))

    async def _try(self, request: Request, visitor: Visitor, form: Form) -> Response:
        wanted, status, came = trying.wanted_of(form), 200, None
        if form.get("load"):
            wanted = replace(wanted, policy=await self._files.text())
        else:
            try:
                came = await self._attempts.run(lambda: self._tried(wanted))
            except WireError as e:
                status, came = e.status, notice(str(e), kind="bad")
        return self._page("Playground", visitor, [trying.form(visitor, wanted), came], status=status)

    async def _tried(self, wanted: Wanted) -> Child:
        """What came of it, on the policy in force or on the one that was written into the form."""
        if wanted.policy is None:
            lease = self._in_force.lease(tenant=wanted.tenant)
            try:
                return trying.result(await tried(lease.guard, wanted), lease.guard.policy, wanted)
            finally:
                lease.release()
        examined, edited = await self._files.edited(wanted.policy)
        if edited is None:
            return trying.complaints(examined, wanted.policy)
        try:
            await _started(edited)
            came = trying.result(await tried(edited, wanted), edited.policy, wanted)
        finally:
            await edited.aclose()
        return [trying.complaints(examined, wanted.policy), came]

    # ------------------------------------------------------------------------------------------------ answers

    @property
    def _all(self) -> list[Policy]:
        """The policies in force, the default one first."""
        return [one.guard.policy for one in self._in_force.snapshot.all]

    def _policy_of(self, record: Mapping[str, Any]) -> Policy:
        """The policy that decided, if it is still in force; or the default one."""
        digest = record["policy"]["digest"]
        return next((p for p in self._all if p.digest == digest), self._in_force.guard.policy)

    def _page(self, title: str, visitor: Visitor | None, content: Child, *, status: int = 200) -> Response:
        policy = self._in_force.guard.policy
        told = f"{policy.name} {policy.version} ({policy.digest[:12]})" if visitor else ""
        return Response(page(title, About(visitor, told), content), status, media_type="text/html")

    def _error(self, request: Request, path: str, error: WireError) -> Response:
        """As a page for a browser, in OpenAI's shape for a program."""
        headers = {"retry-after": "10"} if error.status == 429 else {}
        if "text/html" not in request.headers.get("accept", "") or path.endswith(".json"):
            body = openai(
                error_object(str(error), code=error.code, param=error.param, status=error.status), error.status
            )
            return Response(body, error.status, headers, JSON.decode())
        content = [notice(str(error), kind="bad"), el("p", el("a", "Back to the console", href=PREFIX))]
        response = self._page("That did not work", None, content, status=error.status)
        response.headers.update(headers)
        return response

    def _static(self, path: str) -> Response | None:
        """A file of the package; they hold nothing of this process, and the page that asks for the key needs them."""
        name = path.removeprefix(PREFIX + "/static/")
        if name == path or name not in _STATIC:
            return None
        data = resources.files("guardproxy.server.console").joinpath("static", name).read_bytes()
        return Response(data, media_type=_STATIC[name])


async def _started(guard: Guard) -> None:
    """Start the filters of an edited policy. Raises WireError."""
    try:
        await guard.start()
    except (PatternError, ConfigError) as e:
        raise WireError(f"A filter can't be started: {e}.") from None


def _own(path: str) -> str:
    """A path of the console; its first page for any other address."""
    return path if _OURS.fullmatch(path) and not path.startswith(PREFIX + "/sign-") else PREFIX


def _sign_in_form(to: str, wrong: WireError | None) -> list[Html | None]:
    key = el(
        "input", type="password", name="key", id="key", autocomplete="current-password", required=True, autofocus=True
    )
    form = post(
        f"{PREFIX}/sign-in",
        Visitor(),
        el("input", type="hidden", name="to", value=to),
        # password managers keep a key with a name
        el(
            "input",
            name="name",
            value="guardproxy",
            autocomplete="username",
            aria_label="Name",
            readonly=True,
            hidden=True,
        ),
        field(
            "Admin key", key, "key", f"What {ADMIN_KEY} holds, a key of your own, or a token of your identity provider."
        ),
        el("button", "Sign in"),
    )
    return [notice(str(wrong), kind="bad") if wrong else None, form]
