"""The console: pages on the second listener for people who run a policy or write one. It needs no network."""

from guardproxy.server.console.access import Access
from guardproxy.server.console.app import Console
from guardproxy.server.console.layout import PREFIX

__all__ = ["PREFIX", "Access", "Console"]
