"""Eval suites: each module has `run` and returns a SuiteResult."""
