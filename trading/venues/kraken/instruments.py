"""Reads AssetPairs: which pairs there are, in which steps and at which fees."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trading.model.identifiers import Symbol, VenueName
from trading.model.instrument import Instrument, InstrumentStatus
from trading.venues.decoding import Malformed, Row, to_decimal
from trading.venues.kraken.codes import AssetCodes, PairCodes, is_held_elsewhere

_log = logging.getLogger(__name__)

_STATUS = {
    "online": InstrumentStatus.ONLINE,
    "cancel_only": InstrumentStatus.CANCEL_ONLY,
    "post_only": InstrumentStatus.POST_ONLY,
    "limit_only": InstrumentStatus.LIMIT_ONLY,
    "reduce_only": InstrumentStatus.REDUCE_ONLY,
}
_MOST_DECIMALS = 30
_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTier:
    """From this thirty-day volume on, this fraction is charged."""

    volume: Decimal
    fraction: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeSchedule:
    """The fees of one pair by the account's volume, which is counted in `currency`."""

    currency: str | None
    taker: tuple[FeeTier, ...]
    maker: tuple[FeeTier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairList:
    """Every spot instrument, at the highest fee, with the codes that lead to it."""

    instruments: Mapping[Symbol, Instrument]
    codes: PairCodes
    fees: Mapping[Symbol, FeeSchedule]


def parse_pairs(result: object, *, venue: VenueName, assets: AssetCodes) -> PairList:
    """Read the answer to AssetPairs.

    A row that cannot be read is left out and logged, since the other pairs must stay tradable;
    an answer in which nothing can be read is malformed.
    """
    instruments: dict[Symbol, Instrument] = {}
    symbols: dict[str, Symbol] = {}
    keys: dict[Symbol, str] = {}
    fees: dict[Symbol, FeeSchedule] = {}
    for key, row in Row.of(result, "AssetPairs").rows():
        if _is_not_spot(key, row):
            continue
        try:
            instrument = _parse_pair(row, venue=venue, assets=assets)
            altname, schedule = row.text("altname"), _schedule(row)
        except ValueError as error:
            _log.warning("pair left out venue=%s pair=%s reason=%s", venue, key, error)
            continue
        if instrument.symbol in instruments:
            _log.warning("pair listed twice venue=%s symbol=%s", venue, instrument.symbol)
            continue
        instruments[instrument.symbol] = instrument
        keys[instrument.symbol] = key
        fees[instrument.symbol] = schedule
        symbols[key] = symbols[altname] = instrument.symbol
    if not instruments:
        raise Malformed("AssetPairs holds no pair that can be read")
    codes = PairCodes(symbols=symbols, keys=keys)
    return PairList(instruments=instruments, codes=codes, fees=fees)


def _is_not_spot(key: str, row: Row) -> bool:
    """True for dark pools and for pairs of balances that no order can spend."""
    base = str(row.fields.get("base", ""))
    return key.endswith(".d") or is_held_elsewhere(base)


def _parse_pair(row: Row, *, venue: VenueName, assets: AssetCodes) -> Instrument:
    base, quote = (assets.find(row.text(side)) for side in ("base", "quote"))
    if base is None or quote is None:
        raise Malformed(f"{row.where}: an asset of it is not listed")
    fees = _schedule(row)
    return Instrument(
        venue=venue,
        symbol=Symbol(base, quote),
        lot_step=_step(row, "lot_decimals") * (row.optional_decimal("lot_multiplier") or 1),
        tick_size=row.optional_decimal("tick_size") or _step(row, "pair_decimals"),
        min_quantity=row.optional_decimal("ordermin") or Decimal(0),
        min_notional=row.optional_decimal("costmin") or Decimal(0),
        cost_step=_step(row, "cost_decimals"),
        taker_fee_fraction=max(tier.fraction for tier in fees.taker),
        maker_fee_fraction=max(tier.fraction for tier in fees.maker),
        status=_status(row),
    )


def _status(row: Row) -> InstrumentStatus:
    text = row.optional_text("status")
    if text is None:
        return InstrumentStatus.ONLINE
    if text not in _STATUS:
        _log.warning("pair status not known, not traded pair=%s status=%s", row.where, text)
    return _STATUS.get(text, InstrumentStatus.OFFLINE)


def _step(row: Row, name: str) -> Decimal:
    decimals = row.integer(name)
    if not 0 <= decimals <= _MOST_DECIMALS:
        raise Malformed(f"{row.where}.{name} was {decimals}")
    return Decimal(1).scaleb(-decimals)


def _schedule(row: Row) -> FeeSchedule:
    taker = _tiers(row, "fees")
    return FeeSchedule(
        currency=row.optional_text("fee_volume_currency"),
        taker=taker,
        maker=_tiers(row, "fees_maker") if "fees_maker" in row.fields else taker,
    )


def _tiers(row: Row, name: str) -> tuple[FeeTier, ...]:
    """Return the tiers of a schedule, whose fees are told in percent; there is at least one."""
    tiers = [_tier(entry, f"{row.where}.{name}") for entry in row.array(name)]
    if not tiers:
        raise Malformed(f"{row.where}.{name} has no first tier")
    return tuple(tiers)


def _tier(entry: object, where: str) -> FeeTier:
    match entry:
        case [volume, percent]:
            tier = FeeTier(
                volume=to_decimal(volume, where), fraction=to_decimal(percent, where) / _PERCENT
            )
        case _:
            raise Malformed(f"{where} holds a tier without volume and fee")
    if not -1 < tier.fraction < 1:  # some makers are paid
        raise Malformed(f"{where} says a fee of {tier.fraction}")
    return tier
