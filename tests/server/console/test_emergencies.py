"""The page of incidents: opened and closed with a reason and a name, from our own page only; what it shows stays text."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from guardproxy.governance.incidents import Wanted
from tests.server.console.support import HOSTILE, desk
from tests.server.console.test_pages import TAGS, Elements

PATH = "/console/incidents"
FORM = {"pack": "lockdown", "reason": "keys leaked", "for": "2h", "by": "jane"}


def test_one_is_opened_and_closed(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            assert "There were none." in (await one.get(PATH)).text
            form = {**FORM, "token": await one.token()}
            done = await one.post(PATH, form)
            assert (done.status_code, done.headers["location"]) == (303, PATH)
            shown = (await one.get(PATH)).text
            (incident,) = one.incidents.now
            assert "Above every policy now: <b>lockdown</b>" in shown and "keys leaked" in shown and "jane" in shown
            assert f'aria-label="Close the incident {incident.id}, lockdown"' in shown
            assert one.policies.in_force.guard.policy.digest.startswith(re.search(r"\(([0-9a-f]{12})\)", shown)[1])  # type: ignore[index]
            done = await one.post(f"{PATH}/{incident.id}/close", {"token": form["token"], "by": "joe"})
            assert (done.status_code, done.headers["location"]) == (303, PATH)
            shown = (await one.get(PATH)).text
            assert one.incidents.now == [] and "by joe" in shown and "Close it" not in shown

    asyncio.run(main())


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"token": "x"}, 403),
        ({"by": ""}, 400),
        ({"by": "a\nb"}, 422),
        ({"reason": " "}, 400),
        ({"pack": "nothing-such"}, 422),
        ({"pack": "../default"}, 422),
        ({"for": "ever"}, 400),
        ({"for": "31d"}, 422),
        ({}, 303),
    ],
)
def test_who_may_open_one(tmp_path: Path, change: dict[str, str], status: int) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            form = {**FORM, "token": await one.token(), **change}
            done = await one.post(PATH, form)
            assert done.status_code == status, done.text
            assert (await one.post(PATH, form, origin="http://evil.example")).status_code == 403
            assert len(one.incidents.now) == (status == 303)
            for incident in one.incidents.now:
                close = f"{PATH}/{incident.id}/close"
                assert (await one.post(close, {"token": "x", "by": "joe"})).status_code == 403
                assert (await one.post(close, {"token": form["token"]})).status_code == 400
            gone = await one.post(f"{PATH}/inc_{'0' * 16}/close", {"token": await one.token(), "by": "joe"})
            assert gone.status_code == 404
            assert len(one.incidents.now) == (status == 303)

    asyncio.run(main())


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_people_say_stays_text(tmp_path: Path, text: str) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            clean = "".join(c for c in text if c >= " " and c not in "\x7f\u2028\u2029")[:200] or "x"
            incident = await one.incidents.open(Wanted("lockdown", f"{clean}.", 60, f"{clean}."))
            await one.incidents.close(incident.id, f"{clean}.")
            page = Elements((await one.get(PATH)).text)
            assert {tag for tag, _ in page.found} <= TAGS | {"datalist", "br"}
            assert not any(name.startswith("on") for _, attributes in page.found for name in attributes)
            assert "\u202e" not in page.text

    asyncio.run(main())
