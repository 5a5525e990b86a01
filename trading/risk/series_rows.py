"""Between the series of a venue and its rows in the database."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from storage.ledger import LedgerRow
from storage.performance import PerformanceRow
from trading.model.identifiers import Asset, VenueName
from trading.model.ledger import LedgerEntry, LedgerKind
from trading.risk.performance import Book, Holding, Reading

UNEXPLAINED = "unexplained"
"""The kind of a flow that no ledger told of."""


def series_row(book: Book) -> PerformanceRow:
    """Write a series down; amounts and prices as text."""
    mark = book.mark
    holdings = {
        asset: [f"{holding.total:f}", f"{holding.price:f}"]
        for asset, holding in sorted(mark.holdings.items())
    }
    return PerformanceRow(
        venue=mark.venue,
        base=mark.base,
        holdings=json.dumps(holdings, separators=(",", ":")),
        source=mark.source,
        balances_at=mark.balances_at,
        prices_at=mark.prices_at,
        at=mark.at,
        growth=book.growth,
        peak=book.peak,
        peak_at=book.peak_at,
        day=book.day.isoformat(),
        day_growth=book.day_growth,
        day_nav=book.day_nav,
        day_at=book.day_at,
        began_at=book.began_at,
    )


def series_of(row: PerformanceRow) -> Book:
    """Read a series back."""
    holdings = {
        Asset(asset): Holding(total=Decimal(total), price=Decimal(price))
        for asset, (total, price) in json.loads(row.holdings).items()
    }
    mark = Reading(
        venue=VenueName(row.venue),
        base=Asset(row.base),
        holdings=holdings,
        balances_at=row.balances_at,
        prices_at=row.prices_at,
        at=row.at,
        source=row.source,
    )
    return Book(
        mark=mark,
        growth=row.growth,
        peak=row.peak,
        peak_at=row.peak_at,
        day=date.fromisoformat(row.day),
        day_growth=row.day_growth,
        day_nav=row.day_nav,
        day_at=row.day_at,
        began_at=row.began_at,
    )


def ledger_row(entry: LedgerEntry) -> LedgerRow:
    """Write a row of the venue's ledger down."""
    return LedgerRow(
        venue=entry.venue,
        ledger_id=entry.ledger_id,
        kind=entry.kind.value,
        asset=entry.asset,
        amount=entry.amount,
        fee=entry.fee,
        balance=entry.balance,
        at=entry.at,
    )


def entry_of(row: LedgerRow) -> LedgerEntry:
    """Read a row back."""
    return LedgerEntry(
        venue=VenueName(row.venue),
        ledger_id=row.ledger_id,
        kind=LedgerKind(row.kind),
        asset=Asset(row.asset),
        amount=row.amount,
        fee=row.fee,
        balance=row.balance,
        at=row.at,
    )


def unexplained_row(asset: Asset, amount: Decimal, reading: Reading) -> LedgerRow:
    """Make the row that the ledger lacks; it is settled from the start."""
    holding = reading.holdings.get(asset)
    return LedgerRow(
        venue=reading.venue,
        ledger_id=f"{UNEXPLAINED} {asset} {reading.at.isoformat()}",
        kind=UNEXPLAINED,
        asset=asset,
        amount=amount,
        fee=Decimal(0),
        balance=Decimal(0) if holding is None else holding.total,
        at=reading.at,
        settled_at=reading.at,
    )
