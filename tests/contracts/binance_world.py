"""The Binance adapter on the local Binance: real sockets, a process of its own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.contracts.venue_world import Call, Holding, Trouble
from tests.support.background import in_background
from tests.support.haste import hasten
from tests.support.local_binance import LocalBinance, running_local_binance
from tests.support.stream_ears import Ears
from tests.support.waiting import PATIENCE_SECONDS, eventually
from trading.clock import Clock, SystemClock
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName
from trading.venues.binance.adapter import BinanceAdapter
from trading.venues.binance.settings import BinanceSettings
from trading.venues.port import VenueAdapter, VenueState

PATHS = {
    Call.BALANCES: "GET account",
    Call.TOTALS: "asset/getUserAsset",
    Call.SUBMIT: "POST order",
    Call.CANCEL: "DELETE order",
    Call.OPEN_ORDERS: "GET openOrders",
    Call.CLOSED_ORDERS: "allOrders",
    Call.FILLS: "myTrades",
    Call.LEDGER: "capital/deposit/hisrec",
    Call.PRICES: "ticker/bookTicker",
}
HANG_SECONDS = 3.0
FAULTS: dict[Trouble, tuple[str, dict[str, Any]]] = {
    Trouble.REFUSED_BY_EDGE: ("http_5xx_before", {}),
    Trouble.EDGE_AFTER: ("http_5xx_after", {}),
    Trouble.DROPPED: ("drop_before", {}),
    Trouble.ANSWER_LOST: ("lose_answer", {}),
    Trouble.HANGS_BEFORE: ("hang_before", {"seconds": HANG_SECONDS}),
    Trouble.HANGS_AFTER: ("hang_after", {"seconds": HANG_SECONDS}),
    Trouble.GARBLED: ("malformed_json", {}),
    Trouble.TRUNCATED: ("truncate_body", {}),
    Trouble.BUSY: ("error", {"status": 503, "code": -1008, "msg": "Server is overloaded."}),
    Trouble.LIMITED: ("order_limit", {"seconds": 0.1}),
    Trouble.BAD_KEY: (
        "error",
        {"status": 401, "code": -2015, "msg": "Invalid API-key, IP, or permissions."},
    ),
    Trouble.NO_FUNDS: (
        "error",
        {"code": -2010, "msg": "Account has insufficient balance for requested action."},
    ),
    Trouble.NEVER_HEARD: ("error", {"code": -9999, "msg": "Nobody ever heard of it."}),
}
STATES = {
    VenueState.ONLINE: "online",
    VenueState.MAINTENANCE: "maintenance",
}


class BinanceWorld:
    """Satisfies `WireWorld`."""

    symbol = Symbol.parse("BTC/USDT")
    other = Symbol.parse("ETH/BTC")
    unlisted = Symbol.parse("NOPE/USDT")
    keys_carry_nonces = False
    orders_carry_nonces = False
    states = frozenset(STATES)

    def __init__(
        self,
        *,
        binance: LocalBinance,
        adapter: VenueAdapter,
        settings: BinanceSettings,
        ears: Ears | None = None,
    ) -> None:
        self.binance = binance
        self.settings = settings
        self.adapter = adapter
        self.ears = ears or Ears()
        self.clock: Clock = SystemClock()

    async def holdings(self) -> Mapping[Asset, Holding]:
        return {
            Asset(asset): Holding(free=Decimal(row["free"]), locked=Decimal(row["hold"]))
            for asset, row in (await self.binance.book())["balances"].items()
            if Decimal(row["free"]) or Decimal(row["hold"])
        }

    async def placed(self, client_order_id: ClientOrderId) -> int:
        orders = (await self.binance.book())["orders"]
        return sum(client_order_id in order.values() for order in orders)

    async def deposit(self, asset: Asset, amount: Decimal) -> None:
        await self.binance.deposit(asset, amount)

    async def withdraw(self, asset: Asset, amount: Decimal) -> None:
        await self.binance.withdraw(asset, amount)

    async def rest_by_hand(self, quantity: Decimal, price: Decimal) -> None:
        await self.binance.order_by_hand(
            pair=str(self.symbol),
            side="buy",
            type="limit",
            volume=str(quantity),
            price=str(price),
        )

    async def trouble(self, kind: Trouble, call: Call, *, count: int | None = 1) -> None:
        name, parameters = FAULTS[kind]
        if name.startswith("hang"):
            hasten(self.settings, timeout_seconds=0.5)
        await self.binance.fault(name, count=count, match=PATHS[call], **parameters)

    async def troubles_left(self) -> int:
        faults = (await self.binance.current())["faults"]
        return sum(fault["count"] or 0 for fault in faults)

    async def empty_balances(self) -> None:
        await self.binance.fault("empty_balances")

    async def thin_market(self, fraction: Decimal) -> None:
        await self.binance.fault("partial_fill_only", fraction=str(fraction))

    async def set_state(self, state: VenueState) -> None:
        await self.binance.fault("status", status=STATES[state])

    async def step_clock(self, seconds: float) -> None:
        await self.binance.fault("clock_skew", seconds=seconds)

    async def die(self) -> None:
        await self.binance.kill()

    async def come_back(self) -> None:
        await self.binance.restart()


@asynccontextmanager
async def binance_world(folder: Path) -> AsyncIterator[BinanceWorld]:
    """Start a local Binance and an adapter with short deadlines on it, streams and all."""
    async with _world(folder, is_streamed=True) as world:
        adapter, ears = world.adapter, world.ears
        async with in_background(adapter.run_streams(ears)):
            await eventually(lambda: ears.is_live, because="the streams are live")
            yield world


@asynccontextmanager
async def binance_rest_world(folder: Path) -> AsyncIterator[BinanceWorld]:
    """Start the same without streams."""
    async with _world(folder, is_streamed=False) as world:
        yield world


@asynccontextmanager
async def _world(folder: Path, *, is_streamed: bool) -> AsyncIterator[BinanceWorld]:
    balances = {"BTC": "0.5", "ETH": "2", "USDT": "10000"}
    async with running_local_binance(folder / "binance", balances=balances) as binance:
        settings = BinanceSettings(
            key=binance.key,
            secret=binance.secret,
            rest_url=binance.rest_url,
            ws_url=binance.stream_url if is_streamed else None,
            ws_api_url=binance.ws_api_url if is_streamed else None,
            timeout_seconds=PATIENCE_SECONDS,
            answer_seconds=1.0,
            emergency_timeout_seconds=PATIENCE_SECONDS,
            reconnect_seconds=0.05,
        )
        async with BinanceAdapter(
            name=VenueName("binance"), settings=settings, clock=SystemClock()
        ) as adapter:
            yield BinanceWorld(binance=binance, adapter=adapter, settings=settings)
