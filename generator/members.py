"""The members: who they are, where they live, which plan they have, how prone they are to get in touch.

People come from a seeded Faker (pools of names), everything else is drawn with numpy. Codes index the tuples and
mappings of `generator.catalog`; they become words only when a file is written.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from faker import Faker

from generator.catalog import PLANS, Flags, Floats, Ints, catalog, stream, weighted
from generator.files import numbered, words
from generator.profiles import Profile

FIRST_NUMBER = 102_001
LANGUAGES = ("English", "Spanish", "Chinese", "Vietnamese", "Korean", "Tagalog")
SEGMENTS = ("High Value", "Medium Value", "Low Value", "At Risk", "New")
NEW_MONTHS = 12
PRONENESS = [0.7, 0.2, 0.1]
"""Shares of members who get in touch once, twice, three times as readily."""
_MAPD = PLANS.index("MAPD")


@dataclass(frozen=True)
class Members:
    """One entry a member in each array. `joined` is in days before (negative) the as-of date."""

    age: Ints
    gender: Ints
    plan: Ints
    tenure: Ints
    segment: Ints
    state: Ints
    language: Ints
    joined: Ints
    proneness: Ints
    ids: pa.Array

    @property
    def size(self) -> int:
        """How many members there are."""
        return len(self.age)

    def pools(self) -> dict[str, Flags]:
        """Named groups of members that the stories speak about."""
        new = self.tenure < NEW_MONTHS
        mapd = self.plan == _MAPD
        hmo = self.plan == PLANS.index("HMO")
        spanish = self.language == LANGUAGES.index("Spanish")
        return {
            "everyone": np.ones(self.size, dtype=bool),
            "mapd": mapd,
            "mapd_new": mapd & new,
            "mapd_tenured": mapd & ~new,
            "hmo": hmo,
            "other_commercial": ~mapd & ~hmo,
            "spanish": spanish,
            "not_spanish": ~spanish,
        }


def people(profile: Profile, seed: int, pinned: str) -> Members:
    """Draw all members. The `pinned` member id (of the walkthrough) is a new, English-speaking MAPD member."""
    rng = stream(seed, "members")
    size = profile.members
    states = catalog()["states"]
    state = weighted(rng, [row[0] for row in states.values()], size)
    plan = weighted(rng, list(catalog()["plans"].values()), size)
    tenure = _tenures(rng, size)
    language = _languages(rng, state, np.array([row[1] for row in states.values()]))
    index = position(pinned)
    plan[index], tenure[index], language[index] = _MAPD, 5, 0
    age = _ages(rng, plan)
    age[index] = 67
    return Members(
        age=age,
        gender=rng.integers(0, 2, size),
        plan=plan,
        tenure=tenure,
        segment=_segments(rng, tenure),
        state=state,
        language=language,
        joined=-(np.round(tenure * 30.44).astype(np.int64) + rng.integers(0, 28, size)),
        proneness=1 + weighted(rng, PRONENESS, size),
        ids=numbered("M-", FIRST_NUMBER, size, 6),
    )


def _tenures(rng: np.random.Generator, size: int) -> Ints:
    settled = 12 + rng.gamma(1.6, 26, size).astype(np.int64)
    return np.minimum(np.where(rng.random(size) < 0.29, rng.integers(0, 12, size), settled), 240)


def position(member_id: str) -> int:
    """Index of a member id in every array of `Members`."""
    return int(member_id.removeprefix("M-")) - FIRST_NUMBER


def _languages(rng: np.random.Generator, state: Ints, spanish_share: Floats) -> Ints:
    others = weighted(rng, list(catalog()["other_languages"].values()), len(state))
    # English is 0, Spanish 1; the other languages follow in the order of the catalog.
    others = np.where(others > 0, others + 1, 0)
    return np.where(rng.random(len(state)) < spanish_share[state], 1, others)


def _ages(rng: np.random.Generator, plan: Ints) -> Ints:
    size = len(plan)
    senior = 65 + rng.gamma(2.1, 4.6, size)
    senior = np.where(rng.random(size) < 0.09, rng.integers(38, 65, size), senior)
    working = rng.normal(43, 12.5, size)
    age = np.where(plan == _MAPD, np.minimum(senior, 99), np.clip(working, 18, 69))
    return age.astype(np.int64)


def _segments(rng: np.random.Generator, tenure: Ints) -> Ints:
    settled = weighted(rng, list(catalog()["segments"].values()), len(tenure))
    is_new = (tenure < NEW_MONTHS) & (rng.random(len(tenure)) < 0.55)
    return np.where(is_new, SEGMENTS.index("New"), settled)


def members_table(members: Members, seed: int, as_of: date) -> pa.Table:
    """The members source, required and optional columns, in the order of the member ids."""
    rng = stream(seed, "people")
    states = catalog()["states"]
    prefixes = np.array([int(row[2]) for row in states.values()])
    zips = prefixes[members.state] * 1000 + rng.integers(1, 1000, members.size)
    joined = np.datetime64(as_of, "D") + members.joined.astype("timedelta64[D]")
    required = {
        "member_id": members.ids,
        "age": pa.array(members.age.astype(np.int16)),
        "gender": words(members.gender, ("F", "M")),
        "plan_type": words(members.plan, PLANS),
        "tenure_months": pa.array(members.tenure.astype(np.int16)),
        "segment": words(members.segment, SEGMENTS),
        "state": words(members.state, tuple(states)),
        "zip_code": pc.utf8_lpad(pc.cast(pa.array(zips), pa.string()), 5, "0"),
        "join_date": pa.array(joined),
    }
    return pa.table(required | _optional(rng, members, seed))


def _optional(rng: np.random.Generator, members: Members, seed: int) -> dict[str, pa.Array]:
    size = members.size
    first, last = _names(rng, members, seed)
    counties = tuple(county for row in catalog()["states"].values() for county in row[3])
    each = len(counties) // len(catalog()["states"])
    county = members.state * each + rng.integers(0, each, size)
    return {
        "first_name": first,
        "last_name": last,
        "email": _emails(first, last, members.ids),
        "language": words(members.language, LANGUAGES, missing=rng.random(size) < 0.004),
        "county": words(county, counties, missing=rng.random(size) < 0.01),
        "income_band": _band(rng, "income_bands", size, 0.03),
        "education_band": _band(rng, "education_bands", size, 0.05),
        "line_of_business": words((members.plan != _MAPD).astype(np.int64), ("Medicare", "Commercial")),
    }


def _band(rng: np.random.Generator, name: str, size: int, missing: float) -> pa.Array:
    shares: dict[str, float] = catalog()[name]
    return words(weighted(rng, list(shares.values()), size), tuple(shares), missing=rng.random(size) < missing)


def _names(rng: np.random.Generator, members: Members, seed: int) -> tuple[pa.Array, pa.Array]:
    spanish = (members.language == LANGUAGES.index("Spanish")).astype(np.int64)
    women, men, families = [], [], []
    for locale in ("en_US", "es_MX"):
        fake = Faker(locale, use_weighting=False)
        fake.seed_instance(seed)
        women.append(tuple(dict.fromkeys(fake.first_name_female() for _ in range(500))))
        men.append(tuple(dict.fromkeys(fake.first_name_male() for _ in range(500))))
        families.append(tuple(dict.fromkeys(fake.last_name() for _ in range(900))))
    first = _pick(rng, women + men, members.gender * 2 + spanish)
    return first, _pick(rng, families, spanish)


def _pick(rng: np.random.Generator, pools: list[tuple[str, ...]], which: Ints) -> pa.Array:
    sizes = np.array([len(pool) for pool in pools])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    chosen = starts[which] + (rng.random(len(which)) * sizes[which]).astype(np.int64)
    return words(chosen, tuple(name for pool in pools for name in pool))


def _emails(first: pa.Array, last: pa.Array, ids: pa.Array) -> pa.Array:
    digits = pc.utf8_slice_codeunits(ids, 2)
    return pc.binary_join_element_wise(_mailbox(first), ".", _mailbox(last), digits, "@example.com", "")


def _mailbox(names: pa.DictionaryArray) -> pa.Array:
    plain = [
        "".join(letter for letter in unicodedata.normalize("NFKD", name).lower() if "a" <= letter <= "z")
        for name in names.dictionary.to_pylist()
    ]
    return pa.DictionaryArray.from_arrays(names.indices, pa.array(plain)).dictionary_decode()
