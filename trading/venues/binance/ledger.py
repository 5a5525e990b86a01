"""Makes rows of a ledger from deposits, withdrawals, rewards and fills."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from trading.model.fill import Fill
from trading.model.identifiers import Asset, VenueName
from trading.model.instrument import Side
from trading.model.ledger import LedgerEntry, LedgerKind
from trading.venues.binance.orders import milliseconds
from trading.venues.decoding import Malformed, Row

_ZERO = Decimal(0)
_CREDITED = frozenset({1, 6})
"""Of a deposit: done, and done but not yet free to withdraw; in either case it can be spent."""
_COMPLETED = 6
_NOT_TAKEN = frozenset({1, 3, 5})
"""Of a withdrawal: cancelled, rejected, failed; nothing was taken from the account."""

Flow = Callable[[Row, VenueName], LedgerEntry | None]


def parse_deposit(row: Row, venue: VenueName) -> LedgerEntry | None:
    """Read one deposit; None while it is not credited."""
    if row.integer("status") not in _CREDITED:
        return None
    return _entry(
        venue,
        ledger_id=f"deposit-{row.text('id')}",
        kind=LedgerKind.DEPOSIT,
        asset=Asset(row.text("coin")),
        amount=row.decimal("amount"),
        at=milliseconds(row, "insertTime"),
    )


def parse_withdrawal(row: Row, venue: VenueName) -> LedgerEntry | None:
    """Read one withdrawal; None where nothing was taken. Its amount does not hold the fee."""
    if row.integer("status") in _NOT_TAKEN:
        return None
    return _entry(
        venue,
        ledger_id=f"withdrawal-{row.text('id')}",
        kind=LedgerKind.WITHDRAWAL,
        asset=Asset(row.text("coin")),
        amount=-row.decimal("amount"),
        fee=row.optional_decimal("transactionFee") or _ZERO,
        at=_written_time(row, "applyTime"),
    )


def parse_dividend(row: Row, venue: VenueName) -> LedgerEntry | None:
    """Read one row of what was distributed: rewards, interest, airdrops."""
    return _entry(
        venue,
        ledger_id=f"dividend-{row.raw('id')}",
        kind=LedgerKind.REWARD,
        asset=Asset(row.text("asset")),
        amount=row.decimal("amount"),
        at=milliseconds(row, "divTime"),
    )


def entries_of(fills: Iterable[Fill], *, venue: VenueName) -> list[LedgerEntry]:
    """Return what fills moved: a row for each asset of each."""
    return [entry for fill in fills for entry in _moved(fill, venue)]


def with_balances(
    entries: Iterable[LedgerEntry], totals: Mapping[Asset, Decimal]
) -> tuple[LedgerEntry, ...]:
    """Put in what each row left, reckoned back from what there is now; oldest first."""
    left = dict(totals)
    done: list[LedgerEntry] = []
    for entry in sorted(entries, key=lambda each: each.at, reverse=True):
        balance = left.get(entry.asset, _ZERO)
        done.append(replace(entry, balance=balance))
        left[entry.asset] = balance - entry.amount + entry.fee
    return tuple(reversed(done))


def _moved(fill: Fill, venue: VenueName) -> list[LedgerEntry]:
    sign = 1 if fill.side is Side.BUY else -1
    moves = {fill.symbol.base: sign * fill.quantity, fill.symbol.quote: -sign * fill.cost}
    moves.setdefault(fill.fee_asset, _ZERO)
    return [
        _entry(
            venue,
            ledger_id=f"trade-{fill.fill_id}-{asset}",
            kind=LedgerKind.TRADE,
            asset=asset,
            amount=amount,
            fee=fill.fee if asset == fill.fee_asset else _ZERO,
            at=fill.executed_at,
        )
        for asset, amount in moves.items()
        if amount or fill.fee
    ]


def _entry(
    venue: VenueName,
    *,
    ledger_id: str,
    kind: LedgerKind,
    asset: Asset,
    amount: Decimal,
    at: datetime,
    fee: Decimal = _ZERO,
) -> LedgerEntry:
    return LedgerEntry(
        venue=venue,
        ledger_id=ledger_id,
        kind=kind,
        asset=asset,
        amount=amount,
        fee=fee,
        balance=_ZERO,  # put in by `with_balances` before anybody sees it
        at=at,
    )


def _written_time(row: Row, name: str) -> datetime:
    """Read a time written as "2019-10-12 11:12:02", which is UTC."""
    text = row.text(name)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise Malformed(f"{row.where}.{name} is not a time: {text}") from error
