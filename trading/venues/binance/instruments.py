"""Reads exchangeInfo: which symbols there are, in which steps, and how much one may ask."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.model.identifiers import Asset, Symbol, VenueName, asset
from trading.model.instrument import Instrument, InstrumentStatus
from trading.venues.binance.budgets import Limit, parse_limits
from trading.venues.decoding import Malformed, Row

_log = logging.getLogger(__name__)

_STATUS = {
    "TRADING": InstrumentStatus.ONLINE,
    "CANCEL_ONLY": InstrumentStatus.CANCEL_ONLY,
    "HALT": InstrumentStatus.OFFLINE,
    "BREAK": InstrumentStatus.OFFLINE,
    "PRE_TRADING": InstrumentStatus.OFFLINE,
    "POST_TRADING": InstrumentStatus.OFFLINE,
    "END_OF_DAY": InstrumentStatus.OFFLINE,
    "AUCTION_MATCH": InstrumentStatus.OFFLINE,
}
READ = frozenset(
    {
        "symbols", "symbol", "status", "isSpotTradingAllowed", "baseAsset", "quoteAsset",
        "baseAssetPrecision", "quotePrecision", "quoteAssetPrecision", "filters", "filterType",
        "tickSize", "stepSize", "minQty", "maxQty", "minNotional",
        "rateLimits", "rateLimitType", "interval", "intervalNum", "limit",
    }
)  # fmt: skip
"""All that is read of exchangeInfo, which is some megabytes long."""
_MOST_DECIMALS = 30
_ZERO = Decimal(0)
_EARNING = "LD"
"""How the codes of what earns in Simple Earn begin: LDBTC is BTC that no order can spend."""
STANDARD_FEE = Decimal("0.001")
"""What an account without any volume or discount pays, until the account says what it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Every spot instrument, and the codes that lead to it and back."""

    instruments: Mapping[Symbol, Instrument]
    symbols: Mapping[str, Symbol]
    codes: Mapping[Symbol, str]
    assets: frozenset[str]
    weights: tuple[Limit, ...]
    orders: tuple[Limit, ...]

    def spendable(self, code: str) -> Asset | None:
        """Return the asset of a balance; None for what earns elsewhere, or has no usable name.

        LDO is an asset of its own, LDBTC is not: only a code that is not listed itself earns.
        """
        is_earning = code.startswith(_EARNING) and code.removeprefix(_EARNING) in self.assets
        if is_earning and code not in self.assets:
            return None
        return readable(code)


def readable(code: str) -> Asset | None:
    """Return the asset of a code; None for the few that are written otherwise than assets are."""
    try:
        found = asset(code)
    except ValueError:
        return None
    return found if found == code else None


def parse_listing(result: object, *, venue: VenueName) -> Listing:
    """Read the answer to exchangeInfo.

    A row that cannot be read is left out and logged, since the others must stay tradable; an
    answer in which nothing can be read is malformed.
    """
    answer = Row.of(result, "exchangeInfo")
    instruments: dict[Symbol, Instrument] = {}
    symbols: dict[str, Symbol] = {}
    assets: set[str] = set()
    for entry in answer.array("symbols"):
        row = Row.of(entry, "exchangeInfo.symbols")
        if row.fields.get("isSpotTradingAllowed") is False:
            continue
        code = str(row.fields.get("symbol"))
        try:
            instrument = _parse_symbol(row, venue=venue)
        except ValueError as error:
            _log.warning("symbol left out venue=%s symbol=%s reason=%s", venue, code, error)
            continue
        symbols[row.text("symbol")] = instrument.symbol
        instruments[instrument.symbol] = instrument
        assets |= {instrument.symbol.base, instrument.symbol.quote}
    if not instruments:
        raise Malformed("exchangeInfo holds no symbol that can be read")
    weights, orders = parse_limits(answer.array("rateLimits"))
    return Listing(
        instruments=instruments,
        symbols=symbols,
        codes={symbol: code for code, symbol in symbols.items()},
        assets=frozenset(assets),
        weights=weights,
        orders=orders,
    )


def _parse_symbol(row: Row, *, venue: VenueName) -> Instrument:
    base, quote = readable(row.text("baseAsset")), readable(row.text("quoteAsset"))
    if base is None or quote is None:
        raise Malformed("its assets have no usable names")
    filters = _filters(row.array("filters"))
    return Instrument(
        venue=venue,
        symbol=Symbol(base, quote),
        lot_step=_lot_step(row, filters),
        tick_size=_of(filters, "PRICE_FILTER", "tickSize") or _step(row, "quotePrecision"),
        min_quantity=_of(filters, "LOT_SIZE", "minQty") or _ZERO,
        min_notional=max(
            _of(filters, "NOTIONAL", "minNotional") or _ZERO,
            _of(filters, "MIN_NOTIONAL", "minNotional") or _ZERO,
        ),
        max_quantity=_of(filters, "LOT_SIZE", "maxQty"),
        cost_step=_step(row, "quoteAssetPrecision"),
        taker_fee_fraction=STANDARD_FEE,
        maker_fee_fraction=STANDARD_FEE,
        status=_status(row),
    )


def _filters(rows: Sequence[object]) -> Mapping[str, Row]:
    """Return the filters by their names; those that are new and unknown are no reason to stop."""
    found = [Row.of(entry, "filters") for entry in rows]
    return {row.text("filterType"): row for row in found}


def _of(filters: Mapping[str, Row], kind: str, name: str) -> Decimal | None:
    """Return a figure of a filter; None where it is switched off, which is written as 0."""
    if kind not in filters:
        return None
    return filters[kind].optional_decimal(name) or None


def _lot_step(row: Row, filters: Mapping[str, Row]) -> Decimal:
    """Return the step, which Binance counts from the minimum and we count from nothing."""
    step = _of(filters, "LOT_SIZE", "stepSize") or _step(row, "baseAssetPrecision")
    least = _of(filters, "LOT_SIZE", "minQty") or _ZERO
    if least % step:
        raise Malformed(f"its minimum {least} is no multiple of its step {step}")
    return step


def _step(row: Row, name: str) -> Decimal:
    decimals = row.integer(name)
    if not 0 <= decimals <= _MOST_DECIMALS:
        raise Malformed(f"{name} was {decimals}")
    return Decimal(1).scaleb(-decimals)


def _status(row: Row) -> InstrumentStatus:
    text = row.text("status")
    if text not in _STATUS:
        _log.warning(
            "symbol status not known, not traded symbol=%s status=%s",
            row.fields.get("symbol"), text,
        )  # fmt: skip
    return _STATUS.get(text, InstrumentStatus.OFFLINE)
