"""What was earned, from fills and fees alone: average cost, realised and unrealised profit.

Each symbol has a book of its own, in its quote currency. Coins that came in otherwise (deposits,
rewards, bought before the journal began) have no known cost: what is sold beyond the purchases
that were seen counts as `unmatched`, and earns neither profit nor loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Context, Decimal, localcontext

from trading.model.fill import Fill
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Side

_ZERO = Decimal(0)

_EXACT = Context(prec=60)
"""Costs are split in proportion: far finer than any venue's smallest unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """Profit that one sale made, in the symbol's quote currency, after fees."""

    at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolBook:
    """Everything that the fills of one symbol say; money in its quote currency."""

    venue: VenueName
    symbol: Symbol
    quantity: Decimal = _ZERO
    """Held out of known purchases."""
    cost_basis: Decimal = _ZERO
    """What that quantity cost, fees included."""
    bought: Decimal = _ZERO
    """All that was ever paid, fees included."""
    sold: Decimal = _ZERO
    """All that was ever received, fees taken off."""
    fees: Decimal = _ZERO
    """Fees in the quote currency; they are in the figures above already."""
    other_fees: Mapping[Asset, Decimal] = field(default_factory=dict)
    """Fees in other assets; they are in no other figure."""
    unmatched_quantity: Decimal = _ZERO
    unmatched_proceeds: Decimal = _ZERO
    realised: tuple[Realised, ...] = ()

    @property
    def average_cost(self) -> Decimal | None:
        """Quote per unit, fees included; None while nothing of known cost is held."""
        return self.cost_basis / self.quantity if self.quantity else None

    @property
    def realised_profit(self) -> Decimal:
        """All that sales of known cost have earned."""
        return self.realised_since(None)

    def realised_since(self, since: datetime | None) -> Decimal:
        """Return what sales have earned since; None is from the beginning."""
        with localcontext(_EXACT):
            return sum(
                (each.amount for each in self.realised if since is None or each.at >= since), _ZERO
            )

    def unrealised_profit(self, price: Decimal) -> Decimal:
        """Return what selling the known quantity at this price would earn, before its fee."""
        with localcontext(_EXACT):
            return self.quantity * price - self.cost_basis


def read_fills(fills: Iterable[Fill]) -> Mapping[tuple[VenueName, Symbol], SymbolBook]:
    """Return the book of every symbol that was ever traded."""
    books: dict[tuple[VenueName, Symbol], SymbolBook] = {}
    with localcontext(_EXACT):
        for fill in sorted(fills, key=lambda each: (each.executed_at, each.fill_id)):
            key = (fill.venue, fill.symbol)
            book = books.get(key) or SymbolBook(venue=fill.venue, symbol=fill.symbol)
            books[key] = add_fill(book, fill)
    return books


def add_fill(book: SymbolBook, fill: Fill) -> SymbolBook:
    """Return the book after one more fill of its symbol."""
    if (fill.venue, fill.symbol) != (book.venue, book.symbol):
        message = f"a fill of {fill.symbol} cannot enter the book of {book.symbol}"
        raise ValueError(message)
    with localcontext(_EXACT):
        book = _with_fee(book, fill)
        return _bought(book, fill) if fill.side is Side.BUY else _sold(book, fill)


def _with_fee(book: SymbolBook, fill: Fill) -> SymbolBook:
    if fill.fee_asset == fill.symbol.quote:
        return replace(book, fees=book.fees + fill.fee)
    fees = dict(book.other_fees)
    fees[fill.fee_asset] = fees.get(fill.fee_asset, _ZERO) + fill.fee
    return replace(book, other_fees=fees)


def _bought(book: SymbolBook, fill: Fill) -> SymbolBook:
    paid = fill.cost + _fee_in(fill.symbol.quote, fill)
    return replace(
        book,
        quantity=book.quantity + fill.quantity - _fee_in(fill.symbol.base, fill),
        cost_basis=book.cost_basis + paid,
        bought=book.bought + paid,
    )


def _sold(book: SymbolBook, fill: Fill) -> SymbolBook:
    gone = fill.quantity + _fee_in(fill.symbol.base, fill)
    proceeds = fill.cost - _fee_in(fill.symbol.quote, fill)
    known = min(gone, book.quantity)
    is_whole = known == gone
    basis = book.cost_basis if known == book.quantity else book.cost_basis * known / book.quantity
    matched = proceeds if is_whole else proceeds * known / gone
    realised = book.realised
    if known:
        realised += (Realised(at=fill.executed_at, amount=matched - basis),)
    return replace(
        book,
        quantity=book.quantity - known,
        cost_basis=book.cost_basis - basis,
        sold=book.sold + proceeds,
        unmatched_quantity=book.unmatched_quantity + gone - known,
        unmatched_proceeds=book.unmatched_proceeds + proceeds - matched,
        realised=realised,
    )


def _fee_in(asset: Asset, fill: Fill) -> Decimal:
    return fill.fee if fill.fee_asset == asset else _ZERO
