"""What an order by hand does to the weights of its venue, and whether it still holds. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from trading.intents.manual_model import Effect, EffectRow, ManualPreview
from trading.intents.manual_sizing import Draft
from trading.intents.portfolio import Allocation, PortfolioRow, portfolio_rows
from trading.model.identifiers import Asset
from trading.model.instrument import Instrument, Side
from trading.model.valuation import AssetValue, Valuation


def effect_of(
    draft: Draft,
    side: Side,
    instrument: Instrument,
    *,
    valuation: Valuation,
    allocation: Allocation | None,
) -> Effect:
    """Weigh both assets of the pair before and after it has filled whole, fee paid."""
    symbol = instrument.symbol
    cost = draft.quantity * draft.expected_price
    fee = cost * instrument.taker_fee_fraction
    gained = draft.quantity if side is Side.BUY else -draft.quantity
    paid = -(cost + fee) if side is Side.BUY else cost - fee
    before = _with_assets(valuation.lines, valuation.base, (symbol.base, symbol.quote))
    unit = _unit_value(before, symbol.quote, valuation.base)
    # Priced by the pair itself, so that what is traded weighs the same on both of its sides.
    price = None if unit is None else unit * draft.expected_price
    after = tuple(
        _moved(line, gained, price)
        if line.asset == symbol.base
        else _moved(line, paid, unit)
        if line.asset == symbol.quote
        else line
        for line in before
    )
    rows_before = {row.asset: row for row in portfolio_rows(before, allocation)}
    rows_after = {row.asset: row for row in portfolio_rows(after, allocation)}
    return Effect(
        currency=valuation.base,
        nav=valuation.nav,
        value=None if unit is None else cost * unit,
        rows=tuple(
            _row(rows_before[asset], rows_after[asset], allocation)
            for asset in (symbol.base, symbol.quote)
        ),
    )


def unknown_effect(currency: Asset) -> Effect:
    """Return the effect on a whole whose value is not known."""
    return Effect(currency=currency, nav=None, value=None, rows=())


def what_changed(shown: ManualPreview, fresh: ManualPreview, now: datetime) -> str | None:
    """Say why what was confirmed does not hold any more; None when it does."""
    if now >= shown.expires_at:
        return "what you confirmed had expired: this is what holds now"
    before, after = shown.funds, fresh.funds
    if (before.free, before.locked, before.reserved) != (after.free, after.locked, after.reserved):
        return f"the {before.asset} balance changed since: this is what holds now"
    if shown.other_funds != fresh.other_funds:
        return "the balances changed since: this is what holds now"
    moved = abs(fresh.market.middle - shown.market.middle)
    if moved > shown.allowance:
        share = moved / shown.market.middle * 100
        return f"the price moved by {share:.1f} % since: this is what holds now"
    return None


def _with_assets(
    lines: tuple[AssetValue, ...], currency: Asset, assets: tuple[Asset, ...]
) -> tuple[AssetValue, ...]:
    """Add what is not held yet; nothing of it is there, so it needs no price to be valued."""
    held = {line.asset for line in lines}
    none = Decimal(0)
    missing = [
        AssetValue(asset=asset, total=none, price=None, value=none)
        for asset in dict.fromkeys((*assets, currency))
        if asset not in held
    ]
    return (*lines, *missing)


def _unit_value(lines: tuple[AssetValue, ...], asset: Asset, currency: Asset) -> Decimal | None:
    """Return what one unit is worth in the currency; None where that is not known."""
    if asset == currency:
        return Decimal(1)
    prices = [line.price for line in lines if line.asset == asset]
    return None if not prices or prices[0] is None else prices[0].value


def _moved(line: AssetValue, change: Decimal, unit: Decimal | None) -> AssetValue:
    if unit is None or line.value is None:
        return replace(line, total=line.total + change, value=None)
    return replace(line, total=line.total + change, value=line.value + change * unit)


def _row(before: PortfolioRow, after: PortfolioRow, allocation: Allocation | None) -> EffectRow:
    is_managed = allocation is not None and before.asset in allocation.targets.weights
    band = None
    if is_managed and allocation is not None and before.target is not None:
        band = allocation.settings.band(before.target)
    return EffectRow(
        asset=before.asset,
        weight_before=before.weight,
        weight_after=after.weight,
        target=before.target,
        band=band,
    )
