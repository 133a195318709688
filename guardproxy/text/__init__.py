"""Pure text tools: bounded patterns, their streaming search, validators' base."""

from guardproxy.text.bank import Bank
from guardproxy.text.filters import PatternFilter, fuse
from guardproxy.text.rules import Rule
from guardproxy.text.scan import BankScan
from guardproxy.text.syntax import MAX_WIDTH, PatternError, parse

__all__ = ["MAX_WIDTH", "Bank", "BankScan", "PatternError", "PatternFilter", "Rule", "fuse", "parse"]
