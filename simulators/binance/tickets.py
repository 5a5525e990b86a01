"""From the words of an order call to a ticket, refusing in the venue's own words."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from simulators.binance.catalogue import Catalogue, ListedSymbol
from simulators.binance.errors import BinanceError, missing, not_required, rejected
from simulators.binance.words import Words, amount, choice, client_order_id, listed
from trading.venues.paper.values import Fees, OrderKind, OrderRequest, Side, TimeInForce

SELF_TRADE_PREVENTION = "EXPIRE_TAKER"  # the engine ends the order that would meet our own
CONDITIONAL = {
    "STOP_LOSS": "Stop loss orders are not supported for this symbol.",
    "STOP_LOSS_LIMIT": "Stop loss limit orders are not supported for this symbol.",
    "TAKE_PROFIT": "Take profit orders are not supported for this symbol.",
    "TAKE_PROFIT_LIMIT": "Take profit limit orders are not supported for this symbol.",
}


class OrderType(StrEnum):
    LIMIT = "LIMIT"
    MARKET = "MARKET"
    LIMIT_MAKER = "LIMIT_MAKER"


class Force(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class Direction(StrEnum):
    BUY = "BUY"
    SELL = "SELL"


class ResponseType(StrEnum):
    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An order as a client wants it. `quantity` or, for a market order, `quote_quantity`."""

    listed: ListedSymbol
    side: Side
    kind: OrderType
    force: TimeInForce = TimeInForce.GTC
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    client_order_id: str | None = None

    def request(
        self, *, order_id: str, client_order_id: str, quantity: Decimal, fees: Fees
    ) -> OrderRequest:
        """Say it in the engine's words."""
        return OrderRequest(
            order_id=order_id,
            market=self.listed.symbol,
            side=self.side,
            kind=OrderKind.MARKET if self.price is None else OrderKind.LIMIT,
            quantity=quantity,
            fees=fees,
            limit_price=self.price,
            time_in_force=self.force,
            post_only=self.kind is OrderType.LIMIT_MAKER,
            client_order_id=client_order_id,
        )


def read_ticket(words: Words, catalogue: Catalogue) -> Ticket:
    found = listed(words, catalogue)
    side = choice(words, "side", Direction, BinanceError(-1117, "Invalid side."))
    kind = _kind(words)
    _refuse_the_unsupported(words)
    identity = client_order_id(words, "newClientOrderId")
    if kind is OrderType.MARKET:
        return _market_ticket(words, found, Side[side.value], identity)
    force = TimeInForce.GTC
    if kind is OrderType.LIMIT:
        wanted = choice(words, "timeInForce", Force, BinanceError(-1115, "Invalid timeInForce."))
        force = TimeInForce[wanted.value]
    elif words.get("timeInForce"):
        raise not_required("timeInForce")
    if words.get("quoteOrderQty"):
        raise not_required("quoteOrderQty")
    return Ticket(
        listed=found,
        side=Side[side.value],
        kind=kind,
        force=force,
        quantity=amount(words, "quantity"),
        price=amount(words, "price"),
        client_order_id=identity,
    )


def read_response_type(words: Words, kind: OrderType) -> ResponseType:
    if not words.get("newOrderRespType"):
        return ResponseType.ACK if kind is OrderType.LIMIT_MAKER else ResponseType.FULL
    refused = BinanceError(-1130, "Data sent for parameter 'newOrderRespType' is not valid.")
    return choice(words, "newOrderRespType", ResponseType, refused)


def _kind(words: Words) -> OrderType:
    written = words.get("type", "")
    if written in CONDITIONAL:
        raise rejected(CONDITIONAL[written])
    return choice(words, "type", OrderType, BinanceError(-1116, "Invalid orderType."))


def _market_ticket(words: Words, found: ListedSymbol, side: Side, identity: str | None) -> Ticket:
    for name in ("timeInForce", "price"):
        if words.get(name):
            raise not_required(name)
    given = [name for name in ("quantity", "quoteOrderQty") if words.get(name)]
    if not given:
        raise BinanceError(
            -1102,
            "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!",
        )
    if len(given) > 1:
        raise BinanceError(-1128, "Combination of optional parameters invalid.")
    return Ticket(
        listed=found,
        side=side,
        kind=OrderType.MARKET,
        quantity=amount(words, "quantity") if given == ["quantity"] else None,
        quote_quantity=amount(words, "quoteOrderQty") if given == ["quoteOrderQty"] else None,
        client_order_id=identity,
    )


def _refuse_the_unsupported(words: Words) -> None:
    """Conditional, iceberg and pegged orders are not traded here; say so, never ignore it."""
    for name in ("stopPrice", "trailingDelta", "pegPriceType", "pegOffsetValue"):
        if words.get(name):
            raise not_required(name)
    if words.get("icebergQty"):
        raise rejected("Iceberg orders are not supported for this symbol.")
    mode = words.get("selfTradePreventionMode")
    if mode is not None and mode != SELF_TRADE_PREVENTION:
        if not mode:
            raise missing("selfTradePreventionMode")
        raise BinanceError(
            -1013, "This symbol does not allow the specified self-trade prevention mode."
        )
