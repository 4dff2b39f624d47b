"""What fewer of an issue's calls are worth: the same projection as in the chat and on the command line."""

from __future__ import annotations

from semantic.query import DimensionFilter
from tools.outcome import Found, Refusal
from tools.savings import COST_MODELS, PRESETS, project_savings
from ui.dashboard.explained import in_words
from ui.dashboard.panels import ANALYSIS, Panel
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content
from warehouse.errors import UsageError

USUAL = 10.0
COST_LABELS = {"planning": "Planning cost", "fully_loaded": "Fully loaded cost"}


def fill(reading: Reading, where: DimensionFilter) -> Content:
    """The projection for the reduction in the address."""
    reduce, costs = _asked(reading)
    filters, lacking = reading.asked.filters_for(("leaked_calls",), reading.desk)
    found = project_savings(reduce, reading.desk, filters=(where, *filters), cost_model=costs)  # type: ignore[arg-type]
    shown = {
        "reduce": reduce,
        "presets": PRESETS,
        "costs": [(name, COST_LABELS[name], name == costs) for name in COST_MODELS],
        "cost_model": costs,
    }
    if not isinstance(found, Found):
        return Content("", {}, shown, (found.reason,) if isinstance(found, Refusal) else ())
    table, *bases = found.tables
    panel = Panel("projection", table, found.tables, 0, found.constants, lacking=tuple(lacking), trust=ANALYSIS)
    basis = Panel("basis", bases[0], found.tables, 1, found.constants, lacking=tuple(lacking))
    row = next(at for at in range(len(table.rows)) if table.cell(at, "reduction") == reduce / 100)
    formulas = [(column.label or column.name, in_words(panel, panel.formula(row, column.name)))
                for column in table.columns if column.name in table.formulas]  # fmt: skip
    shown |= {"row": row, "formulas": formulas, "said": found.assumptions, "volume": bases[0].columns[0].name,
              "cost_per_call": reading.desk.rules.planning_cost_per_call}  # fmt: skip
    return Content("", {"projection": panel, "basis": basis}, shown)


def _asked(reading: Reading) -> tuple[float, str]:
    text, costs = reading.params.get("reduce", ""), reading.params.get("costs", COST_MODELS[0])
    try:
        reduce = float(text) if text else USUAL
    except ValueError:
        reduce = -1.0
    if not 0 < reduce <= 100:
        raise UsageError("A reduction is above 0 and at most 100 percent.", where="reduce", next_step="Use 10.")
    if costs not in COST_MODELS:
        raise UsageError(f"There is no cost model {costs[:40]!r}.", where="costs", next_step="Use planning.")
    return reduce, costs
