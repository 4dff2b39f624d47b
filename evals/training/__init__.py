"""Fitting what the planner learns from labelled questions: `python -m evals.training`."""
