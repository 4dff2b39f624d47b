"""Python's collector of cycles, told to look rarely.

It looks again at all objects there are whenever some hundreds were made, and a start makes millions that stay:
looking took a sixth of a start, and a third of what it takes to read the tests.
"""

from __future__ import annotations

import gc

_MADE = 50_000  # objects until the young ones are looked at: some megabytes
_ROUNDS = (20, 50)  # how many looks at the young ones until the older ones are looked at, and so on


def collect_never() -> None:
    """Not while modules are read: nothing that they make is thrown away again."""
    gc.disable()


def collect_rarely() -> None:
    """Never look at what there is by now, and rarely at what comes."""
    gc.freeze()
    gc.set_threshold(_MADE, *_ROUNDS)
    gc.enable()
