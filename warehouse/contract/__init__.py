"""The source contract: which files, columns, types and values a folder must hold to be ingested."""

from warehouse.contract.loader import Contract, SourceColumn, SourceTable, load_contract

__all__ = ["Contract", "SourceColumn", "SourceTable", "load_contract"]
