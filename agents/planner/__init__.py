"""The embedded planner: questions to governed queries by rules, from the semantic model alone."""

from agents.planner.plan import Plan, PriorTurn
from agents.planner.planner import Planner

__all__ = ["Plan", "Planner", "PriorTurn"]
