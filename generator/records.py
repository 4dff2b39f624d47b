"""The sources that no story depends on: claims, pharmacy fills, enrollment. Each is drawn in one go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from generator.catalog import PLANS, Flags, Floats, Ints, catalog, stream, weighted
from generator.files import numbered, words
from generator.members import Members
from generator.profiles import Profile

RECORDS = ("claims", "pharmacy", "enrollment")
"""The sources made here."""
_STATUSES = ("Approved", "Denied", "Pending", "Under Review")
_APPROVED, _DENIED, _PENDING, _REVIEW = range(4)
_AUTHORIZED = ("Approved", "Denied", "Pending")
_DECIDED_AFTER = 14  # days
_PHARMACIES = ("retail", "mail", "specialty")


@dataclass(frozen=True)
class Lot:
    """How many rows to draw, over how many days up to the as-of day, and their first running number.

    Rows of a `following` lot are one day's of a company that goes on: nobody joins it any more, and its claims are
    sent when most have been decided, because nothing is sent about them later.
    """

    rng: np.random.Generator
    size: int
    days: int
    first: int = 1
    following: bool = False


def history_lot(profile: Profile, seed: int, source: str) -> Lot:
    """All rows of claims, pharmacy or enrollment that a profile has."""
    return Lot(stream(seed, source), getattr(profile, source), profile.days)


def day_lot(profile: Profile, seed: int, source: str, when: date, first: int) -> Lot:
    """The rows of one following day, as many as the profile has a day on average."""
    size = round(getattr(profile, source) / profile.days)
    return Lot(stream(seed, "live", source, when.toordinal()), size, 1, first, following=True)


def claims_table(lot: Lot, members: Members, as_of: date, pinned: int) -> pa.Table:
    """Claims with prior authorization; in a history one of the `pinned` member's is under review."""
    rng, size = lot.rng, lot.size
    kinds = tuple(catalog()["claim_types"])
    kind = weighted(rng, list(catalog()["claim_types"].values()), size)
    back = np.sort(_days_back(rng, lot.days, size))[::-1]
    member = rng.integers(0, members.size, size)
    required = rng.random(size) < np.array([0.10, 0.14, 0.02, 0.03, 0.42, 0.35])[kind]
    authorization = weighted(rng, [0.78, 0.13, 0.09], size)
    status = _claim_status(rng, back + _DECIDED_AFTER * lot.following, required, authorization)
    if not lot.following:
        row = int(np.argmin(np.abs(back - 12)))
        member[row], required[row], authorization[row], status[row] = pinned, True, 2, _REVIEW
    return pa.table(
        {
            "claim_id": numbered("C", lot.first, size, 10),
            "member_id": members.ids.take(pa.array(member)),
            "claim_date": _dates(as_of, back),
            "claim_type": words(kind, kinds),
            "claim_amount": _amounts(rng, kind, kinds),
            "status": words(status, _STATUSES),
            "approval_time_days": _approval_days(rng, kind, kinds, status, required),
            **_authorizations(rng, status, required, authorization),
            "service_code": _service_codes(rng, kind, kinds),
        }
    )


def _amounts(rng: np.random.Generator, kind: Ints, kinds: tuple[str, ...]) -> pa.Array:
    usual = np.array([catalog()["claim_amounts"][name] for name in kinds])[kind]
    return pa.array(np.round(usual * np.exp(rng.normal(-0.2, 0.65, len(kind))), 2))


def _authorizations(
    rng: np.random.Generator, status: Ints, required: Flags, authorization: Ints
) -> dict[str, pa.Array]:
    size = len(status)
    reasons = tuple(catalog()["claim_denials"])
    denial = np.where(required & (authorization == 1), 0, rng.integers(0, len(reasons), size))
    return {
        "denial_reason": words(denial, reasons, missing=(status != _DENIED) | (rng.random(size) < 0.03)),
        "prior_auth_required": words(required.astype(np.int64), ("No", "Yes"), missing=rng.random(size) < 0.01),
        "prior_auth_status": words(authorization, _AUTHORIZED, missing=~required),
    }


def _claim_status(rng: np.random.Generator, back: Ints, required: Flags, authorization: Ints) -> Ints:
    status = np.where(rng.random(len(back)) < 0.145, _DENIED, _APPROVED)
    status = np.where(required & (authorization == 1) & (rng.random(len(back)) < 0.85), _DENIED, status)
    open_share = np.clip(0.62 - 0.045 * back, 0.035, None)
    still_open = rng.random(len(back)) < open_share
    return np.where(still_open, np.where(rng.random(len(back)) < 0.7, _PENDING, _REVIEW), status)


def _approval_days(
    rng: np.random.Generator, kind: Ints, kinds: tuple[str, ...], status: Ints, required: Flags
) -> pa.Array:
    usual = np.array([catalog()["claim_days"][name] for name in kinds])[kind] * (1 + 0.7 * required)
    days = np.maximum(np.round(rng.gamma(2.2, usual / 2.2)), 0.0)
    return pa.array(days, mask=(status == _PENDING) | (status == _REVIEW))


def _service_codes(rng: np.random.Generator, kind: Ints, kinds: tuple[str, ...]) -> pa.Array:
    codes = [(name, code) for name in kinds for code in catalog()["service_codes"][name]]
    starts = np.array([next(i for i, (owner, _) in enumerate(codes) if owner == name) for name in kinds])
    sizes = np.array([len(catalog()["service_codes"][name]) for name in kinds])
    chosen = starts[kind] + (rng.random(len(kind)) * sizes[kind]).astype(np.int64)
    return words(chosen, tuple(code for _, code in codes), missing=rng.random(len(kind)) < 0.02)


def pharmacy_table(lot: Lot, members: Members, as_of: date) -> pa.Table:
    """Pharmacy fills and their denials."""
    rng, size = lot.rng, lot.size
    drugs: dict[str, float] = catalog()["drugs"]
    drug = rng.integers(0, len(drugs), size)
    back = np.sort(_days_back(rng, lot.days, size))[::-1]
    supply = np.array([30, 60, 90])[weighted(rng, [0.5, 0.3, 0.2], size)]
    costly = np.array(list(drugs.values()))[drug]
    denied = rng.random(size) < 0.055 + 0.0009 * costly
    copay = np.round(costly * (supply / 30) ** 0.8 * np.exp(rng.normal(-0.15, 0.5, size)), 2)
    return pa.table(
        {
            "rx_id": numbered("RX", lot.first, size, 10),
            "member_id": members.ids.take(pa.array(rng.integers(0, members.size, size))),
            "fill_date": _dates(as_of, back),
            "drug_name": words(drug, tuple(drugs)),
            "copay_amount": pa.array(copay),
            "days_supply": pa.array(supply.astype(np.int16)),
            "pharmacy_type": words(weighted(rng, [0.6, 0.3, 0.1], size), _PHARMACIES),
            "denied_flag": pa.array(denied),
            "denied_reason": words(
                weighted(rng, [28, 30, 24, 18], size), catalog()["drug_denials"], missing=~denied
            ),
        }
    )


def enrollment_table(lot: Lot, members: Members, as_of: date) -> pa.Table:
    """Enrollment events: who joined in the period, renewals, plan changes."""
    rng, size = lot.rng, lot.size
    joined = np.flatnonzero((members.joined > -lot.days) & (not lot.following))
    recent = rng.permutation(joined)[: int(0.3 * size)]
    others = rng.integers(0, members.size, size - len(recent))
    member = np.concatenate([recent, others])
    back = np.concatenate([np.maximum(-members.joined[recent], 0), _days_back(rng, lot.days, len(others))])
    changes = rng.random(size) < 0.30
    kind = np.where(np.arange(size) < len(recent), 0, np.where(changes, 2, 1))
    reasons = ("New Enrollment", "Annual Renewal", *catalog()["change_reasons"])
    reason = np.where(kind == 2, 2 + rng.integers(0, len(reasons) - 2, size), kind)
    order = np.argsort(-back, kind="stable")
    plan = members.plan[member]
    premium = np.array([62.0, 340.0, 268.0, 305.0, 286.0])[plan] * np.exp(rng.normal(0, 0.22, size))
    table = pa.table(
        {
            "member_id": members.ids.take(pa.array(member)),
            "enrollment_date": _dates(as_of, back),
            "plan_type": words(plan, PLANS),
            "premium_amount": pa.array(np.round(premium, 2)),
            "change_type": words(kind, ("new", "renewal", "change")),
            "change_reason": words(reason, reasons, missing=(kind == 2) & (rng.random(size) < 0.16)),
        }
    )
    return table.take(pa.array(order)).add_column(0, "enrollment_id", numbered("E", lot.first, size, 8))


def _days_back(rng: np.random.Generator, days: int, size: int) -> Ints:
    back: Ints = rng.integers(0, days, size)
    return back


def _dates(as_of: date, back: Ints | Floats) -> pa.Array:
    return pa.array(np.datetime64(as_of, "D") - back.astype("timedelta64[D]"))
