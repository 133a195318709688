"""Judges over HTTP: servers that say whether a text breaks a policy. The operator says which, a policy names one.

`Judge` asks; `protocols/` holds how each kind is asked; `labels` turns its words into the catalogue's.
"""

from guardproxy.judges.judge import Asked, Judge, judges, together
from guardproxy.judges.question import JudgeError, JudgeTimeout, Question

__all__ = ["Asked", "Judge", "JudgeError", "JudgeTimeout", "Question", "judges", "together"]
