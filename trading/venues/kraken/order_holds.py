"""What an order locks: as Kraken reckons it where that is known, never less than it may be."""

from __future__ import annotations

from decimal import Decimal

from trading.model.approval import ApprovedOrder
from trading.model.identifiers import Asset
from trading.model.instrument import Instrument, Side, ceil_to_step
from trading.model.order import OrderType
from trading.venues.kraken.held_money import Hold
from trading.venues.kraken.stream_orders import TrackedOrder
from trading.venues.kraken.stream_rows import StreamNames

_ZERO = Decimal(0)
_FEE_IN_BASE = "fcib"
_WORST_FEE = Decimal("0.01")
"""Of a pair that is not listed any more."""
_FINEST = Decimal("0.0001")
"""The step of an asset of which none is told."""
_TRIGGER_SLACK = Decimal("0.05")
"""A stop order trades at the market after its trigger: at a price that nobody knows yet."""


class OrderHolds:
    """Reckons holds from what the pair lists say; fees by the worst that can be charged."""

    def __init__(self, *, names: StreamNames, instruments: dict[str, Instrument]) -> None:
        """Take the instruments by the text of their symbol."""
        self._names = names
        self._instruments = instruments

    def of(self, order: TrackedOrder) -> Hold | None:
        """Return what an order still locks; None when nothing, or nothing that can be named."""
        symbol, side = order.symbol, order.side
        if symbol is None or side is None or order.is_margin or order.ending is not None:
            return None
        remaining = order.remaining
        if remaining is None:
            return Hold(asset=symbol.base if side is Side.SELL else symbol.quote, amount=None)
        if remaining <= 0:
            return None
        instrument = self._instruments.get(str(symbol))
        if side is Side.SELL:
            return self._selling(symbol.base, remaining, order, instrument)
        return self._buying(symbol.quote, remaining, order, instrument)

    def of_sent(self, order: ApprovedOrder) -> Hold:
        """Return what an order of ours locks from the moment of sending."""
        intent = order.intent
        if intent.order_type is OrderType.MARKET:
            return Hold(asset=intent.reserve_asset, amount=intent.reserve_amount)
        tracked = TrackedOrder(
            order_id="",
            symbol=intent.symbol,
            side=intent.side,
            kind=intent.order_type.value,
            quantity=intent.quantity,
            limit_price=intent.limit_price,
        )
        return self.of(tracked) or Hold(asset=intent.reserve_asset, amount=intent.reserve_amount)

    def _selling(
        self, base: Asset, remaining: Decimal, order: TrackedOrder, instrument: Instrument | None
    ) -> Hold:
        if order.fee_preference != _FEE_IN_BASE:
            return Hold(asset=base, amount=remaining)
        fee = ceil_to_step(remaining * _worst_fee(instrument), self._step(base, instrument))
        return Hold(asset=base, amount=remaining + fee, slack=fee)

    def _buying(
        self, quote: Asset, remaining: Decimal, order: TrackedOrder, instrument: Instrument | None
    ) -> Hold:
        """Return cost and fee of the rest, each raised to the step of the quote's own ledger."""
        price, slack = order.limit_price, _ZERO
        if price is None and order.trigger_price is not None:
            price = order.trigger_price * (1 + _TRIGGER_SLACK)
            slack = order.trigger_price * _TRIGGER_SLACK * remaining
        if price is not None:
            cost = price * remaining
        elif order.cash_quantity is not None:
            cost = max(_ZERO, order.cash_quantity - order.cost)
        else:
            return Hold(asset=quote, amount=None)
        step = self._step(quote, instrument)
        fee = ceil_to_step(cost * _worst_fee(instrument), step)
        return Hold(asset=quote, amount=ceil_to_step(cost, step) + fee, slack=fee + step + slack)

    def _step(self, asset: Asset, instrument: Instrument | None) -> Decimal:
        """Return the coarser of the pair's step of costs and the asset's own."""
        steps = [self._names.step(asset) or _FINEST]
        if instrument is not None and asset == instrument.symbol.quote:
            steps.append(instrument.cost_step)
        return max(steps)


def _worst_fee(instrument: Instrument | None) -> Decimal:
    if instrument is None:
        return _WORST_FEE
    return max(instrument.taker_fee_fraction, instrument.maker_fee_fraction, _ZERO)
