"""What `estimates.yaml` says, read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def vocabulary() -> dict[str, Any]:
    """All of `estimates.yaml`."""
    content: dict[str, Any] = yaml.load(
        files("generator.estimates").joinpath("estimates.yaml").read_text(encoding="utf-8"),
        Loader=yaml.CSafeLoader,
    )
    return content
