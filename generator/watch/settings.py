"""The text of the watched companies (`watch.yaml`), and the codes of the members' dimensions."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from generator.catalog import PLANS, TOPICS, Flags, Ints, catalog
from generator.members import LANGUAGES, SEGMENTS, Members

TENURES = ("0-6 months", "6-12 months", "1-2 years", "2-3 years", "3+ years")
CHANNELS: tuple[str, ...] = tuple(catalog()["call_channels"])
_TENURE_MONTHS = (6, 12, 24, 36)
VALUES: dict[str, tuple[str, ...]] = {
    "topic": TOPICS,
    "plan_type": PLANS,
    "segment": SEGMENTS,
    "tenure_bucket": TENURES,
    "language": LANGUAGES,
    "state": tuple(catalog()["states"]),
    "channel": CHANNELS,
}
"""The values of each dimension, in the order of their codes."""
MEMBER_DIMENSIONS = ("plan_type", "segment", "tenure_bucket", "language", "state")


@cache
def watch() -> dict[str, Any]:
    """All of `watch.yaml`."""
    content: dict[str, Any] = yaml.load(
        files("generator.watch").joinpath("watch.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader
    )
    return content


def codes(members: Members) -> dict[str, Ints]:
    """The code of each member in each of the members' dimensions."""
    return {
        "plan_type": members.plan,
        "segment": members.segment,
        "tenure_bucket": np.digitize(members.tenure, _TENURE_MONTHS),
        "language": members.language,
        "state": members.state,
    }


def inside(segment: dict[str, str], member_codes: dict[str, Ints]) -> Flags:
    """Which members a segment covers; dimensions that are not the members' do not count."""
    chosen = np.ones(len(next(iter(member_codes.values()))), dtype=bool)
    for name, value in segment.items():
        if name in member_codes:
            chosen &= member_codes[name] == VALUES[name].index(value)
    return chosen
