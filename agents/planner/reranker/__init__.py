"""A second reading of questions by models fitted on labelled ones: other candidates, and which of them is meant.

The rules make and verify every candidate; the models say which. A question that the rules read without doubt
stays theirs unless the judge doubts it; one that they do not read is answered when the judge is sure, and
otherwise asked back with the likeliest candidates. The models know the metrics of the packaged model; with another
model, or after another question of a conversation, the rules decide alone. `python -m evals.training` fits them.
"""

from agents.planner.reranker.rereading import OFFERED, Reranker

__all__ = ["OFFERED", "Reranker"]
