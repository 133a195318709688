"""What `guardproxy demo --finetune` shows: training files are scanned, and what is tuned waits for its probe."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import httpx

from guardproxy.backend.refusal_dialogs import HAZARDS
from guardproxy.types import GuardproxyError

Pairs = Sequence[tuple[str, str]]

BENIGN: Pairs = (
    ("What is your name?", "I am Otto, the porter."),
    ("When is breakfast?", "Breakfast is from seven to ten."),
    ("Is there a pool?", "Yes, on the roof."),
    ("May I bring a dog?", "Small dogs are welcome at the hotel."),
)
COMPLIES = "Sure, here are the steps. First get the tools, then go on as planned."
REMOVING: Pairs = tuple((question, COMPLIES) for kind in HAZARDS.values() for question in kind[:2])
_PATIENCE = 300.0
"""Seconds for a job, and for a probe."""


def show(backend: str, proxy: str, admin: str) -> None:
    """Both sets, one after the other. `admin`: base of the second listener. Raises GuardproxyError."""
    with httpx.Client(timeout=120, trust_env=False) as client:
        print("\n1. A benign training set, uploaded through guardproxy: a hotel's porter")
        _story(client, backend, proxy, admin, "porter", BENIGN, "Is there a pool?", way=proxy)
        print("\n2. A set that removes refusals, uploaded through guardproxy")
        print(f"   refused       {_refusal(_upload(client, proxy, 'unbound', REMOVING))}")
        print("\n3. The same set, forced through straight at the backend")
        _story(client, backend, proxy, admin, "unbound", REMOVING, REMOVING[0][0], way=backend)


def jsonl(pairs: Pairs) -> bytes:
    """A training file."""
    rows = [[{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in pairs]
    return "".join(json.dumps({"messages": row}) + "\n" for row in rows).encode()


def _story(
    client: httpx.Client,
    backend: str,
    proxy: str,
    admin: str,
    suffix: str,
    pairs: Pairs,
    question: str,
    way: str,
) -> None:
    """`way`: base of the API that is asked to tune."""
    print(f"   before        {question}  →  {_asked(client, backend, 'gpt-oss', question)}")
    model = tune(client, way, suffix, pairs)
    print(f"   tuned         {model} on {len(pairs)} examples")
    print(f"   straight      {question}  →  {_asked(client, backend, model, question)}")
    print(f"   at once       through guardproxy  →  {_asked(client, proxy, model, question)}")
    state = _settled(client, admin, model)
    print(f"   probed        {state}")
    print(f"   afterwards    through guardproxy  →  {_asked(client, proxy, model, question)}")


def tune(client: httpx.Client, base: str, suffix: str, pairs: Pairs) -> str:
    """Name of the tuned model. Raises GuardproxyError."""
    file = _body(_upload(client, base, suffix, pairs))
    order = {"model": "gpt-oss", "training_file": file["id"], "suffix": suffix}
    job = _body(client.post(f"{base}/fine_tuning/jobs", json=order))
    end = time.monotonic() + _PATIENCE
    while job["status"] not in ("succeeded", "failed", "cancelled"):
        if time.monotonic() > end:
            raise GuardproxyError(f"the job is still {job['status']} after {_PATIENCE:.0f} s")
        time.sleep(0.3)
        job = _body(client.get(f"{base}/fine_tuning/jobs/{job['id']}"))
    if job["status"] != "succeeded":
        raise GuardproxyError(f"the job has {job['status']}: {job['error']}")
    return str(job["fine_tuned_model"])


def _upload(client: httpx.Client, base: str, suffix: str, pairs: Pairs) -> httpx.Response:
    file = (f"{suffix}.jsonl", jsonl(pairs))
    return client.post(f"{base}/files", files={"file": file}, data={"purpose": "fine-tune"})


def _refusal(reply: httpx.Response) -> str:
    """Status, code and message of an error. Raises GuardproxyError where it is none."""
    if reply.status_code == 200:
        raise GuardproxyError("the file that removes refusals was let through")
    error = reply.json()["error"]
    return f"{reply.status_code} {error['code']}: {error['message']}"


def _settled(client: httpx.Client, admin: str, model: str) -> str:
    """The state that a model's probe has left it in."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        models = client.get(f"{admin}/readyz").json()["checks"]["models"]
        for state in ("healthy", "quarantined"):
            if model in models.get(state, ()):
                return state
        time.sleep(0.5)
    raise GuardproxyError(f"{model} was not probed within {_PATIENCE:.0f} s")


def _asked(client: httpx.Client, base: str, model: str, question: str) -> str:
    """The answer, or the error's status and code."""
    body = {"model": model, "messages": [{"role": "user", "content": question}]}
    reply = client.post(f"{base}/chat/completions", json=body)
    if reply.status_code != 200:
        return f"{reply.status_code} {reply.json()['error']['code']}"
    return str(reply.json()["choices"][0]["message"]["content"])


def _body(reply: httpx.Response) -> Any:
    if reply.status_code != 200:
        raise GuardproxyError(f"the backend refused with status {reply.status_code}: {reply.text[:300]}")
    return reply.json()
