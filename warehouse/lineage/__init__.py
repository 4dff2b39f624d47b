"""Column-level lineage: from any silver or gold column to the source columns, rules and seeds behind it."""

from warehouse.lineage.graph import Column, Ends, Kind, Lineage, Role, load_lineage

__all__ = ["Column", "Ends", "Kind", "Lineage", "Role", "load_lineage"]
