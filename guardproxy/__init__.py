"""guardproxy: content filters, output monitors and policy rules in front of any gpt-oss backend."""

__version__ = "0.1.0"
