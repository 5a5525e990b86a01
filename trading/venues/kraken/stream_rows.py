"""Reads the rows of Kraken's WebSocket v2; its names for things end here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, FillId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Side
from trading.model.market_data import Price
from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.codes import AssetCodes, is_held_elsewhere
from trading.venues.quotes import Moment

SPOT = "spot"
_MAIN = "main"
_SIDES = {"buy": Side.BUY, "sell": Side.SELL}
_ZERO = Decimal(0)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamNames:
    """Version 2 says BTC and BTC/USD where REST says XXBT and XXBTZUSD."""

    codes: AssetCodes
    _listed: frozenset[Asset] = field(init=False)
    _symbols: dict[str, Symbol] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Gather the canonical names, which are those of version 2."""
        object.__setattr__(self, "_listed", frozenset(self.codes.assets.values()))

    def asset(self, name: str) -> Asset | None:
        """Return the asset of a name; None when no list has it."""
        canonical = Asset(name)
        return canonical if canonical in self._listed else self.codes.find(name)

    def symbol(self, name: str) -> Symbol:
        """Return the symbol of a pair's name, whether it is still traded or not."""
        found = self._symbols.get(name)
        if found is None:
            base, _, quote = name.partition("/")
            try:
                found = Symbol(self._name(base), self._name(quote))
            except ValueError as error:
                raise Malformed(f"a pair's name was {name!r}") from error
            self._symbols[name] = found
        return found

    def step(self, asset: Asset) -> Decimal | None:
        """Return the unit in which the balance of an asset is kept, where it is told."""
        return self.codes.steps.get(asset)

    def _name(self, name: str) -> Asset:
        canonical = Asset(name)
        return canonical if canonical in self._listed else self.codes.name(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletKey:
    """One pocket of one asset, by Kraken's names."""

    name: str
    kind: str
    wallet: str

    @property
    def is_spendable(self) -> bool:
        """False for what is staked, earning or held back: said by a suffix here and there too."""
        return self.kind == SPOT and not is_held_elsewhere(self.name)

    def __str__(self) -> str:
        """Return it for the log."""
        return self.name if self.kind == SPOT else f"{self.name} ({self.kind} {self.wallet})"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerMove:
    """A change of one pocket, with the row of the ledger behind it."""

    key: WalletKey
    kind: str
    reference: str | None
    change: Decimal
    """What was added, less the fee."""
    balance: Decimal
    """After it."""


def objects(frame: Row) -> Iterator[Row]:
    """Yield the rows of a frame's data."""
    for index, value in enumerate(frame.array("data")):
        yield Row.of(value, f"{frame.fields.get('channel')}[{index}]")


def parse_wallets(row: Row) -> dict[WalletKey, Decimal]:
    """Read one asset of a snapshot of `balances`."""
    name = row.text("asset")
    wallets = row.fields.get("wallets")
    if not wallets:
        return {WalletKey(name=name, kind=SPOT, wallet=_MAIN): row.decimal("balance")}
    found: dict[WalletKey, Decimal] = {}
    for value in row.array("wallets"):
        wallet = Row.of(value, f"{row.where}.wallets")
        key = WalletKey(name=name, kind=wallet.text("type"), wallet=wallet.text("id"))
        if key in found:
            raise Malformed(f"{row.where} mentions {key} twice")
        found[key] = wallet.decimal("balance")
    return found


def parse_move(row: Row) -> LedgerMove:
    """Read one row of an update of `balances`."""
    fee = row.optional_decimal("fee") or _ZERO
    key = WalletKey(
        name=row.text("asset"),
        kind=row.optional_text("wallet_type") or SPOT,
        wallet=row.optional_text("wallet_id") or _MAIN,
    )
    return LedgerMove(
        key=key,
        kind=row.optional_text("type") or "",
        reference=row.optional_text("ref_id"),
        change=row.decimal("amount") - fee,
        balance=row.decimal("balance"),
    )


def parse_side(row: Row) -> Side:
    """Read the side of an order or a fill; a word that is not known is no side."""
    word = row.text("side")
    if word not in _SIDES:
        raise Malformed(f"{row.where}: the side {word!r} is not known")
    return _SIDES[word]


def parse_execution(
    row: Row, *, venue: VenueName, names: StreamNames, client_order_id: ClientOrderId | None
) -> Fill:
    """Read one row of `executions` that tells of a trade."""
    symbol = names.symbol(row.text("symbol"))
    quantity, price = row.decimal("last_qty"), row.decimal("last_price")
    if quantity <= 0 or price <= 0:
        raise Malformed(f"{row.where}: {quantity} were traded at {price}")
    fee, fee_asset = _fee(row, symbol, names)
    return Fill(
        venue=venue,
        fill_id=FillId(row.text("exec_id")),
        venue_order_id=VenueOrderId(row.text("order_id")),
        client_order_id=client_order_id,
        symbol=symbol,
        side=parse_side(row),
        quantity=quantity,
        price=price,
        cost=row.decimal("cost") if "cost" in row.fields else quantity * price,
        fee=fee,
        fee_asset=fee_asset,
        executed_at=stream_time(row, "timestamp"),
    )


def _fee(row: Row, symbol: Symbol, names: StreamNames) -> tuple[Decimal, Asset]:
    """Return the one fee of a trade; one that is spread over assets cannot be said here."""
    fees: dict[Asset, Decimal] = {}
    for value in row.fields.get("fees") or ():
        fee = Row.of(value, f"{row.where}.fees")
        asset = names.asset(fee.text("asset")) or names.codes.name(fee.text("asset"))
        fees[asset] = fees.get(asset, _ZERO) + fee.decimal("qty")
    charged = {asset: amount for asset, amount in fees.items() if amount}
    if len(charged) > 1:
        raise Malformed(f"{row.where}: a fee in several assets: {sorted(charged)}")
    for asset, amount in charged.items():
        return amount, asset
    return _ZERO, symbol.quote


def parse_quote(row: Row, *, venue: VenueName, symbol: Symbol, moment: Moment) -> Price | None:
    """Read the mid of one row of `ticker`; None while a side is missing or they cross."""
    bid, ask = row.optional_decimal("bid"), row.optional_decimal("ask")
    if not bid or not ask or bid <= 0 or bid >= ask:
        return None
    change = row.optional_decimal("change_pct")
    return Price(
        venue=venue,
        symbol=symbol,
        value=(bid + ask) / 2,
        as_of=moment.at,
        as_of_monotonic=moment.monotonic,
        bid=bid,
        ask=ask,
        day_change_fraction=None if change is None else change / _HUNDRED,
    )


def stream_time(row: Row, name: str) -> datetime:
    """Return a time written by RFC 3339; nanoseconds are cut."""
    return _time(row.text(name), f"{row.where}.{name}")


def optional_stream_time(row: Row, name: str) -> datetime | None:
    """Return a time, or None where it is absent or cannot be read."""
    try:
        return stream_time(row, name)
    except Malformed:
        return None


def _time(text: Any, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{where} is not a time: {text!r}") from error
    if at.tzinfo is None:
        raise Malformed(f"{where} has no zone: {text!r}")
    return at
