"""Seconds of a day as timestamps."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from generator.catalog import Ints


def at(hour: int, minute: int, second: int = 0) -> int:
    """Seconds from midnight."""
    return hour * 3600 + minute * 60 + second


def timestamps(midnight: np.datetime64, seconds: Ints) -> pa.Array:
    """Second-precision timestamps of that day."""
    return pa.array(midnight.astype("datetime64[s]") + seconds.astype("timedelta64[s]"))
