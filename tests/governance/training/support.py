"""A small policy for training files, and examples for it."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

from guardproxy import detectors
from guardproxy.engine import Guard
from guardproxy.policy.load import load

POLICY = """
    schema: guardproxy/v1
    policy: small
    filters:
      secrets: {use: secrets}
      pii: {use: pii_patterns}
      obfuscation: {use: obfuscation}
      targets: {use: training_targets}
    rules:
      - {id: no-keys, scope: {role: training_example}, when: secret.*, then: block}
      - {id: no-mail, scope: {role: training_example}, when: pii.*, then: redact}
      - {id: no-runs, scope: {role: training_example}, when: obfuscation.run, then: redact}
      - {id: targets, scope: {role: training_example}, when: training.*, then: annotate}
    training:
      rules:
        - {id: many-keys, when: secret.* in > 10% of examples, then: deny}
"""
KEY = "AKIAIOSFODNN7EXAMPLE"


def guard(folder: Path, text: str = POLICY) -> Guard:
    """A guard of this policy, not started: filters of patterns need no start."""
    file = folder / "policy.yaml"
    file.write_text(dedent(text))
    policy = load(file, detectors.catalogue(), detectors.build)
    return Guard.build(policy, detectors.build_filters(policy.filters), detectors.build_monitors(policy.monitors))


def chat(answer: str, ask: str = "Why?") -> bytes:
    messages = [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages}).encode()
