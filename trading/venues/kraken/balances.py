"""Reads Kraken's balances: all of an answer or nothing of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trading.model.balance import VenueBalance
from trading.model.identifiers import Asset
from trading.venues.decoding import Malformed, Row, to_decimal
from trading.venues.kraken.codes import AssetCodes, is_held_elsewhere

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedBalances:
    """Spendable assets apart from what is staked, earning or unknown, by the owner's names."""

    balances: Mapping[Asset, VenueBalance]
    held_elsewhere: Mapping[str, Decimal]


def unlisted_codes(result: object, codes: AssetCodes) -> tuple[str, ...]:
    """Return the codes of a balance answer that no list explains."""
    rows = Row.of(result, "the balances").fields
    return tuple(code for code in rows if not is_held_elsewhere(code) and not codes.find(code))


def parse_extended_balances(result: object, codes: AssetCodes) -> ParsedBalances:
    """Read the answer to BalanceEx: free is balance and credit less credit used and holds."""
    balances: dict[Asset, VenueBalance] = {}
    held: dict[str, Decimal] = {}
    for code, row in Row.of(result, "BalanceEx").rows():
        locked = row.decimal("hold_trade")
        credit = row.optional_decimal("credit") or Decimal(0)
        used = row.optional_decimal("credit_used") or Decimal(0)
        free = row.decimal("balance") + credit - used - locked
        asset = _spendable(code, codes)
        if asset is None:
            name = codes.elsewhere(code)
            held[name] = held.get(name, Decimal(0)) + free + locked
            continue
        if asset in balances:
            raise Malformed(f"BalanceEx mentions {asset} twice")
        try:
            balances[asset] = VenueBalance(asset=asset, free=free, locked=locked)
        except ValueError as error:
            raise Malformed(f"BalanceEx.{code}: {error}") from error
    return ParsedBalances(balances=balances, held_elsewhere=held)


def parse_totals(result: object, codes: AssetCodes) -> dict[Asset, Decimal]:
    """Read the answer to Balance: totals of the spendable assets."""
    totals: dict[Asset, Decimal] = {}
    for code, value in Row.of(result, "Balance").fields.items():
        total = to_decimal(value, f"Balance.{code}")
        asset = _spendable(code, codes)
        if asset is None:
            continue
        if asset in totals:
            raise Malformed(f"Balance mentions {asset} twice")
        totals[asset] = total
    return totals


def _spendable(code: str, codes: AssetCodes) -> Asset | None:
    if is_held_elsewhere(code):
        return None
    found = codes.find(code)
    if found is None:
        # No pair can trade what is in no list; it is shown under Kraken's own name.
        _log.warning("balance of an asset in no list code=%s", code)
    return found
