"""Pure text tools: bounded patterns, their streaming search, validators' base."""

from guardproxy.text.bank import Bank, BankScan, Rule
from guardproxy.text.filters import PatternFilter, fuse
from guardproxy.text.syntax import MAX_WIDTH, PatternError, parse

__all__ = ["MAX_WIDTH", "Bank", "BankScan", "PatternError", "PatternFilter", "Rule", "fuse", "parse"]
