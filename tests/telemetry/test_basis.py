"""Records hold what it takes to decide again, and no word of what was said."""

from __future__ import annotations

import json
from pathlib import Path

from guardproxy import detectors
from guardproxy.policy.load import load_all
from guardproxy.policy.model import Atom, Policy, Rule, Scope, When
from guardproxy.policy.replay import Replay
from guardproxy.policy.rollout import Rollout, place
from guardproxy.telemetry import Metrics, Recorder
from guardproxy.telemetry.basis import Basis
from guardproxy.telemetry.record import MAX_PLACES, PolicyName
from guardproxy.types import Decision, Direction, Facts, Finding, Origin, Outcome, Role
from tests.server.support import answer, plays, streams, whole, world
from tests.telemetry.test_record import Kept

POLICY = """
schema: guardproxy/v1
policy: small
lists: {ours: ["jane@*"]}
filters:
  words: {use: patterns, keywords: [{id: mail, words: [bob@mail.com, jane@mail.com]}, {id: bomb, words: [bomb]}]}
  rude: {use: patterns, keywords: [{id: rude, words: [stupid], label: toxicity.insult}]}
monitors:
  calls: {use: tool_calls}
rules:
  - {id: mask, when: words.mail, unless: {in_list: [ours]}, then: redact}
  - {id: stop, when: words.bomb, scope: {direction: response}, then: block}
  - {id: calls, when: call.*, scope: {tool: ["payments.*"]}, then: block}
  - {id: rude, when: toxicity.*, mode: shadow, then: block}
  - {id: some, when: toxicity.*, then: annotate, rollout: {percent: 50, by: user}}
"""


def test_what_the_proxy_writes_is_replayed_to_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "policy.yaml").write_text(POLICY, "utf-8")
    call = {"id": "c1", "type": "function", "function": {"name": "payments.send", "arguments": '{"bob@mail.com": "x"}'}}
    calling = json.loads(whole("on it"))
    calling["choices"][0]["message"]["tool_calls"] = [call]
    tools = [{"type": "function", "function": {"name": "payments.send", "parameters": {"type": "object"}}}]
    asked = [
        (streams("hi bo", "b@mail.com and jane@mail.com"), True, {}),
        (streams("a bo", "mb"), True, {}),
        (plays(answer(whole("stupid bob@mail.com"))), False, {"user": "u1"}),
        (plays(answer(whole("stupid"))), False, {"user": "u2", "safety_identifier": "secretuser"}),
        (plays(answer(json.dumps(calling).encode())), False, {"tools": tools}),
        (plays(answer(b"{}", b"500 Oops")), False, {}),
    ]
    with world(tmp_path, models=["gpt-oss"], policies=str(folder)) as one:
        for script, stream, more in asked:
            one.script = script
            one.ask(stream=stream, messages=[{"role": "user", "content": "I am bob@mail.com, not stupid"}], **more)
        records = one.records(len(asked))
    replay = Replay(load_all(folder, detectors.catalogue(), detectors.build))
    for record in records:
        again = replay.again(record)
        assert (again.after, again.why, again.fired) == (again.before, (), again.fired_before), record
    assert {r["outcome"] for r in records} == {"redact", "block"}
    assert "secretuser" not in json.dumps(records)
    assert all(r["replay"]["complete"] and r["replay"]["places"] for r in records)


def recorded(under: Policy, *told: tuple[Facts, Decision]) -> dict:  # type: ignore[type-arg]
    kept = Kept()
    name = PolicyName("p", "1", "d", basis=Basis.of(under))
    record = Recorder(Metrics(), kept).start("req_1", "/r", name)  # type: ignore[arg-type]
    for facts, decision in told:
        record.decided(facts, decision, final=True)
    record.finish(200)
    return kept.lines[0]


MASK = Rule("mask", When((Atom("pii.*"),)), Outcome.REDACT, scope=Scope(tool=("payments.*",), model=("gpt*",)))
BARE = Decision(Outcome.ALLOW)


def test_names_are_told_as_the_globs_that_cover_them() -> None:
    origin = Origin(Direction.RESPONSE, Role.ASSISTANT, tool="payments.secret")
    line = recorded(Policy("p", rules=(MASK,)), (Facts("q", origin, model="gpt-secret", route="/r"), BARE))
    [place] = line["replay"]["places"]
    assert (place["tools"], place["models"], place["route"]) == (["payments.*"], ["gpt*"], "/r")
    assert "secret" not in json.dumps(line)


def test_scores_are_exact() -> None:
    """0.79996 must not be read back as 0.8."""
    found = tuple(Finding("f", "pii.a", score) for score in (0.79996, float("nan"), float("inf"), float("-inf")))
    line = recorded(Policy("p", rules=(MASK,)), (Facts("q", Origin(Direction.REQUEST, Role.USER), found), BARE))
    assert [f["score"] for f in line["findings"]] == [0.79996, None, 1.0, 0.0]


def test_users_are_told_as_their_place_in_a_rollout() -> None:
    staged = Rule("some", When((Atom("pii.*"),)), Outcome.BLOCK, rollout=Rollout(10, "user"))
    facts = Facts("q", Origin(Direction.REQUEST, Role.USER), user="jane")
    line = recorded(Policy("p", rules=(staged,)), (facts, BARE))
    assert line["replay"]["rollout"] == {"some": {"by": "user", "at": place("some", "jane")}}
    assert "jane" not in json.dumps(line)


def test_a_record_says_when_it_could_not_hold_all() -> None:
    told = [(Facts("q", Origin(Direction.REQUEST, Role.TOOL, tool=f"t{n}")), BARE) for n in range(MAX_PLACES + 1)]
    assert recorded(Policy("p", rules=(MASK,)), *told[:-1])["replay"]["complete"]
    assert not recorded(Policy("p", rules=(MASK,)), *told)["replay"]["complete"]
