"""The Kraken adapter on the local Kraken: real sockets, a process of its own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.contracts.venue_world import Call, Holding, Trouble
from tests.support.background import in_background
from tests.support.haste import hasten
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.stream_ears import Ears
from tests.support.waiting import PATIENCE_SECONDS, eventually
from trading.clock import Clock, SystemClock
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings, Tier
from trading.venues.port import VenueAdapter, VenueState

METHODS = {
    Call.BALANCES: "BalanceEx",
    Call.TOTALS: "Balance",
    Call.SUBMIT: "AddOrder",
    Call.CANCEL: "CancelOrder",
    Call.OPEN_ORDERS: "OpenOrders",
    Call.CLOSED_ORDERS: "ClosedOrders",
    Call.FILLS: "TradesHistory",
    Call.LEDGER: "Ledgers",
    Call.PRICES: "Ticker",
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
    Trouble.NONCE: ("invalid_nonce", {}),
    Trouble.BUSY: ("error", {"error": "EService:Busy"}),
    Trouble.LIMITED: ("error", {"error": "EService:Throttled: 1700000000"}),
    Trouble.BAD_KEY: ("error", {"error": "EAPI:Invalid key"}),
    Trouble.NO_FUNDS: ("error", {"error": "EOrder:Insufficient funds"}),
    Trouble.NEVER_HEARD: ("error", {"error": "ENobody:Ever heard of it"}),
}


class KrakenWorld:
    """Satisfies `WireWorld`."""

    symbol = Symbol.parse("BTC/USD")
    other = Symbol.parse("ETH/BTC")
    unlisted = Symbol.parse("NOPE/USD")
    keys_carry_nonces = True
    states = frozenset(VenueState)

    def __init__(
        self,
        *,
        kraken: LocalKraken,
        adapter: VenueAdapter,
        settings: KrakenSettings,
        ears: Ears | None = None,
    ) -> None:
        self.kraken = kraken
        self.settings = settings
        self.adapter = adapter
        self.ears = ears or Ears()
        self.clock: Clock = SystemClock()

    @property
    def orders_carry_nonces(self) -> bool:
        """Only by REST; the socket has none."""
        return not self.adapter.traits.has_streams

    async def holdings(self) -> Mapping[Asset, Holding]:
        return {
            Asset(asset): Holding(free=Decimal(row["free"]), locked=Decimal(row["hold"]))
            for asset, row in (await self.kraken.book())["balances"].items()
        }

    async def placed(self, client_order_id: ClientOrderId) -> int:
        orders = (await self.kraken.book())["orders"]
        return sum(order["cl_ord_id"] == client_order_id for order in orders)

    async def deposit(self, asset: Asset, amount: Decimal) -> None:
        await self.kraken.deposit(asset, amount)

    async def withdraw(self, asset: Asset, amount: Decimal) -> None:
        await self.kraken.withdraw(asset, amount)

    async def rest_by_hand(self, quantity: Decimal, price: Decimal) -> None:
        await self.kraken.order_by_hand(
            pair=str(self.symbol), side="buy", type="limit", volume=str(quantity), price=str(price)
        )

    async def trouble(self, kind: Trouble, call: Call, *, count: int | None = 1) -> None:
        name, parameters = FAULTS[kind]
        if name.startswith("hang"):
            hasten(self.settings, timeout_seconds=0.5)
        await self.kraken.fault(name, count=count, match=METHODS[call], **parameters)

    async def troubles_left(self) -> int:
        faults = (await self.kraken.current())["faults"]
        return sum(fault["count"] or 0 for fault in faults)

    async def empty_balances(self) -> None:
        await self.kraken.fault("empty_balances")

    async def thin_market(self, fraction: Decimal) -> None:
        await self.kraken.fault("partial_fill_only", fraction=str(fraction))

    async def set_state(self, state: VenueState) -> None:
        await self.kraken.fault("status", status=state.value)

    async def step_clock(self, seconds: float) -> None:
        await self.kraken.fault("clock_skew", seconds=seconds)

    async def die(self) -> None:
        await self.kraken.kill()

    async def come_back(self) -> None:
        await self.kraken.restart()


@asynccontextmanager
async def kraken_world(folder: Path) -> AsyncIterator[KrakenWorld]:
    """Start a local Kraken and an adapter with short deadlines on it, streams and all."""
    async with _world(folder, is_streamed=True) as world:
        adapter, ears = world.adapter, world.ears
        async with in_background(adapter.run_streams(ears)):
            await eventually(lambda: ears.is_live, because="the streams are live")
            yield world


@asynccontextmanager
async def kraken_rest_world(folder: Path) -> AsyncIterator[KrakenWorld]:
    """Start the same without streams: REST is the way of orders too."""
    async with _world(folder, is_streamed=False) as world:
        yield world


@asynccontextmanager
async def _world(folder: Path, *, is_streamed: bool) -> AsyncIterator[KrakenWorld]:
    balances = {"BTC": "0.5", "ETH": "2", "USD": "10000"}
    async with running_local_kraken(folder / "kraken", balances=balances) as kraken:
        settings = KrakenSettings(
            key=kraken.key,
            secret=kraken.secret,
            rest_url=kraken.rest_url,
            ws_url=kraken.ws_url if is_streamed else None,
            ws_auth_url=kraken.ws_auth_url if is_streamed else None,
            tier=Tier.PRO,
            timeout_seconds=PATIENCE_SECONDS,
            answer_seconds=1.0,
            emergency_timeout_seconds=PATIENCE_SECONDS,
            emergency_patience_seconds=0.1,
            reconnect_seconds=0.05,
        )
        async with KrakenAdapter(
            name=VenueName("kraken"),
            settings=settings,
            clock=SystemClock(),
            nonce_directory=folder / "nonce",
        ) as adapter:
            yield KrakenWorld(kraken=kraken, adapter=adapter, settings=settings)
