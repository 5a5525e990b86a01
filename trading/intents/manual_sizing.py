"""Turns a wish into one order on lot and tick that cannot overspend, or says why not. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from trading.intents.manual_model import ManualRequest, TradeRules
from trading.model.balance import VenueBalances
from trading.model.denial import DenialCode, Denied
from trading.model.funds import required_funds
from trading.model.identifiers import Asset, Symbol
from trading.model.instrument import Instrument, Side
from trading.model.market_data import Book
from trading.model.order import TimeInForce
from trading.portfolio.sizing import affordable_quantity

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a draft rests on; `middle` is that of `book`, which is usable."""

    instrument: Instrument
    book: Book
    middle: Decimal
    balances: VenueBalances
    rules: TradeRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One order, sized; money in the pair's quote."""

    quantity: Decimal
    limit_price: Decimal
    time_in_force: TimeInForce
    expected_price: Decimal
    reserve_asset: Asset
    reserve_amount: Decimal
    notes: tuple[str, ...]


def find_instrument(
    request: ManualRequest, currency: Asset, listed: Mapping[Symbol, Instrument]
) -> Instrument | Denied:
    """Return the pair that is meant, or say which there are."""
    quote = request.quote or currency
    if request.base == quote:
        return _no_pair(f"{request.base} is the currency itself; name what to trade with it")
    found = listed.get(Symbol(request.base, quote))
    if found is not None:
        return found
    inverse = Symbol(quote, request.base)
    if inverse in listed:
        verb = "sell" if request.side is Side.BUY else "buy"
        return _no_pair(
            f"{request.venue} lists {inverse}, not {request.base}/{quote}: "
            f"to {request.side} {request.base}, {verb} {inverse}"
        )
    others = sorted(str(symbol) for symbol in listed if symbol.base == request.base)
    near = ", ".join(others[:_MOST_NAMED]) or "none"
    return _no_pair(
        f"{request.venue} has no pair {request.base}/{quote}; its pairs of {request.base}: {near}"
    )


def _no_pair(reason: str) -> Denied:
    return Denied(code=DenialCode.NO_INSTRUMENT, reason=reason)


def draft(request: ManualRequest, facts: Facts) -> Draft | Denied:
    """Size the order; every rounding is on the side that spends less."""
    limit = _limit(request, facts)
    if isinstance(limit, Denied):
        return limit
    quantity = _quantity(request, facts, limit)
    if isinstance(quantity, Denied):
        return quantity
    instrument = facts.instrument
    refusal = instrument.check_status() or _too_small(request, facts, quantity, limit)
    if refusal is not None:
        return refusal
    style = request.time_in_force or (
        TimeInForce.IOC if request.limit_price is None else TimeInForce.GTC
    )
    reserve_asset, reserve_amount = required_funds(
        instrument,
        request.side,
        quantity=quantity,
        price=limit,
        buffer_fraction=facts.rules.order_buffer,
    )
    reached, expected = _walk(request.side, facts.book, quantity, limit)
    market_notes = (
        _limit_note(request, facts, limit),
        _depth_note(request, reached, quantity, style),
    )
    return Draft(
        quantity=quantity,
        limit_price=limit,
        time_in_force=style,
        expected_price=expected,
        reserve_asset=reserve_asset,
        reserve_amount=reserve_amount,
        notes=(
            *_rounding_notes(request, quantity, limit),
            *(note for note in market_notes if note is not None),
            *_holding_notes(request, facts, quantity),
        ),
    )


def _limit(request: ManualRequest, facts: Facts) -> Decimal | Denied:
    """Return the worst price, on the tick."""
    instrument, side = facts.instrument, request.side
    if request.limit_price is not None:
        limit = instrument.round_limit_price(side, request.limit_price)
        if limit > 0:
            return limit
        return Denied(
            code=DenialCode.PRICE_UNUSABLE,
            reason=f"{instrument.symbol}: that price is less than one tick",
            details={"tick_size": f"{instrument.tick_size:f}"},
        )
    slippage = facts.rules.max_slippage
    away = 1 + slippage if side is Side.BUY else 1 - slippage
    limit = instrument.round_limit_price(side, facts.middle * away)
    reaches = limit > facts.middle if side is Side.BUY else limit < facts.middle
    if reaches:
        return limit
    return Denied(
        code=DenialCode.PRICE_UNUSABLE,
        reason=f"{instrument.symbol}: max_slippage is less than a tick here, so no order could "
        "fill; name a limit price",
        details={"middle": f"{facts.middle:f}", "tick_size": f"{instrument.tick_size:f}"},
    )


def _quantity(request: ManualRequest, facts: Facts, limit: Decimal) -> Decimal | Denied:
    instrument, size = facts.instrument, request.size
    symbol = instrument.symbol
    if size.amount is not None:
        if size.unit in (None, symbol.base):
            return instrument.round_quantity(size.amount)
        if size.unit != symbol.quote:
            return Denied(
                code=DenialCode.NO_INSTRUMENT,
                reason=f"{symbol} is counted in {symbol.base} or {symbol.quote}, not in "
                f"{size.unit}",
            )
        if request.side is Side.SELL:
            return instrument.round_quantity(size.amount / facts.middle)
        # What was named is the most that is spent, fee included, even at the worst price.
        return affordable_quantity(instrument, limit, size.amount, Decimal(0))
    spent = symbol.base if request.side is Side.SELL else symbol.quote
    free = free_of(facts.balances, spent)
    if isinstance(free, Denied):
        return free
    part = free * (size.fraction or Decimal(0))
    if request.side is Side.SELL:
        return instrument.round_quantity(part)
    return affordable_quantity(instrument, limit, part, facts.rules.order_buffer)


def free_of(balances: VenueBalances, asset: Asset) -> Decimal | Denied:
    """Return what can be spent; what a verified, complete answer leaves out is a proven zero."""
    free = balances.free_to_spend(asset)
    if free is not None:
        return free
    if balances.status.verified:
        return Decimal(0)
    return Denied(
        code=DenialCode.BALANCE_UNKNOWN,
        reason=f"the {asset} balance at {balances.status.venue} is not known",
    )


def _too_small(
    request: ManualRequest, facts: Facts, quantity: Decimal, limit: Decimal
) -> Denied | None:
    """Say that the venue does not trade so little; of a whole holding that is dust."""
    refusal = facts.instrument.check_size(quantity, limit)
    if refusal is None:
        return None
    if request.size.fraction is None:
        return refusal
    symbol = facts.instrument.symbol
    spent = symbol.base if request.side is Side.SELL else symbol.quote
    free = free_of(facts.balances, spent)
    amount = "unknown" if isinstance(free, Denied) else f"{free.normalize():f}"
    return replace(
        refusal,
        reason=f"{refusal.reason}: {amount} {spent} is free, and what was asked of it is less "
        "than the venue trades; such dust stays until there is more of it",
    )


def _walk(side: Side, book: Book, quantity: Decimal, limit: Decimal) -> tuple[Decimal, Decimal]:
    """Return how much of it the shown book holds within the limit, and the average price."""
    left, cost = quantity, Decimal(0)
    for level in book.asks if side is Side.BUY else book.bids:
        within = level.price <= limit if side is Side.BUY else level.price >= limit
        if not within or left <= 0:
            break
        taken = min(left, level.quantity)
        left -= taken
        cost += taken * level.price
    reached = quantity - left
    return reached, (cost + left * limit) / quantity


def _rounding_notes(request: ManualRequest, quantity: Decimal, limit: Decimal) -> list[str]:
    notes = []
    size = request.size
    if size.amount is not None and size.unit in (None, request.base) and quantity != size.amount:
        notes.append(f"the amount was rounded down to the venue's lot: {quantity.normalize():f}")
    if request.limit_price is not None and limit != request.limit_price:
        notes.append(f"the price was rounded to the venue's tick: {limit.normalize():f}")
    return notes


def _limit_note(request: ManualRequest, facts: Facts, limit: Decimal) -> str | None:
    """Warn of a price that is far worse than the market's: it may be a slip of the finger."""
    if request.limit_price is None:
        return None
    worse = (limit - facts.middle) / facts.middle
    worse = worse if request.side is Side.BUY else -worse
    if worse <= facts.rules.max_slippage:
        return None
    return (
        f"⚠ this limit is {worse * 100:.1f} % worse than the middle of the market, more than "
        "max_slippage allows an order without a price of its own"
    )


def _depth_note(
    request: ManualRequest, reached: Decimal, quantity: Decimal, style: TimeInForce
) -> str | None:
    """Say what the book that is shown will not fill at once."""
    if reached >= quantity:
        return None
    found = f"{reached.normalize():f}"
    if style is TimeInForce.GTC:
        if reached:
            return f"about {found} fills at once, the rest stays in the book"
        return "it rests in the book until it fills, or until you cancel it"
    if not reached:
        return "the book that is shown has nothing within this limit: it may not fill at all"
    done = "bought" if request.side is Side.BUY else "sold"
    return f"the book that is shown holds {found} within the limit: the rest may not be {done}"


def _holding_notes(request: ManualRequest, facts: Facts, quantity: Decimal) -> list[str]:
    """Say what stays of a holding that is sold: what orders hold, and dust."""
    if request.side is not Side.SELL:
        return []
    asset = facts.instrument.symbol.base
    reading = facts.balances.readings.get(asset)
    if reading is None:
        return []
    free = facts.balances.free_to_spend(asset) or Decimal(0)
    notes = []
    held_back = reading.total - free
    if request.size.fraction is not None and held_back > 0:
        notes.append(f"{held_back.normalize():f} {asset} is held by orders and not part of it")
    left = free - quantity
    is_dust = facts.instrument.check_size(left, facts.middle) is not None
    if left > 0 and is_dust:
        notes.append(f"{left.normalize():f} {asset} stays: less than the venue trades")
    return notes
