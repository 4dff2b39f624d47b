"""Suites that ask the assistant: cases from YAML, run on generated companies, scored by results."""
