"""How good the shipped models are: `python -m bench.accuracy DATA`."""
