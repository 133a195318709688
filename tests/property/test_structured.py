"""Over generated schemas: a redacted document that streams stays JSON, keeps to its schema, and shows nothing planted.

The figures of a longer run: `python -m bench.structured`.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.structured.__main__ import LEAST_FIT, REPLY, Tally, build, check, documents, passed, problems, report
from bench.structured.schemas import make
from guardproxy.engine import Guard

POLICY = Path(__file__).parents[2] / "policies" / "default.yaml"
GUARD: Guard = asyncio.run(build(POLICY))
SCHEMAS = 250


@given(st.randoms(use_true_random=False))
def test_what_goes_out_is_json_and_keeps_to_its_schema(rng: Random) -> None:
    tally = Tally()
    asyncio.run(check(GUARD, make(rng), rng, tally))
    bad = (*tally.not_json, *tally.invalid, *tally.leaked, *tally.unlike, *tally.wrong_cut)
    assert not bad


def test_the_redaction_fits_nine_schemas_in_ten() -> None:
    tally = asyncio.run(documents(GUARD, SCHEMAS, seed=11))
    print(report(tally))
    assert tally.schemas == SCHEMAS
    assert tally.fit >= LEAST_FIT * SCHEMAS
    assert tally.redacted > SCHEMAS / 2
    assert tally.unfit == SCHEMAS - tally.fit
    assert 0 < tally.impossible <= tally.unfit
    assert passed(tally)


def test_a_guard_that_is_bypassed_does_not_pass() -> None:
    guard = asyncio.run(build(POLICY))
    guard.bypass = True
    tally = asyncio.run(documents(guard, 15, seed=3))
    assert tally.leaked
    assert not passed(tally)


def test_the_generated_schemas_are_of_all_kinds_and_their_documents_keep_to_them() -> None:
    rng, keywords = Random(5), Counter[str]()
    for _ in range(150):
        made = make(rng)
        assert not problems(made.schema, made.document)
        assert json.loads(made.text(rng)) == made.document
        keywords.update(made.keywords)
    wanted = (
        "$ref anyOf oneOf allOf enum pattern format maxLength minLength uniqueItems prefixItems additionalProperties"
    )
    assert set(wanted.split()) <= set(keywords)


@pytest.mark.parametrize("value", ["jane.doe@example.com", "+44 7700 900123", "AKIAIOSFODNN7EXAMPLE"])
def test_what_is_planted_is_what_the_policy_finds(value: str) -> None:
    assert value not in asyncio.run(GUARD.gate(REPLY).feed(f"see {value}.", last=True))
