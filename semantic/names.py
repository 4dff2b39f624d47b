"""Names that stand in SQL as they are: of our own making, and for columns that others named."""

from __future__ import annotations

import re

NAME = re.compile(r"[a-z][a-z0-9_]{0,50}")
_RESERVED_WORDS = """
all analyse analyze and anti any array as asc asof asymmetric both case cast check collate column
constraint create default deferrable desc describe distinct do else end except false fetch for
foreign from full glob grant group having ilike in initially inner intersect into is isnull join
lambda lateral leading left like limit map natural not notnull null offset on only or order outer
overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning
right select semi show similar some struct summarize symmetric table tablesample then to trailing
true try_cast union unique unpivot using variadic verbose when where window with
"""
RESERVED = frozenset(_RESERVED_WORDS.split())


def is_plain(name: str) -> bool:
    """Whether a name needs no quotes: small letters, digits and underscores, and no word of SQL."""
    return NAME.fullmatch(name) is not None and name not in RESERVED


def plain_name(column: str) -> str:
    """What a view calls somebody else's column: `Claim No` is claim_no, `order` is order_."""
    name = re.sub(r"[^a-z0-9_]", "_", column.lower())
    if not name or not name[0].isalpha():
        name = f"c_{name}"
    return f"{name}_" if name in RESERVED else name
