"""Writes down what is believed of one venue, so that a restart has something to show."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

from storage.records import BalanceRow
from trading.balances.account import AccountBook
from trading.balances.ports import BalanceStore
from trading.errors import StorageError
from trading.model.balance import BalanceReading, BalanceSource
from trading.model.identifiers import Asset, VenueName

_log = logging.getLogger(__name__)


class BalanceSaver:
    """One writer at a time; what is in memory is true even when none succeeds."""

    def __init__(self, *, book: AccountBook, store: BalanceStore) -> None:
        """Take the book that is written down."""
        self._book = book
        self._store = store
        self._writing = asyncio.Lock()
        self._written: Mapping[Asset, datetime] | None = None
        """Since when each stored amount has been what it is; None while that is not known."""

    async def load(self) -> None:
        """Take up what an earlier run wrote down."""
        rows = await self._store.load(self._book.venue)
        self._book.restore(_reading(row) for row in rows)
        self._written = _changes(self._book.raw_readings)

    async def save_pushed(self) -> None:
        """Write down what a stream has pushed, as of what it certainly shows."""
        life = self._book.life
        confirmed = life.confirmed()
        if not self._book.rests_on_stream or confirmed is None:
            return
        sure = confirmed.earlier(life.limits.lag_seconds).now
        # Never before the last change: what explained that must not explain another one later.
        await self.save(max([sure, *_changes(self._book.raw_readings).values()]))

    async def save(self, confirmed_at: datetime) -> None:
        """Write down what is believed now; only that it was confirmed when that is all."""
        async with self._writing:
            readings = self._book.raw_readings
            changes = _changes(readings)
            is_same, self._written = changes == self._written, None
            try:
                if is_same:
                    await self._store.touch(self._book.venue, confirmed_at)
                else:
                    rows = [_row(reading) for reading in readings.values()]
                    await self._store.replace(self._book.venue, rows)
            except StorageError as error:
                self._book.note_saved(
                    f"the balances are good but could not be written down ({error}); a restart "
                    "would show older ones until the venue answers"
                )
                _log.warning("balances not saved venue=%s error=%s", self._book.venue, error)
            except asyncio.CancelledError:
                # It may have been taken back: the next write must not take it for written.
                self._book.note_saved("it is not known whether the balances were written down")
                raise
            else:
                self._written = changes
                self._book.note_saved(None)


def _changes(readings: Mapping[Asset, BalanceReading]) -> Mapping[Asset, datetime]:
    return {asset: reading.changed_at for asset, reading in readings.items()}


def _row(reading: BalanceReading) -> BalanceRow:
    return BalanceRow(
        venue=reading.venue,
        asset=reading.asset,
        free=reading.free,
        locked=reading.locked,
        source=reading.source.value,
        changed_at=reading.changed_at,
        confirmed_at=reading.confirmed_at,
    )


def _reading(row: BalanceRow) -> BalanceReading:
    return BalanceReading(
        venue=VenueName(row.venue),
        asset=Asset(row.asset),
        free=row.free,
        locked=row.locked,
        source=BalanceSource.FALLBACK,
        verified=False,
        changed_at=row.changed_at,
        confirmed_at=row.confirmed_at,
        confirmed_monotonic=None,
    )
