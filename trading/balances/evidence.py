"""Looks for what explains that an asset is gone: our fills, a second endpoint, the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from trading.balances.ports import BookedFills
from trading.balances.provenance import Evidence, change_by_fills, left_by_ledger
from trading.errors import StorageError, VenueError
from trading.fill_rows import to_fill
from trading.model.balance import BalanceReading
from trading.model.identifiers import (
    Asset,
    VenueName,
)
from trading.venues.port import VenueAdapter

_LEDGER_MARGIN = timedelta(minutes=1)
"""The ledger's times are the venue's: look a little further back than our own clock says."""


class EvidenceGatherer:
    """Asks only while something is suspect, the cheapest source first."""

    def __init__(self, *, fills: BookedFills, timeout_seconds: float) -> None:
        """Take the store of fills and the time each source may take."""
        self._fills = fills
        self._timeout = timeout_seconds

    async def own(
        self,
        readings: Mapping[Asset, BalanceReading],
        lost: Collection[Asset],
        adapter: VenueAdapter,
    ) -> Evidence:
        """Return what our own fills and the venue's second endpoint say."""
        failures: list[str] = []
        changes = await self._changes(readings, lost, adapter.name, failures)
        totals = await self._totals(adapter, failures)
        return Evidence(fills=changes, totals=totals, failures=tuple(failures))

    async def with_ledger(
        self,
        evidence: Evidence,
        readings: Mapping[Asset, BalanceReading],
        lost: Collection[Asset],
        adapter: VenueAdapter,
    ) -> Evidence:
        """Return the evidence with what the venue's ledger left of each lost asset."""
        since = _since(readings, lost) - _LEDGER_MARGIN
        try:
            async with asyncio.timeout(self._timeout):
                entries = await adapter.fetch_ledger(since=since)
        except (VenueError, TimeoutError) as error:
            failures = (*evidence.failures, f"the ledger could not be read: {_words(error)}")
            return Evidence(fills=evidence.fills, totals=evidence.totals, failures=failures)
        return Evidence(
            fills=evidence.fills,
            ledger=left_by_ledger(entries, lost),
            totals=evidence.totals,
            failures=evidence.failures,
        )

    async def _changes(
        self,
        readings: Mapping[Asset, BalanceReading],
        lost: Collection[Asset],
        venue: VenueName,
        failures: list[str],
    ) -> Mapping[Asset, Decimal]:
        try:
            rows = await self._fills.since(venue, _since(readings, lost))
        except StorageError as error:
            failures.append(f"the booked fills could not be read: {error}")
            return {}
        fills = [to_fill(row) for row in rows]
        return {
            asset: change_by_fills(fills, asset, since=readings[asset].confirmed_at)
            for asset in lost
        }

    async def _totals(
        self, adapter: VenueAdapter, failures: list[str]
    ) -> Mapping[Asset, Decimal] | None:
        try:
            async with asyncio.timeout(self._timeout):
                return await adapter.fetch_totals()
        except (VenueError, TimeoutError) as error:
            failures.append(f"the second endpoint did not answer: {_words(error)}")
            return None


def _since(readings: Mapping[Asset, BalanceReading], lost: Collection[Asset]) -> datetime:
    return min(readings[asset].confirmed_at for asset in lost)


def _words(error: Exception) -> str:
    return str(error) or "no answer in time"
