"""The dashboard's panels, row by row. dashboard.py writes them as Grafana reads them.

Every query keeps to the chosen job and instances. Rates use `$__rate_interval`, so that they stay right at any zoom.
"""

from __future__ import annotations

from dataclasses import dataclass, field

HERE = 'job=~"$job", instance=~"$instance"'
RULE = f'{HERE}, rule=~"$rule"'
MODEL = f'{HERE}, model=~"$model"'
SERVER = f'{MODEL}, status=~"5.."'
TROUBLE = f'{MODEL}, status=~"[45].."'
RATE = "[$__rate_interval]"


@dataclass(frozen=True)
class Query:
    """One PromQL expression and the names of its series."""

    expr: str
    legend: str = "__auto"
    instant: bool = False


@dataclass(frozen=True)
class Panel:
    """One panel. `colors` is series (or /expression/) to colour, `steps` from which value a stat has which colour."""

    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]
    kind: str = "timeseries"
    stacked: bool = False
    decimals: int | None = None
    colors: dict[str, str] = field(default_factory=dict)
    steps: tuple[tuple[float, str], ...] = ()
    least: float | None = 0
    most: float | None = None
    alert: str = ""
    """The alert whose page of the runbook is linked."""


def total(metric: str, by: str = "", labels: str = HERE) -> str:
    """Events per second of a counter."""
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{{{labels}}}{RATE}))"


def quantile(q: float, metric: str, by: str = "", labels: str = HERE) -> str:
    """A quantile of a histogram in seconds."""
    return f"histogram_quantile({q}, sum by ({f'{by}, ' if by else ''}le) (rate({metric}_bucket{{{labels}}}{RATE})))"


def quantiles(metric: str, by: str = "", labels: str = HERE) -> tuple[Query, ...]:
    name = f" {{{{{by}}}}}" if by else ""
    return tuple(Query(quantile(q, metric, by, labels), f"p{round(q * 100)}{name}") for q in (0.5, 0.95, 0.99))


STATUSES = {"/^2/": "green", "/^4/": "yellow", "/^5/": "red"}
OUTCOMES = {"allow": "green", "annotate": "blue", "redact": "yellow", "block": "red"}
ENFORCED = f'{RULE}, mode="enforce"'
FAILED = f"sum by (filter, kind) (rate(guardproxy_filter_failures_total{{{HERE}}}{RATE}))"
ALLOWED = f"sum by (filter, kind) (rate(guardproxy_failures_allowed_total{{{HERE}}}{RATE}))"

NOW = (
    Panel(
        "Ready",
        "Replicas all of whose checks pass: the upstream answers, the filters run, the process is not ending.",
        "short",
        (Query(f"sum(min by (instance) (guardproxy_ready{{{HERE}}}))", "ready", True),),
        "stat",
        steps=((0, "red"), (1, "green")),
        alert="GuardproxyNotReady",
    ),
    Panel(
        "Requests",
        "Requests answered per second, all routes.",
        "reqps",
        (Query(total("guardproxy_requests_total", labels=MODEL), "requests"),),
        "stat",
    ),
    Panel(
        "Server errors",
        "Share of answers with a status of 500 or above, guardproxy's own or the upstream's.",
        "percentunit",
        (
            Query(
                f"{total('guardproxy_requests_total', labels=SERVER)} "
                f"/ {total('guardproxy_requests_total', labels=MODEL)}",
                "errors",
            ),
        ),
        "stat",
        decimals=1,
        steps=((0, "green"), (0.01, "yellow"), (0.05, "red")),
        alert="GuardproxyUpstreamErrors",
    ),
    Panel(
        "Segments blocked",
        "Segments of requests and replies per second that an enforced rule blocked.",
        "ops",
        (Query(total("guardproxy_decisions_total", labels=f'{ENFORCED}, outcome="block"'), "blocked"),),
        "stat",
        steps=((0, "green"), (0.0001, "yellow")),
        alert="GuardproxyBlockRateJump",
    ),
    Panel(
        "Failures let through",
        "Failures of filters per second in spite of which text was let through, as the policy says. "
        "What the filter would have found, nobody knows.",
        "ops",
        (Query(total("guardproxy_failures_allowed_total"), "let through"),),
        "stat",
        steps=((0, "green"), (0.0001, "red")),
        alert="GuardproxyFailsOpen",
    ),
    Panel(
        "Added to first token",
        "99th percentile of the time to the first token of a stream that guardproxy added.",
        "s",
        (Query(quantile(0.99, "guardproxy_added_ttft_seconds"), "p99"),),
        "stat",
        steps=((0, "green"), (0.1, "yellow"), (0.25, "red")),
        alert="GuardproxySlow",
    ),
)
TRAFFIC = (
    Panel(
        "Requests by status",
        "Requests answered per second. 400 includes blocked requests; 499: the client went away.",
        "reqps",
        (Query(total("guardproxy_requests_total", "status", MODEL), "{{status}}"),),
        stacked=True,
        colors=STATUSES,
    ),
    Panel(
        "Errors by status",
        "Share of all answers that are 4xx or 5xx.",
        "percentunit",
        (
            Query(
                f"{total('guardproxy_requests_total', 'status', TROUBLE)} "
                f"/ ignoring (status) group_left () {total('guardproxy_requests_total', labels=MODEL)}",
                "{{status}}",
            ),
        ),
        colors=STATUSES,
        alert="GuardproxyUpstreamErrors",
    ),
    Panel(
        "Duration",
        "Time from a request's head to the end of its answer, the model's own time included. Refused requests count too.",
        "s",
        quantiles("guardproxy_request_seconds"),
    ),
    Panel(
        "Requests by model",
        "Models that the settings list; `other` is all else.",
        "reqps",
        (Query(total("guardproxy_requests_total", "model, route", MODEL), "{{model}} {{route}}"),),
        stacked=True,
    ),
)
DECISIONS = (
    Panel(
        "Decisions by outcome",
        "What enforced rules said about segments, per second. A segment about which no rule said anything is one `allow`.",
        "ops",
        (Query(total("guardproxy_decisions_total", "outcome", ENFORCED), "{{outcome}}"),),
        stacked=True,
        colors=OUTCOMES,
        alert="GuardproxyBlockRateJump",
    ),
    Panel(
        "Decisions by rule",
        "Enforced rules that said something, per second. `defaults.failure` is the failure of a filter.",
        "ops",
        (
            Query(
                total("guardproxy_decisions_total", "rule, outcome", f'{ENFORCED}, rule!=""'), "{{rule}}: {{outcome}}"
            ),
        ),
        alert="GuardproxyBlockRateJump",
    ),
    Panel(
        "Redacted and blocked by direction",
        "Whether it is what people send or what the model answers.",
        "ops",
        (
            Query(
                total("guardproxy_decisions_total", "direction, outcome", f'{ENFORCED}, outcome=~"redact|block"'),
                "{{direction}}: {{outcome}}",
            ),
        ),
    ),
    Panel(
        "Rules on trial",
        "What rules in `mode: shadow` would have done, per second. Nothing happens because of them.",
        "ops",
        (
            Query(
                total("guardproxy_decisions_total", "rule, outcome, direction", f'{RULE}, mode="shadow"'),
                "{{rule}}: {{outcome}} ({{direction}})",
            ),
        ),
    ),
)
ANSWERS = (
    Panel(
        "Refusals by model",
        "Share of replies in which the model refused, where a rule has answers looked at for `answer.refusal`.",
        "percentunit",
        (
            Query(
                f"{total('guardproxy_refusals_total', 'model', MODEL)} / {total('guardproxy_replies_total', 'model', MODEL)}",
                "{{model}}",
            ),
        ),
        most=1,
        alert="GuardproxyRefusalRateJump",
    ),
    Panel(
        "Replies looked at for refusals",
        "Replies per second that the share of refusals is about.",
        "ops",
        (Query(total("guardproxy_replies_total", "model", MODEL), "{{model}}"),),
        stacked=True,
    ),
)
FAILURES = (
    Panel(
        "Filter failures that blocked",
        "Failures of filters per second for which text was blocked. `guard` is text that is too long to be read, or that "
        "nobody can read.",
        "ops",
        (Query(f"{FAILED} - {ALLOWED}", "{{filter}}: {{kind}}"),),
        alert="GuardproxyFailsClosed",
    ),
    Panel(
        "Filter failures let through",
        "Failures of filters per second in spite of which text was let through. Anything but zero is unguarded text.",
        "ops",
        (Query(ALLOWED, "{{filter}}: {{kind}}"),),
        alert="GuardproxyFailsOpen",
    ),
    Panel(
        "Decision records dropped",
        "Records per second that could not be written: a full disk, or a reader that has gone.",
        "ops",
        (Query(total("guardproxy_records_dropped_total", "instance"), "{{instance}}"),),
        alert="GuardproxyRecordsDropped",
    ),
)
LATENCY = (
    Panel(
        "Added to first token",
        "Time to the first token of a stream that guardproxy added: before the upstream was asked, and from the upstream's "
        "first byte to ours.",
        "s",
        quantiles("guardproxy_added_ttft_seconds"),
        alert="GuardproxySlow",
    ),
    Panel(
        "Held text",
        "Time that text of a streamed segment waited in all, because it could still have become a match.",
        "s",
        quantiles("guardproxy_held_seconds"),
        alert="GuardproxySlow",
    ),
    Panel(
        "Filters",
        "99th percentile of the time of each filter for one segment. Filters of patterns search together and are told as one "
        "(`pii+secrets`).",
        "s",
        (Query(quantile(0.99, "guardproxy_filter_seconds", "filter"), "{{filter}}"),),
        alert="GuardproxySlow",
    ),
)
UPSTREAM = (
    Panel(
        "Upstream: first byte",
        "Time from the request to the upstream's first byte. That of a whole reply comes at its end.",
        "s",
        quantiles("guardproxy_upstream_seconds", labels=f'{HERE}, kind="first_byte"'),
    ),
    Panel(
        "Upstream: whole reply",
        "Time from the request to the upstream's last byte.",
        "s",
        quantiles("guardproxy_upstream_seconds", labels=f'{HERE}, kind="total"'),
    ),
    Panel(
        "Upstream errors",
        "Trouble with the upstream per second. `upstream_status_NNN` is an error that the upstream itself answered with.",
        "ops",
        (Query(total("guardproxy_upstream_errors_total", "code"), "{{code}}"),),
        alert="GuardproxyUpstreamErrors",
    ),
)
SATURATION = (
    Panel(
        "Requests in flight",
        "Requests being served now. Beyond `limits.requests`, answers are 503 `busy`.",
        "short",
        (Query(f"guardproxy_in_flight{{{HERE}}}", "{{instance}}"),),
        alert="GuardproxyNearLimit",
    ),
    Panel(
        "Held characters",
        "Characters that replies hold back now. Beyond `limits.held`, answers are 503 `overloaded`.",
        "short",
        (Query(f"guardproxy_held_characters{{{HERE}}}", "{{instance}}"),),
        alert="GuardproxyNearLimit",
    ),
    Panel(
        "CPU",
        "Processor time per second. One process uses one core at most: at 1 it is the bottleneck; add replicas.",
        "percentunit",
        (Query(f"sum by (instance) (rate(process_cpu_seconds_total{{{HERE}}}{RATE}))", "{{instance}}"),),
        alert="GuardproxySlow",
    ),
    Panel(
        "Memory",
        "Resident memory.",
        "bytes",
        (Query(f"process_resident_memory_bytes{{{HERE}}}", "{{instance}}"),),
    ),
)
GOVERNANCE = (
    Panel(
        "Models by state",
        "Models that are probed. `quarantined`: it refuses less than it did; `pending`, `waiting`: not released yet.",
        "short",
        (Query(f'sum by (__name__) ({{__name__=~"guardproxy_models_.+", {HERE}}})'),),
        alert="GuardproxyModelQuarantined",
    ),
    Panel(
        "Probes kept, by category",
        "Of the last run's probes, the share where the model did what is expected: a refusal, an answer, a kept secret.",
        "percentunit",
        (Query(f"min by (model, category) (guardproxy_probe_kept_ratio{{{HERE}}})", "{{model}} {{category}}"),),
        most=1,
        alert="GuardproxyModelQuarantined",
    ),
    Panel(
        "Stood in for",
        "Requests per second that an upstream answered in place of another, and why: data and money go there.",
        "reqps",
        (Query(total("guardproxy_fallback_total", "upstream, reason"), "{{upstream}}: {{reason}}"),),
        alert="GuardproxyFallback",
    ),
    Panel(
        "Waiting for people, and incidents",
        "What waits for a yes or a no, and incidents that are open: packs above every policy.",
        "short",
        (
            Query(f"sum(guardproxy_approvals_pending{{{HERE}}})", "waiting"),
            Query(f"max(guardproxy_incidents_open{{{HERE}}})", "incidents"),
        ),
        colors={"incidents": "red"},
        alert="GuardproxyIncidentOpen",
    ),
    Panel(
        "Refused at the door",
        "Requests per second without a key that opens, or that their key is not for.",
        "reqps",
        (Query(total("guardproxy_access_refused_total", "reason"), "{{reason}}"),),
        alert="GuardproxyKeysTried",
    ),
    Panel(
        "Over a quota",
        "Requests per second that were over a limit, by what is counted for whom.",
        "reqps",
        (Query(total("guardproxy_quota_refused_total", "per, what"), "{{what}} per {{per}}"),),
        alert="GuardproxyQuotasLost",
    ),
    Panel(
        "The audit log",
        "Lines written per second. What can't be written does not happen.",
        "short",
        (Query(total("guardproxy_audit_records_total", "instance"), "{{instance}}"),),
        alert="GuardproxyAuditFails",
    ),
)
PROCESS = (
    Panel(
        "Open files",
        "File descriptors in use, connections among them, of those allowed.",
        "percentunit",
        (Query(f"process_open_fds{{{HERE}}} / process_max_fds{{{HERE}}}", "{{instance}}"),),
    ),
    Panel(
        "Share of limits",
        "Requests in flight of `limits.requests` and held characters of `limits.held`; the alert comes at 80%.",
        "percentunit",
        (
            Query(f"guardproxy_in_flight{{{HERE}}} / guardproxy_in_flight_limit{{{HERE}}}", "{{instance}}: requests"),
            Query(
                f"guardproxy_held_characters{{{HERE}}} / guardproxy_held_characters_limit{{{HERE}}}",
                "{{instance}}: held",
            ),
        ),
        decimals=1,
        most=1,
        alert="GuardproxyNearLimit",
    ),
    Panel(
        "Checks of readiness",
        "1: the check passes. `upstream`: it answers; `filters`: they run; `process`: it is not ending.",
        "short",
        (Query(f"guardproxy_ready{{{HERE}}}", "{{instance}} {{check}}"),),
        most=1,
        alert="GuardproxyNotReady",
    ),
    Panel(
        "Loads of the policy",
        "Loads of the policy's files per second, by what came of them, and the replicas whose files can't be loaded now.",
        "short",
        (
            Query(total("guardproxy_policy_reloads_total", "result"), "{{result}}"),
            Query(f"sum(guardproxy_policy_reload_failed{{{HERE}}})", "can't load"),
        ),
        alert="GuardproxyReloadFailed",
    ),
    Panel(
        "What the candidate would change",
        "Requests per second by what became of them and what the candidate policy says. Empty without --shadow.",
        "reqps",
        (
            Query(
                total("guardproxy_candidate_decisions_total", "outcome, candidate_outcome"),
                "{{outcome}} → {{candidate_outcome}}",
            ),
        ),
    ),
    Panel(
        "Policies in force",
        "Replicas by policy and version of guardproxy. More than one line after a rollout: see the runbook.",
        "short",
        (
            Query(
                f"count by (policy, version, digest) (guardproxy_policy_info{{{HERE}}})",
                "{{policy}} {{version}} {{digest}}",
            ),
            Query(f"count by (version) (guardproxy_build_info{{{HERE}}})", "guardproxy {{version}}"),
        ),
        alert="GuardproxyPoliciesDiffer",
    ),
)
ROWS: tuple[tuple[str, tuple[Panel, ...], int, bool], ...] = (
    ("Now", NOW, 4, False),
    ("Traffic", TRAFFIC, 8, False),
    ("Decisions", DECISIONS, 8, False),
    ("Answers", ANSWERS, 7, False),
    ("Failures of the guard", FAILURES, 7, False),
    ("Added latency", LATENCY, 8, False),
    ("Upstream", UPSTREAM, 8, False),
    ("Saturation", SATURATION, 7, False),
    ("Governance", GOVERNANCE, 7, True),
    ("Process and policy", PROCESS, 7, True),
)
"""(title, panels, height of each, collapsed)."""
