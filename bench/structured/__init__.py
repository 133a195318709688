"""Structured outputs: do redacted documents stay JSON, and valid against the schema that was asked for?"""
