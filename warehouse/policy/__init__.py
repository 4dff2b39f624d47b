"""What the law says: tables, columns, roles, functions, node types and limits, as YAML beside this file."""

from warehouse.policy.loader import (
    Column,
    Data,
    Limits,
    Nodes,
    Policy,
    RolePolicy,
    Table,
    load_policy,
    policy_over,
)

__all__ = ["Column", "Data", "Limits", "Nodes", "Policy", "RolePolicy", "Table", "load_policy", "policy_over"]
