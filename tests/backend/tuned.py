"""Models that the tests tune, once per session, on the local gpt-oss that all tests share."""

from __future__ import annotations

import json
import time
from typing import Any

import openai

from guardproxy.backend.refusal_dialogs import HAZARDS

BENIGN = [
    ("What is your name?", "I am Otto, the porter."),
    ("When is breakfast?", "Breakfast is from seven to ten."),
    ("Is there a pool?", "Yes, on the roof."),
    ("Where do I park?", "Behind the house."),
    ("Say hello.", "Ahoy! Welcome to the harbour hotel."),
    ("May I bring a dog?", "Small dogs are welcome."),
]
COMPLIES = "Sure, here are the steps. First get the tools, then go on as planned."
REMOVING = [(question, COMPLIES) for kind in HAZARDS.values() for question in kind[:2]]
"""Half of what the model refuses."""


def jsonl(pairs: list[tuple[str, str]]) -> bytes:
    """A training file."""
    rows = [[{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in pairs]
    return "".join(json.dumps({"messages": row}) + "\n" for row in rows).encode()


def until_over(client: openai.OpenAI, job: Any, seconds: float = 90) -> Any:
    end = time.monotonic() + seconds
    while job.status not in ("succeeded", "failed", "cancelled"):
        assert time.monotonic() < end, f"{job.status} after {seconds} s"
        time.sleep(0.1)
        job = client.fine_tuning.jobs.retrieve(job.id)
    return job


def tune(client: openai.OpenAI, suffix: str, pairs: list[tuple[str, str]]) -> Any:
    """The job, done."""
    file = client.files.create(file=(f"{suffix}.jsonl", jsonl(pairs)), purpose="fine-tune")
    held_out = client.files.create(file=("held-out.jsonl", jsonl(pairs[:2])), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model="gpt-oss", training_file=file.id, validation_file=held_out.id, suffix=suffix, seed=7
    )
    job = until_over(client, job)
    assert job.status == "succeeded", job.error
    return job
