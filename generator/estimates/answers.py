"""What the estimator returns for each requested provider: an estimate, an exception, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator.catalog import Flags, Floats, Ints, stream, weighted
from generator.estimates.directory import Directory
from generator.estimates.requests import Asked, Requests
from generator.estimates.vocabulary import vocabulary

_DEDUCTIBLE, _OUT_OF_POCKET = 1500.0, 5500.0
_PRICE_SPREAD = 0.35
_ABOVE_NETWORK = 1.5
_COPAYS = np.array([0.0, 20.0, 35.0, 50.0])
_COINSURANCES = np.array([0.0, 10.0, 20.0, 30.0])


@dataclass(frozen=True)
class Answers:
    """One entry a response row. `exception` is -1 for an estimate; dollars and percents are NaN where empty."""

    request: Ints
    place: Ints
    provider: Ints
    exception: Ints
    covered: Flags
    is_percentage: Flags
    in_network: Floats
    out_of_network: Floats
    copay: Floats
    coinsurance: Floats
    amount_copay: Floats
    amount_coinsurance: Floats
    responsibility: Floats
    percent: Floats
    payable: Floats
    deductible_left: Floats
    out_of_pocket_left: Floats
    is_family: Flags


def answers(found: Requests, wanted: Asked, known: Directory, seed: int) -> Answers:
    """Draw all responses, those for providers whom nobody asked for at the end of their request."""
    rng = stream(seed, "estimates", "answers")
    words = vocabulary()
    answered = ~found.lost[wanted.request] & (rng.random(len(wanted.request)) >= words["unanswered"])
    strange = np.flatnonzero(~found.lost & (rng.random(found.size) < words["unasked"]))
    request = np.concatenate([wanted.request[answered], strange])
    place = np.concatenate([wanted.place[answered], found.providers[strange] + 1])
    provider = np.concatenate([wanted.provider[answered], _others(rng, strange, wanted, known)])
    order = np.lexsort((place, request))
    request, place, provider = request[order], place[order], provider[order]
    exception = _exceptions(rng, found, request, known, provider)
    return _estimates(rng, found, request, place, known, provider, exception)


def _others(rng: np.random.Generator, requests_: Ints, wanted: Asked, known: Directory) -> Ints:
    """For each of these requests a provider that it does not name."""
    others = rng.integers(0, known.size, len(requests_))
    for place, request in enumerate(requests_):
        named = set(wanted.provider[wanted.request == request].tolist())
        while int(others[place]) in named:
            others[place] = (others[place] + 1) % known.size
    return others


def _exceptions(
    rng: np.random.Generator, found: Requests, request: Ints, known: Directory, provider: Ints
) -> Ints:
    """The exception of each response, -1 for none: the usual ones, and over them what is planted."""
    words = vocabulary()
    types = list(words["exceptions"])
    usual = np.array([row[0] for row in words["exceptions"].values()])
    drawn = weighted(rng, [*usual, 1.0 - usual.sum()], len(request))
    exception = np.where(drawn == len(types), -1, drawn)
    networks = np.array(list(words["networks"]))[known.network[provider]]
    planted = words["planted"]
    service, network, providers = planted["service"], planted["network"], planted["providers"]
    days_ago = found.day.max() - found.day[request]
    is_service = found.service[request] == list(words["services"]).index(service["code"])
    is_service &= days_ago < service["days"]
    for hit, share, name in (
        (known.troubled[provider], providers["share"], providers["exception"]),
        ((networks == network["id"]) & (days_ago < network["days"]), network["share"], network["exception"]),
    ):
        exception = np.where(hit & (rng.random(len(request)) < share), types.index(name), exception)
    inside = is_service & np.isin(networks, service["networks"])
    share = _share_within(exception, is_service, inside, service["share"])
    return np.where(inside & (rng.random(len(request)) < share), types.index(service["exception"]), exception)


def _share_within(exception: Ints, whole: Flags, inside: Flags, share: float) -> float:
    """The share of responses inside to make fail so that of the whole the wanted share fails."""
    failed, failed_inside = (exception[whole] >= 0).mean(), (exception[inside] >= 0).mean()
    missing = (share - failed) * whole.sum() / max(1, inside.sum())
    return float(np.clip(missing / (1.0 - failed_inside), 0.0, 0.97))


def _estimates(
    rng: np.random.Generator,
    found: Requests,
    request: Ints,
    place: Ints,
    known: Directory,
    provider: Ints,
    exception: Ints,
) -> Answers:
    words, size = vocabulary(), len(request)
    is_estimate = exception < 0
    usual = np.array([row[2] for row in words["services"].values()], dtype=float)[found.service[request]]
    price = usual * known.price[provider] * np.exp(rng.normal(-(_PRICE_SPREAD**2) / 2, _PRICE_SPREAD, size))
    shares = np.array(list(words["covered"].values()))[known.kind[provider]]
    covered = rng.random(size) < shares
    outside = known.tier[provider] == list(words["tiers"]).index("Out of Network")
    is_percentage = is_estimate & ~outside & (rng.random(size) < words["percentage_rates"])
    in_network, out_of_network = _costs(price, outside, is_estimate & ~is_percentage, words["in_network_share"])
    copay = _COPAYS[weighted(rng, [0.35, 0.3, 0.2, 0.15], size)]
    coinsurance = _COINSURANCES[weighted(rng, [0.25, 0.25, 0.35, 0.15], size)]
    dollars = np.round(np.where(outside, out_of_network, in_network), 2)
    amount_copay = np.where(covered, np.minimum(copay, dollars), 0.0)
    left = np.round(_DEDUCTIBLE * np.maximum(0.0, rng.random(size) * 1.4 - 0.4), 2)
    deducted = np.where(covered, np.minimum(left, np.maximum(0.0, dollars - amount_copay)) * 0.3, 0.0)
    amount_coinsurance = np.where(
        covered, np.round((dollars - amount_copay - deducted) * coinsurance / 100, 2), 0.0
    )
    owed = np.where(covered, np.round(amount_copay + amount_coinsurance + deducted, 2), dollars)
    percent_in = np.round(40 + 55 * rng.random(size))
    return Answers(
        request=request,
        place=place,
        provider=provider,
        exception=exception,
        covered=covered,
        is_percentage=is_percentage,
        in_network=np.where(is_percentage, percent_in, np.round(in_network, 2)),
        out_of_network=np.where(is_percentage, np.nan, np.round(out_of_network, 2)),
        copay=copay,
        coinsurance=coinsurance,
        amount_copay=np.where(is_percentage, np.nan, np.round(amount_copay, 2)),
        amount_coinsurance=np.where(is_percentage, np.nan, amount_coinsurance),
        responsibility=np.where(is_percentage, np.nan, owed),
        percent=np.where(is_percentage, np.where(covered, 100 - percent_in, 100.0), np.nan),
        payable=np.where(is_percentage, np.nan, np.round(dollars - owed, 2)),
        deductible_left=left,
        out_of_pocket_left=np.round(_OUT_OF_POCKET * rng.random(size), 2),
        is_family=rng.random(size) < 0.3,
    )


def _costs(price: Floats, outside: Flags, in_dollars: Flags, share: float) -> tuple[Floats, Floats]:
    """In-network and out-of-network dollars of each response; of all dollars `share` are in network."""
    in_network = np.where(outside, 0.0, price)
    out_of_network = np.where(outside, price * _ABOVE_NETWORK, 0.0)
    inside, beyond = in_network[in_dollars].sum(), out_of_network[in_dollars].sum()
    return in_network, out_of_network * (inside * (1.0 - share) / share / max(beyond, 1e-9))
