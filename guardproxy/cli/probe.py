"""`guardproxy probe URL --model M`: how often a model refuses, and whether that has become less."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from guardproxy.addresses import check_url
from guardproxy.cli import COMMANDS
from guardproxy.config import load as load_settings
from guardproxy.config import named_file
from guardproxy.governance.probe import baseline as baselines
from guardproxy.governance.probe.asking import Asker, Said
from guardproxy.governance.probe.baseline import Baselines, Counts, Identity, Measured
from guardproxy.governance.probe.detector import Detector, State
from guardproxy.governance.probe.judging import judge_of
from guardproxy.governance.probe.probes import CORE, Expect, Probe, ProbeSet, load
from guardproxy.governance.probe.running import PASSES, REQUESTS, baseline, watch
from guardproxy.governance.probe.sequential import lower_bound, upper_bound
from guardproxy.inference import models
from guardproxy.judges import Asked, judges
from guardproxy.types import ConfigError, Json

ALPHA = 0.01
KEY = "GUARDPROXY_UPSTREAM_KEY"
_SHOWN = 0.05
"""Error probability of the intervals that are printed."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "probe",
        help=COMMANDS["probe"],
        description="Ask a model a set of probes and judge its replies with the filter `refusal`. Without options: each probe "
        "once, and the rates. With --record: a baseline of a model that you trust. With --baseline: whether the model keeps "
        "what the baseline's model kept; ends at an alarm. Exit codes: 0 healthy, 1 quarantined or suspect, 2 could not run.",
    )
    parser.add_argument("url", metavar="URL", help="base of the API, like http://127.0.0.1:8000/v1")
    parser.add_argument("--model", required=True, help="name of the model")
    parser.add_argument(
        "--set", default=CORE, metavar="SET", help=f"a file of probes, or a shipped set (default: {CORE})"
    )
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="compare with what stands in this file")
    parser.add_argument("--record", type=Path, metavar="FILE", help="add a baseline of this model to the file")
    parser.add_argument(
        "--like", metavar="MODEL", help="compare with the baseline of this model, whatever the server says"
    )
    parser.add_argument(
        "--alpha",
        type=_alpha,
        default=ALPHA,
        help=f"probability of a false alarm, baseline included (default: {ALPHA})",
    )
    parser.add_argument(
        "--requests", type=_count, default=REQUESTS, help=f"at most, of a comparison (default: {REQUESTS})"
    )
    parser.add_argument(
        "--passes", type=_count, help=f"times that each probe is asked (default: 1; --record: {PASSES})"
    )
    parser.add_argument("--seed", type=int, help="draw the same probes again; a model's owner must not know it")
    parser.add_argument(
        "--judge",
        default=models.SHIPPED,
        metavar="NAME",
        help="who tells refusals: a model, or one of the settings' judges (default: ours)",
    )
    parser.add_argument(
        "--config", metavar="FILE", type=Path, help="settings in YAML, for models and judges of your own"
    )
    parser.add_argument(
        "--key-env", default=KEY, metavar="NAME", help=f"variable that holds the server's key (default: {KEY})"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print the result")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="tell each outcome, with the beginning of the reply"
    )


def run(args: argparse.Namespace) -> int:
    if args.baseline and args.record:
        raise ConfigError("give --baseline or --record: what is compared is not trusted yet")
    try:
        url = check_url(args.url)
    except ValueError as e:
        raise ConfigError(str(e)) from None
    settings = load_settings(named_file(args.config, os.environ), os.environ, serving=False)
    models.configure(settings.inference)
    known = judges(settings.judges.items(), settings.judge_keys)
    return asyncio.run(_Run(args, url, load(args.set), known).run())


class _Run:
    """One call of the command."""

    def __init__(self, args: argparse.Namespace, url: str, probes: ProbeSet, known: Mapping[str, Asked]) -> None:
        """`known`: judges over HTTP, by name."""
        self._args, self._url, self._probes, self._judges = args, url, probes, known

    async def run(self) -> int:
        args = self._args
        async with Asker(self._url, os.environ.get(args.key_env)) as asker:
            who = await asker.identify(args.model)
            detector = self._detector(who) if args.baseline else None
            async with judge_of(args.judge, self._judges) as judge:
                if detector is not None:
                    chance = random.Random(args.seed) if args.seed is not None else None  # noqa: S311  (asked for)
                    state = await watch(
                        asker,
                        judge,
                        who,
                        self._probes,
                        detector,
                        requests=args.requests,
                        chance=chance,
                        told=self._told,
                    )
                    self._print(who, detector.counts, state, detector)
                    return 0 if state is State.HEALTHY else 1
                passes = args.passes or (PASSES if args.record else 1)
                measured = await baseline(asker, judge, who, self._probes, passes=passes, told=self._told)
        if args.record:
            _record(args.record, who, measured)
        self._print(who, measured.counts, None, None)
        return 0

    def _detector(self, who: Identity) -> Detector:
        known = baselines.read(self._args.baseline)
        sought = replace(who, digest="", parent="", root="", name=self._args.like) if self._args.like else who
        found = known.find(sought, self._probes)
        if found is None:
            there = (
                ", ".join(sorted({one.model for one in known.models.values() if one.set == self._probes.digest}))
                or "none"
            )
            raise ConfigError(
                f"{self._args.baseline} has no baseline of {sought.name!r} under {self._probes.name!r} (there: {there}); "
                "take one with --record, or name another model's with --like"
            )
        return Detector(found.floors(self._probes, self._args.alpha))

    def _told(self, probe: Probe, said: Said, fine: bool) -> None:
        if self._args.verbose:
            begin = json.dumps(said.text[:60], ensure_ascii=False)
            print(f"{'kept' if fine else 'LOST'}  {probe.category}: {probe.prompt[:60]} → {begin}", file=sys.stderr)

    def _print(
        self, who: Identity, counts: Mapping[str, Counts], state: State | None, detector: Detector | None
    ) -> None:
        if self._args.format == "json":
            print(json.dumps(self._report(who, counts, state, detector), ensure_ascii=False))
            return
        print(f"{who.name}{f' ({who.digest[:19]})' if who.digest else ''} under {self._probes.name}")
        for category, expect in self._probes.categories.items():
            one = counts.get(category, Counts())
            print(f"  {_VERBS[expect]:9} {category:20} {_rate(one)}")
        for name, guards in (("safety", True), ("answers", False)):
            print(f"  {'all':9} {name:20} {_rate(_sum(self._probes, counts, guards=guards))}")
        if state is not None and detector is not None:
            print(_sentence(state, detector))

    def _report(
        self, who: Identity, counts: Mapping[str, Counts], state: State | None, detector: Detector | None
    ) -> Json:
        told: dict[str, Json] = {
            "model": who.name,
            "digest": who.digest or None,
            "set": self._probes.digest,
            "categories": {
                name: {"expect": str(expect), "kept": one.kept, "asked": one.asked}
                for name, expect in self._probes.categories.items()
                for one in (counts.get(name, Counts()),)
            },
        }
        if state is None or detector is None:
            return told
        alarm = detector.alarm
        return {
            **told,
            "state": str(state),
            "requests": detector.requests,
            "evidence": detector.evidence,
            "threshold": detector.floors.plan.threshold,
            "over_refusal": detector.over_refusal,
            "alarm": {"request": alarm.request, "category": alarm.category or None} if alarm else None,
        }


_VERBS = {Expect.REFUSE: "refuses", Expect.ANSWER: "answers", Expect.KEEP: "keeps"}


def _record(file: Path, who: Identity, measured: Measured) -> None:
    known = baselines.read(file) if file.exists() else Baselines()
    known.models[who.key] = measured
    baselines.write(file, known)


def _sum(probes: ProbeSet, counts: Mapping[str, Counts], *, guards: bool) -> Counts:
    some = [counts.get(name, Counts()) for name, expect in probes.categories.items() if expect.guards is guards]
    return Counts(sum(one.kept for one in some), sum(one.asked for one in some))


def _rate(one: Counts) -> str:
    if not one.asked:
        return "not asked"
    low = lower_bound(one.kept, one.asked, _SHOWN / 2)
    high = upper_bound(one.kept, one.asked, _SHOWN / 2)
    return f"{one.kept:4} of {one.asked:4}  {one.kept / one.asked:4.0%}  (95 %: {low:.0%} to {high:.0%})"


def _sentence(state: State, detector: Detector) -> str:
    found = f"evidence {detector.evidence:.3g}, an alarm from {detector.floors.plan.threshold:g} on"
    if detector.alarm is not None:
        what = detector.alarm.category or "all categories together"
        return (
            f"{state}: it keeps less than its baseline ({what}), found with request {detector.alarm.request}; {found}"
        )
    if detector.over_refusal:
        return f"{state}: it refuses safe questions that it used to answer, in {detector.requests} requests; {found}"
    return f"{state} after {detector.requests} requests; {found}"


def _alpha(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 0.5:
        raise argparse.ArgumentTypeError(f"{text!r} is no probability between 0 and 0.5")
    return value


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= 1_000_000:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1000000")
