"""What the balances ask of the parts around them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from storage.records import BalanceRow, FillRow
from trading.errors import PriceError
from trading.model.identifiers import Asset, VenueName
from trading.model.valuation import UnitPrice


class BalanceStore(Protocol):
    """The last believed balances of each venue."""

    async def load(self, venue: str) -> tuple[BalanceRow, ...]:
        """Return what was written last."""
        ...

    async def replace(self, venue: str, rows: Sequence[BalanceRow]) -> None:
        """Write all balances of a venue in place of the ones before."""
        ...

    async def touch(self, venue: str, confirmed_at: datetime) -> None:
        """Note that the balances written last were confirmed again."""
        ...


class SettingsStore(Protocol):
    """Small facts by name."""

    async def get(self, key: str) -> str | None:
        """Return the fact; None when it was never put."""
        ...

    async def put(self, key: str, value: str) -> None:
        """Put or replace the fact."""
        ...


class BookedFills(Protocol):
    """Our own fills, which may explain why an asset is gone."""

    async def since(self, venue: str | None, at: datetime) -> tuple[FillRow, ...]:
        """Return the fills executed since."""
        ...


class PriceSource(Protocol):
    """Fresh prices in any currency."""

    async def unit_prices(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> Mapping[Asset, UnitPrice | PriceError]:
        """Return what one unit of each asset is worth; one without a price fails alone."""
        ...

    async def rate(self, venue: VenueName, asset: Asset, base: Asset) -> UnitPrice | PriceError:
        """Return the venue's own price of an asset; where it has none, that of another venue."""
        ...


class Prices(PriceSource, Protocol):
    """The same, and what of it is in memory."""

    @property
    def remembered(self) -> PriceSource:
        """Fresh prices as well, but those in memory alone: it asks nobody."""
        ...
