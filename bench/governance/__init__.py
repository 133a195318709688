"""`python -m bench.governance`: who may do what, from a training file to a released model, and what becomes of an attack.

It starts the local gpt-oss, a second one that plays the managed provider, and `guardproxy serve` with keys, and goes through
all of it as people would, with the `openai` client and HTTP. Every step is checked; the first that fails ends it with exit
code 1. At the end it measures what the probe finds: false alarms over clean runs, and probes until the forced model is found.
"""
