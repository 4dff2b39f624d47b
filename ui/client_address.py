"""Whose request it is by address: the caller's own, unless a trusted proxy says for whom it asks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from pydantic import IPvAnyNetwork
from starlette.requests import HTTPConnection

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Proxies:
    """The proxies that are believed."""

    def __init__(self, trusted: Iterable[IPvAnyNetwork]) -> None:
        self._trusted = tuple(trusted)

    def vouches(self, connection: HTTPConnection) -> bool:
        """Whether the request comes straight from a trusted proxy."""
        return self._is_trusted(_parsed(connection.client.host if connection.client else ""))

    def client(self, connection: HTTPConnection) -> str:
        """The nearest address that is no trusted proxy. What a caller wrote before it counts for nothing."""
        nearest = connection.client.host if connection.client else ""
        if not self.vouches(connection):
            return nearest
        hops = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
        for hop in reversed([hop.strip() for hop in hops if hop.strip()]):
            address = _parsed(hop)
            if address is None:
                return nearest
            nearest = str(address)
            if not self._is_trusted(address):
                return nearest
        return nearest

    def _is_trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _parsed(text: str) -> Address | None:
    """An address, with an IPv4 one in IPv6 clothes as the IPv4 one that it is."""
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
