"""The source contract: which files, columns, types and values a folder must hold to be ingested."""

from warehouse.contract.loader import Contract, SourceColumn, SourceTable, load_contract, parts_of

__all__ = ["Contract", "SourceColumn", "SourceTable", "load_contract", "parts_of"]
