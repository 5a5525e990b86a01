"""Reads Binance's balances: all of an answer or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.model.balance import VenueBalance
from trading.model.identifiers import Asset
from trading.venues.binance.instruments import Listing
from trading.venues.decoding import Malformed, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedAccount:
    """Spendable assets apart from what earns or has no usable name, kept by Binance's code."""

    balances: Mapping[Asset, VenueBalance]
    held_elsewhere: Mapping[str, Decimal]
    updated_ms: int
    """When the account last changed, by Binance's clock: it is as of then, or of later."""
    can_trade: bool
    taker_fee: Decimal
    maker_fee: Decimal


def parse_account(result: object, listing: Listing) -> ParsedAccount:
    """Read the answer to account; what is zero is left out, as the answer may do itself."""
    row = Row.of(result, "account")
    rates = row.row("commissionRates")
    balances, held = _parse_rows(row.array("balances"), listing)
    can_trade = row.raw("canTrade")
    if not isinstance(can_trade, bool):
        raise Malformed(f"account.canTrade was {can_trade!r}")
    return ParsedAccount(
        balances=balances,
        held_elsewhere=held,
        updated_ms=row.integer("updateTime"),
        can_trade=can_trade,
        taker_fee=_fee(rates, "taker") + _fee(rates, "buyer"),
        maker_fee=_fee(rates, "maker") + _fee(rates, "seller"),
    )


def _parse_rows(
    rows: Sequence[object], listing: Listing
) -> tuple[Mapping[Asset, VenueBalance], Mapping[str, Decimal]]:
    balances: dict[Asset, VenueBalance] = {}
    held: dict[str, Decimal] = {}
    for entry in rows:
        row = Row.of(entry, "account.balances")
        code = row.text("asset")
        free, locked = row.decimal("free"), row.decimal("locked")
        asset = listing.spendable(code)
        if asset in balances or code in held:
            raise Malformed(f"account mentions {code} twice")
        try:
            balance = VenueBalance(asset=asset or Asset(code), free=free, locked=locked)
        except ValueError as error:
            raise Malformed(f"account.{code}: {error}") from error
        if not balance.total:
            continue
        if asset is None:
            held[code] = balance.total
        else:
            balances[asset] = balance
    return balances, held


def parse_wallet(result: object, listing: Listing) -> dict[Asset, Decimal]:
    """Read the answer to getUserAsset: totals of the spendable assets."""
    if not isinstance(result, list):
        raise Malformed("getUserAsset is not an array")
    totals: dict[Asset, Decimal] = {}
    for entry in result:
        row = Row.of(entry, "getUserAsset")
        code = row.text("asset")
        # What is on its way out or frozen is in no balance that orders could spend.
        total = row.decimal("free") + row.decimal("locked")
        asset = listing.spendable(code)
        if asset is None or not total:
            continue
        if asset in totals:
            raise Malformed(f"getUserAsset mentions {code} twice")
        totals[asset] = total
    return totals


def _fee(rates: Row, name: str) -> Decimal:
    fraction = rates.decimal(name)
    if not -1 < fraction < 1:
        raise Malformed(f"{rates.where}.{name} says a fee of {fraction}")
    return fraction
