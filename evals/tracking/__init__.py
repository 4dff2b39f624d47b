"""Runs in MLflow and cases in DeepEval: the extra `evals`, which nothing else needs or imports."""
