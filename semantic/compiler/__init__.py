"""From a governed question to one SQL statement: checked, fan-out safe, ratios from sums."""

from semantic.compiler.refused import NotAnswerable
from semantic.compiler.statement import CompiledColumn, CompiledQuery, compile_query

__all__ = ["CompiledColumn", "CompiledQuery", "NotAnswerable", "compile_query"]
