"""The vocabulary of the company (`catalog.yaml`) and of its stories (`story.yaml`), and small draws from it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any
from zlib import crc32

import numpy as np
import yaml
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PLANS = ("MAPD", "PPO", "HMO", "POS", "EPO")
TOPICS = (
    "Pharmacy Coverage",
    "Billing Question",
    "ID Card Request",
    "Claims Status",
    "Benefits Info",
    "Technical Support",
    "Provider Search",
    "Prior Auth",
    "Enrollment Change",
    "General Inquiry",
)
INTERACTION_TYPES = (
    "bill_pay",
    "pharmacy_lookup",
    "id_card_download",
    "login",
    "claims_check",
    "benefits_lookup",
    "find_provider",
    "update_info",
)


@cache
def catalog() -> dict[str, Any]:
    """All of `catalog.yaml`."""
    return _read("catalog.yaml")


@cache
def story() -> dict[str, Any]:
    """All of `story.yaml`."""
    return _read("story.yaml")


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(
        files("generator").joinpath(name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return content


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """An independent random stream for one purpose: adding a consumer never shifts the draws of another."""
    return np.random.default_rng([seed, crc32("/".join(map(str, purpose)).encode())])


def weighted(rng: np.random.Generator, weights: list[float] | Floats, size: int) -> Ints:
    """`size` indices drawn with probabilities proportional to `weights`."""
    bounds = np.cumsum(np.asarray(weights, dtype=float))
    drawn: Ints = np.searchsorted(bounds, rng.random(size) * bounds[-1], side="right").astype(np.int64)
    return drawn


def exactly(rng: np.random.Generator, size: int, chosen: int) -> Flags:
    """`size` flags of which exactly `chosen` (clipped) are set, at random places."""
    flags = np.zeros(size, dtype=bool)
    flags[rng.permutation(size)[: max(0, min(size, chosen))]] = True
    return flags
