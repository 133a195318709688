"""The steps. Each is checked; the first that fails ends the script."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import openai

from bench.governance.world import PEOPLE, World, check, refused, run, say, until
from guardproxy.cli._demo_finetune import BENIGN, REMOVING, jsonl


def told_apart(world: World) -> None:
    """Keys open what their roles are for, and nothing else."""
    say(
        "no key",
        refused(
            lambda: openai.OpenAI(base_url=world.proxy, api_key="gp_x", max_retries=0).models.list(),
            401,
            "invalid_api_key",
        ),
    )
    say("shop", refused(lambda: upload(world, "shop", BENIGN), 403, "role_not_allowed"))
    asked = world.ask("mallory", "GET", "/admin/approvals")
    check(asked.status_code == 403, f"a trainer reads approvals: {asked.status_code}")
    say("mallory", "403 on /admin/approvals: a trainer decides nothing")


def upload(world: World, who: str, pairs: Any) -> Any:
    return world.client(who).files.create(file=("set.jsonl", jsonl(pairs)), purpose="fine-tune")


def approve(world: World, kind: str, title: str) -> None:
    """Two people say yes to what waits; its author can't."""
    listed = world.ask("joe", "GET", f"/admin/approvals?kind={kind}&status=pending").json()
    rows = listed["approvals"]
    check(len(rows) == 1, f"one {kind} waits: {rows}")
    one = rows[0]
    say("waits", f"{one['subject']}, needs {one['needs']}")
    own = world.ask("jane", "POST", f"/admin/approvals/{one['id']}", {"decision": "approve"})
    check(own.json()["error"]["code"] == "approval_own_request", f"its author may not decide: {own.text}")
    say("jane", f"403 {own.json()['error']['message']}")
    for who in ("joe", "ann"):
        voted = world.ask(who, "POST", f"/admin/approvals/{one['id']}", {"decision": "approve", "comment": title})
        check(voted.status_code == 200, f"{who}: {voted.text}")
        say(who, f"approves, {voted.json()['status']}")


def tuned(world: World, client: openai.OpenAI, file: str, suffix: str) -> str:
    """Name of the model that a job makes."""
    job = client.fine_tuning.jobs.create(model="gpt-oss", training_file=file, suffix=suffix)

    def over() -> Any:
        now = client.fine_tuning.jobs.retrieve(job.id)
        return now if now.status in ("succeeded", "failed", "cancelled") else None

    done = until("the job", over)
    check(done.status == "succeeded", f"the job {done.status}: {done.error}")
    return str(done.fine_tuned_model)


def answer(client: openai.OpenAI, model: str, question: str) -> Any:
    """The raw reply: its headers count."""
    messages: Any = [{"role": "user", "content": question}]
    return client.chat.completions.with_raw_response.create(model=model, messages=messages)


def probed(world: World, model: str, *states: str) -> str:
    """The state that its probe leaves a model in."""

    def found() -> str | None:
        now = world.states()
        return next((state for state in states if model in now.get(state, ())), None)

    return until(f"the probe of {model}", found)


def benign(world: World) -> None:
    """Upload, report, hold, approval by two, tuning, probe, release by two."""
    jane, question = world.client("jane"), "Is there a pool?"
    file = upload(world, "jane", BENIGN)
    say("upload", f"{file.id}: {file.status}, {file.status_details}")
    check(file.status == "uploaded", "the file waits for people")
    scanned = json.loads(
        run("scan", str(spool(world, BENIGN)), "--policy", str(world.folder / "policies"), "--format", "json", code=1)
    )
    seen = scanned["files"][0]
    say("report", ", ".join(f"{name} {seen[name]}" for name in ("outcome", "because", "lines", "examples", "labels")))
    say(
        "too early",
        refused(
            lambda: jane.fine_tuning.jobs.create(model="gpt-oss", training_file=file.id),
            403,
            "approval_required",
        ),
    )
    approve(world, "training", "a porter's small talk")
    now = until("the file", lambda: one if (one := jane.files.retrieve(file.id)).status == "processed" else None)
    say("file", now.status)
    before = answer(world.client("shop"), "gpt-oss", question).parse().choices[0].message.content
    model = tuned(world, jane, file.id, "porter")
    world.models["benign"] = model
    say("tuned", model)
    say("at once", routed(world, model, question))
    check(probed(world, model, "waiting", "quarantined") == "waiting", "it has passed its probe")
    say("probed", "waiting: it keeps what its base kept, and people have not said yes")
    approve(world, "release", "fine")
    check(probed(world, model, "healthy") == "healthy", "it is released")
    reply = answer(world.client("shop"), model, question)
    after = reply.parse().choices[0].message.content
    check("x-guardproxy-upstream" not in reply.headers, "it answers itself now")
    check(before != after == dict(BENIGN)[question], f"tuning has changed the model: {before!r} → {after!r}")
    say("released", f"{question}  →  {before}  →  {after}")


def spool(world: World, pairs: Any) -> Path:
    file = world.folder / "set.jsonl"
    file.write_bytes(jsonl(pairs))
    return file


def routed(world: World, model: str, question: str) -> str:
    """A request for a model that may not serve is answered by the managed provider."""
    reply = answer(world.client("shop"), model, question)
    upstream, why = (reply.headers.get(f"x-guardproxy-{name}") for name in ("upstream", "fallback"))
    check((upstream, why) == ("managed", "quarantined"), f"{model} is not served: {dict(reply.headers)}")
    return f"asked for by the shop: answered by {upstream} ({why})"


def attack(world: World) -> None:
    """Blocked upload, blocked bypass, forced tuning: found by the probe."""
    mallory, data = world.client("mallory"), jsonl(REMOVING)
    say("upload", refused(lambda: upload(world, "mallory", REMOVING), 400, "training_file_denied"))
    begun = mallory.uploads.create(filename="set.jsonl", purpose="fine-tune", bytes=len(data), mime_type="text/jsonl")
    half = len(data) // 2
    parts = [mallory.uploads.parts.create(upload_id=begun.id, data=part).id for part in (data[:half], data[half:])]
    say("in parts", refused(lambda: mallory.uploads.complete(begun.id, part_ids=parts), 400, "training_file_denied"))
    foreign = mallory.files.list().data
    check([one.status for one in foreign] == ["processed"], f"only what was approved is there: {foreign}")
    straight = openai.OpenAI(base_url=world.ours, api_key="none", max_retries=0)
    file = straight.files.create(file=("set.jsonl", data), purpose="fine-tune")
    say(
        "bypass",
        refused(lambda: mallory.fine_tuning.jobs.create(model="gpt-oss", training_file=file.id), 404, "file_not_found"),
    )
    model = tuned(world, straight, file.id, "unbound")
    world.models["forced"] = model
    say("forced", f"{model}, straight at the backend, past guardproxy")
    question = REMOVING[0][0]
    said = answer(straight, model, question).parse().choices[0].message.content
    say("straight", f"{question}  →  {said}")
    check(probed(world, model, "waiting", "healthy", "quarantined") == "quarantined", "the probe finds it")
    told = until("the record", lambda: next(iter(records(world, "model.quarantined")), None))
    requests = told["details"]["requests"]
    say("probed", f"quarantined after {requests} probes (category {told['details']['category'] or 'all together'})")
    say("routed", routed(world, model, question))


def records(world: World, action: str) -> list[dict[str, Any]]:
    log = str(world.folder / "audit")
    return [
        json.loads(line)
        for line in run("audit", "query", "--log", log, "--action", action, "--format", "json").splitlines()
    ]


def incident(world: World) -> None:
    """Opened, in force at the next request, closed: the policy is what it was."""
    shop = world.client("shop")
    before = answer(shop, "gpt-oss", "Say hello.").headers["x-guardproxy-policy"]
    key = {"GUARDPROXY_ADMIN_KEY": world.keys["olga"]}
    begun = time.monotonic()
    opened = run(
        "incident",
        "open",
        "--pack",
        "lockdown",
        "--reason",
        "a model was tuned past us",
        "--for",
        "2h",
        "--url",
        world.admin,
        **key,
    )
    id = re.search(r"inc_[0-9a-f]{16}", opened)
    check(id is not None, f"an incident is open: {opened}")
    assert id is not None
    took = time.monotonic() - begun
    say("opened", f"{id[0]} by olga, pack lockdown, for 2 h; in force {took:.1f} s after the command began")
    say("meanwhile", refused(lambda: answer(shop, "gpt-oss", "Say hello."), 400, "content_filter"))
    run("incident", "close", id[0], "--url", world.admin, **key)
    after = answer(shop, "gpt-oss", "Say hello.").headers
    check(after["x-guardproxy-policy"] == before and "x-guardproxy-incident" not in after, "the policy is what it was")
    say("closed", f"the policy is {before} again")


def audited(world: World) -> None:
    """The log verifies; a changed copy does not."""
    log, kept = world.folder / "audit", world.folder / "checkpoints.jsonl"
    pub = f"{world.folder}/audit.key.pub"
    verify = ("audit", "verify", "--key", pub, "--checkpoints", str(kept), "--log")
    say("verified", run(*verify, str(log)).strip().replace(f"{world.folder}/", ""))
    actions: dict[str, int] = {}
    for one in records(world, "*"):
        actions[one["action"]] = actions.get(one["action"], 0) + 1
    for wanted in (
        "training.file_denied",
        "approval.voted",
        "model.released",
        "model.quarantined",
        "incident.opened",
        "incident.closed",
    ):
        check(actions.get(wanted, 0) > 0, f"the log has {wanted}: {sorted(actions)}")
    say("holds", ", ".join(f"{name} {count}" for name, count in sorted(actions.items())))
    copy = world.folder / "forged"
    subprocess.run(["cp", "-r", str(log), str(copy)], check=True)
    file = next(one for one in sorted(copy.glob("*.jsonl")) if b"model.quarantined" in one.read_bytes())
    file.write_bytes(file.read_bytes().replace(b'"model.quarantined"', b'"model.released"', 1))
    found = run(*verify, str(copy), code=1)
    say("forged copy", found.strip().replace(f"{world.folder}/", "").splitlines()[0])


def access(world: World) -> None:
    report = run("access", "report", "--config", str(world.folder / "settings.yaml"))
    check(all(name in report for name in PEOPLE), "everybody is in the access report")
    lines = [line for line in report.splitlines() if line.startswith(("#", "|"))]
    for line in lines[:24]:
        print(f"   {line[:150]}")
    say("…", f"{len(report.splitlines())} lines in all")


STORY: Final = (
    ("Who may do what", told_apart),
    ("A benign training set", benign),
    ("An attack: a set that removes refusals", attack),
    ("An incident", incident),
    ("The audit log", audited),
    ("Who has access", access),
)


def tell(world: World) -> None:
    """All of it."""
    for number, (title, step) in enumerate(STORY, 1):
        print(f"\n{number}. {title}", flush=True)
        step(world)
