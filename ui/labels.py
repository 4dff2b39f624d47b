"""What people read for names of ours."""

from __future__ import annotations

from warehouse.principal import Role

ROLE_LABELS: dict[Role, str] = {
    "executive": "Executive",
    "product_owner": "Product owner",
    "analyst": "Analyst",
    "member_advocate": "Member advocate",
    "data_engineer": "Data engineer",
    "ml_engineer": "ML engineer",
}
