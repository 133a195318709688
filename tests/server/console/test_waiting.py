"""The page of approvals: what it shows stays text, and a yes needs a name, a token and our own page."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from guardproxy.governance.approvals import Approval, Approvals, Ask, Kind, Status, Voter
from guardproxy.types import Json
from tests.server.console.support import HOSTILE, desk
from tests.server.console.test_pages import TAGS, Elements


async def waits(store: Approvals, text: str = "rm -rf", needs: int = 1, **more: Json) -> Approval:
    details: Json = {"calls": [{"tool": text, "arguments": text, "rules": ["ask"]}], **more}
    return await store.ask(Ask(Kind.REPLY, "1 tool call, rules ask", b"bound", "t", "me", needs, details))


def test_a_reply_is_approved_in_two_clicks(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            empty = await one.get("/console/approvals")
            assert "Nothing waits" in empty.text
            held = await waits(one.approvals, needs=2)
            listed = (await one.get("/console/approvals")).text
            assert f'href="/console/approvals/{held.id}"' in listed and "rm -rf" not in listed
            shown = (await one.get(f"/console/approvals/{held.id}")).text
            assert "rm -rf" in shown and "asked for by ask" in shown
            form = {"token": await one.token(), "by": "jane", "comment": "she asked for it", "decision": "approve"}
            done = await one.post(f"/console/approvals/{held.id}", form)
            assert (done.status_code, done.headers["location"]) == (303, f"/console/approvals/{held.id}")
            shown = (await one.get(f"/console/approvals/{held.id}")).text
            assert "1 of 2" in shown and "she asked for it" in shown and "Deny" in shown
            await one.post(f"/console/approvals/{held.id}", {**form, "by": "joe"})
            shown = (await one.get(f"/console/approvals/{held.id}")).text
            assert (await one.approvals.get(held.id)).status is Status.APPROVED
            assert "Deny" not in shown, "nothing is left to decide"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("change", "status"),
    [({"token": "x"}, 403), ({"by": ""}, 400), ({"by": "a\nb"}, 400), ({"decision": "perhaps"}, 400), ({}, 303)],
)
def test_who_may_say_yes(tmp_path: Path, change: dict[str, str], status: int) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            held = await waits(one.approvals)
            form = {"token": await one.token(), "by": "jane", "decision": "approve", **change}
            assert (await one.post(f"/console/approvals/{held.id}", form)).status_code == status
            elsewhere = await one.post(f"/console/approvals/{held.id}", form, origin="http://evil.example")
            assert elsewhere.status_code == 403
            assert ((await one.approvals.get(held.id)).status is Status.APPROVED) == (status == 303)

    asyncio.run(main())


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_models_and_people_say_stays_text(tmp_path: Path, text: str) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            held = await waits(one.approvals, text, 2, about=text)
            await one.approvals.vote(held.id, Voter(text), approve=True, comment=text)
            for path in ("/console/approvals", f"/console/approvals/{held.id}"):
                page = Elements((await one.get(path)).text)
                assert {tag for tag, _ in page.found} <= TAGS
                assert not any(name.startswith("on") for _, attributes in page.found for name in attributes)
                assert not any(c in page.text for c in "\u202e\x1b\x00\x7f")

    asyncio.run(main())
