"""What is locked and why: by order, by request on its way, by fill without its ledger row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from trading.model.identifiers import Asset

LockKey = tuple[Literal["order", "sent", "fill"], str, str]
"""What kind of thing locks, its id, and the asset where one thing locks several."""

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An amount that is locked; None is an unknown one, so that nothing of the asset is free.

    `slack` is by how much it may be too large: Kraken does not tell how it reckons.
    """

    asset: Asset
    amount: Decimal | None
    slack: Decimal = _ZERO


class HeldMoney:
    """The sum of all holds by asset, kept up to date with each change."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._holds: dict[LockKey, Hold] = {}
        self._sums: dict[Asset, Decimal] = {}
        self._slacks: dict[Asset, Decimal] = {}
        self._unknown: dict[Asset, int] = {}

    def put(self, key: LockKey, hold: Hold | None) -> Collection[Asset]:
        """Replace one hold; returns the assets whose sum is another now."""
        old = self._holds.get(key)
        if old == hold:
            return ()
        if old is not None:
            del self._holds[key]
            self._add(old, -1)
        if hold is not None:
            self._holds[key] = hold
            self._add(hold, 1)
        return {each.asset for each in (old, hold) if each is not None}

    def drop_orders(self) -> None:
        """Let go of every order's hold; what was sent and not heard of stays."""
        for key in [key for key in self._holds if key[0] == "order"]:
            self.put(key, None)

    def assets(self) -> frozenset[Asset]:
        """Return the assets of which something is held."""
        return frozenset(hold.asset for hold in self._holds.values())

    def locked(self, asset: Asset, total: Decimal) -> Decimal:
        """Return how much of a total is locked."""
        if self._unknown.get(asset):
            return total
        return min(total, self._sums.get(asset, _ZERO))

    def slack(self, asset: Asset) -> Decimal:
        """Return by how much the lock of an asset may be too large."""
        return self._slacks.get(asset, _ZERO)

    def _add(self, hold: Hold, sign: int) -> None:
        asset = hold.asset
        if hold.amount is None:
            self._unknown[asset] = self._unknown.get(asset, 0) + sign
            return
        self._sums[asset] = self._sums.get(asset, _ZERO) + sign * hold.amount
        self._slacks[asset] = self._slacks.get(asset, _ZERO) + sign * hold.slack
