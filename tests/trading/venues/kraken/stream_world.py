"""A venue whose two private channels run apart: a matching engine for the truth, frames by hand.

Rows are written in the shapes that Kraken documents for its WebSocket v2; nothing of the local
Kraken is used, so that two readings of the documentation are held against each other.
"""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from tests.contracts.orders import approved
from tests.support.clock import START
from tests.support.stream_ears import Ears
from tests.trading.venues.kraken.samples import ASSETS, KRAKEN, PAIRS
from tests.trading.venues.kraken.stream_frames import (
    Frame,
    described,
    ledger_row,
    stamp,
    state,
    sums,
    trade_row,
    written,
)
from trading.model.identifiers import ClientOrderId, Symbol
from trading.model.instrument import Side as OurSide
from trading.model.order import TimeInForce as OurTimeInForce
from trading.venues.decoding import Row, decode_json
from trading.venues.kraken.codes import AssetCodes
from trading.venues.kraken.instruments import parse_pairs
from trading.venues.kraken.order_holds import OrderHolds
from trading.venues.kraken.sent_orders import SentOrders
from trading.venues.kraken.stream_account import DerivedAccount
from trading.venues.kraken.stream_feed import BALANCES, EXECUTIONS, AccountFeed
from trading.venues.kraken.stream_orders import LiveOrders
from trading.venues.kraken.stream_rows import StreamNames
from trading.venues.paper.engine import MatchingEngine
from trading.venues.paper.refusals import Refused
from trading.venues.paper.values import (
    Depth,
    EngineState,
    Fees,
    LedgerEntered,
    Level,
    Market,
    OrderAccepted,
    OrderEnded,
    OrderFilled,
    OrderKind,
    OrderRequest,
    Side,
    TimeInForce,
    Transition,
)

SYMBOL = "BTC/USD"
FEES = Fees(taker=Decimal("0.004"), maker=Decimal("0.0025"))
MARKET = Market(
    symbol=SYMBOL,
    base="BTC",
    quote="USD",
    tick_size=Decimal("0.1"),
    lot_step=Decimal("0.00000001"),
    cost_step=Decimal("0.0001"),
    minimum_quantity=Decimal("0.00005"),
    minimum_cost=Decimal("0.5"),
)
LISTED = {code: {**row, "decimals": 4 if code == "ZUSD" else 10} for code, row in ASSETS.items()}
CODES = AssetCodes.parse(LISTED)
NAMES = StreamNames(codes=CODES)
LISTING = parse_pairs(decode_json(json.dumps(PAIRS).encode()), venue=KRAKEN, assets=CODES)
INSTRUMENTS = {str(symbol): each for symbol, each in LISTING.instruments.items()}


class HandClock:
    """Moves when told to; both ends of the wire read it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return 1000.0 + self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass(slots=True)
class Sent:
    """An order of ours between us and the venue."""

    client_order_id: str
    side: Side
    quantity: Decimal
    price: Decimal
    time_in_force: TimeInForce


@dataclass(slots=True)
class Wire:
    """What is on its way to us, channel by channel."""

    executions: deque[Frame] = field(default_factory=deque)
    balances: deque[Frame] = field(default_factory=deque)
    answers: deque[Callable[[], None]] = field(default_factory=deque)


class StreamWorld:
    """The venue, the wire with its two channels, and the feed at our end."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.engine = MatchingEngine(markets=[MARKET], state=EngineState())
        self.wire = Wire()
        self.requests: deque[Sent] = deque()
        self.ears = Ears()
        self.account = DerivedAccount()
        self.orders = LiveOrders(venue=KRAKEN)
        self.sent = SentOrders(account=self.account, clock=self.clock)
        self._deferred: list[Callable[[], None]] = []
        self.feed = AccountFeed(
            venue=KRAKEN,
            account=self.account,
            orders=self.orders,
            sent=self.sent,
            clock=self.clock,
            listener=self.ears,
            defer=self._deferred.append,
            turned=lambda: None,
        )
        self._numbers = {EXECUTIONS: 0, BALANCES: 0}
        self._ids = 0
        self._trades: list[Frame] = []
        self.deposit("USD", Decimal(10000))
        self.deposit("BTC", Decimal("0.5"))
        self.move_market(Decimal(60000), Decimal("0.01"))
        self.wire.executions.clear()
        self.wire.balances.clear()

    # --- the venue -------------------------------------------------------------------------------

    def deposit(self, asset: str, amount: Decimal) -> None:
        self._adopt(self.engine.deposit(asset, amount, at=self.clock.now()))

    def withdraw(self, asset: str, amount: Decimal) -> None:
        self._adopt(self.engine.withdraw(asset, amount, at=self.clock.now()))

    def move_market(self, price: Decimal, quantity: Decimal) -> None:
        depth = Depth(
            bids=(Level(price=price - 10, quantity=quantity),),
            asks=(Level(price=price + 10, quantity=quantity),),
        )
        self._adopt(self.engine.refresh(SYMBOL, depth, at=self.clock.now()))

    def place(self, sent: Sent) -> str | None:
        """Take an order, whoever sent it; None when it was refused."""
        self._ids += 1
        order_id = f"O{self._ids}"
        request = OrderRequest(
            order_id=order_id,
            market=SYMBOL,
            side=sent.side,
            kind=OrderKind.LIMIT,
            quantity=sent.quantity,
            fees=FEES,
            limit_price=sent.price,
            time_in_force=sent.time_in_force,
            client_order_id=sent.client_order_id or None,
        )
        outcome = self.engine.submit(request, at=self.clock.now())
        self._adopt(outcome)
        return None if isinstance(outcome, Refused) else order_id

    def cancel(self, order_id: str) -> None:
        self._adopt(self.engine.cancel([order_id], at=self.clock.now()))

    # --- our side --------------------------------------------------------------------------------

    def send(self, sent: Sent) -> None:
        """Lock and send an order of ours; the venue has not heard of it yet."""
        order = approved(
            ClientOrderId(sent.client_order_id),
            symbol=Symbol.parse(SYMBOL),
            side=OurSide(sent.side.value),
            quantity=sent.quantity,
            price=sent.price,
            deadline_at=self.clock.now() + timedelta(seconds=5),
            time_in_force=OurTimeInForce(sent.time_in_force.value.lower()),
        )
        self.sent.send(order, self.feed.holds)
        self.feed.changed()
        self.requests.append(sent)

    def arrive(self) -> None:
        """Let the venue take the oldest request; its answer goes on its way."""
        sent = self.requests.popleft()
        client_order_id = ClientOrderId(sent.client_order_id)
        order_id = self.place(sent)
        if order_id is None:
            self.wire.answers.append(lambda: self.sent.refuse(client_order_id))
        else:
            self.wire.answers.append(
                lambda: self.sent.take(client_order_id, order_id, self.orders.find(order_id))
            )

    def subscribe(self) -> datetime:
        """Ask for both channels anew; what was on its way is of the old subscription."""
        self.feed.lose("asked for anew")
        self.feed.begin(NAMES, OrderHolds(names=NAMES, instruments=INSTRUMENTS))
        self.wire.executions.clear()
        self.wire.balances.clear()
        return self.clock.now()

    def snapshot_executions(self) -> None:
        rows = [described(order) for order in self.engine.state.orders.values()]
        self._say(EXECUTIONS, "snapshot", [*rows, *self._trades[-50:]])

    def snapshot_balances(self) -> None:
        rows = [
            {
                "asset": name,
                "asset_class": "currency",
                "balance": balance.total,
                "wallets": [{"type": "spot", "id": "main", "balance": balance.total}],
            }
            for name, balance in self.engine.state.balances.items()
        ]
        self._say(BALANCES, "snapshot", rows)

    def acknowledge(self, time_in: datetime) -> None:
        self.hear(
            {
                "method": "subscribe",
                "success": True,
                "result": {"channel": BALANCES, "snapshot": True},
                "time_in": stamp(time_in),
                "time_out": stamp(time_in),
            }
        )

    def baseline(self) -> None:
        """Begin with everything in step."""
        at = self.subscribe()
        self.acknowledge(at)
        self.snapshot_executions()
        self.snapshot_balances()
        self.deliver_all()

    def deliver(self, channel: deque[Frame]) -> None:
        self.hear(channel.popleft())

    def deliver_all(self) -> None:
        for channel in (self.wire.balances, self.wire.executions):
            while channel:
                self.deliver(channel)
        while self.wire.answers:
            self.wire.answers.popleft()()
            self.feed.changed()

    def hear(self, frame: Frame) -> None:
        self.feed.hear(Row.of(decode_json(written(frame).encode()), "a frame"))

    def turn(self) -> None:
        """Let the loop turn: what was deferred is run."""
        while self._deferred:
            self._deferred.pop(0)()

    # --- how the venue says it -------------------------------------------------------------------

    def _adopt(self, outcome: Transition | Refused) -> None:
        if isinstance(outcome, Refused):
            return
        self.engine.adopt(outcome)
        for event in outcome.events:
            match event:
                case OrderAccepted(order=order):
                    self._say(EXECUTIONS, "update", [described(order)])
                    self._say(EXECUTIONS, "update", [state(order, "new")])
                case OrderFilled(order=order, fill=fill):
                    trade = trade_row(fill)
                    self._trades.append(trade)
                    self._say(EXECUTIONS, "update", [{**trade, **sums(order)}])
                case OrderEnded(order=order):
                    word = {"closed": "filled"}.get(order.state.value, order.state.value)
                    self._say(EXECUTIONS, "update", [state(order, word)])
                case LedgerEntered(row=row):
                    self._say(BALANCES, "update", [ledger_row(row)])

    def _say(self, channel: str, kind: str, data: list[Frame]) -> None:
        self._numbers[channel] += 1
        frame = {
            "channel": channel, "type": kind, "data": data, "sequence": self._numbers[channel],
        }  # fmt: skip
        (self.wire.executions if channel == EXECUTIONS else self.wire.balances).append(frame)
