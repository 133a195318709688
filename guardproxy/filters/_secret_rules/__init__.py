"""The table of credentials, by family of vendors. Written from the formats that the vendors publish."""

from guardproxy.filters._secret_rules import ai, cloud, code_hosts, commerce, devops, generic, keys, messaging, saas
from guardproxy.filters._secret_rules.kind import Kind

__all__ = ["KINDS", "Kind"]

KINDS: tuple[Kind, ...] = (
    *cloud.KINDS,
    *code_hosts.KINDS,
    *ai.KINDS,
    *messaging.KINDS,
    *commerce.KINDS,
    *devops.KINDS,
    *saas.KINDS,
    *keys.KINDS,
    *generic.KINDS,
)
