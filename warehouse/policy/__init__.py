"""What the law says: tables, columns, roles, functions, node types and limits, as YAML beside this file."""

from warehouse.policy.loader import Column, Limits, Nodes, Policy, RolePolicy, Table, load_policy

__all__ = ["Column", "Limits", "Nodes", "Policy", "RolePolicy", "Table", "load_policy"]
