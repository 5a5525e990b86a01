"""How fast frames of Kraken's private channels become accounts that the core is told of.

The frames come over a real socket from a process of their own, at the full rate; what is measured
is from reading a frame to the push that has it in it, and how long the loop keeps others waiting.
"""

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bench.measures import Measure, milliseconds, quantile
from simulators.clock import Clock
from tests.support.processes import running
from trading.clock import SystemClock
from trading.model.fill import Fill
from trading.model.identifiers import VenueName
from trading.model.market_data import Price
from trading.model.order import VenueOrder
from trading.venues.decoding import Row
from trading.venues.kraken.codes import AssetCodes
from trading.venues.kraken.order_holds import OrderHolds
from trading.venues.kraken.sent_orders import SentOrders
from trading.venues.kraken.stream_account import DerivedAccount
from trading.venues.kraken.stream_feed import AccountFeed
from trading.venues.kraken.stream_orders import LiveOrders
from trading.venues.kraken.stream_rows import StreamNames
from trading.venues.kraken.stream_wire import KrakenSocket
from trading.venues.kraken.subscribing import subscribe
from trading.venues.streaming import AccountPushed
from trading.venues.websocket import ConnectionEnded, SocketLimits, open_websocket

FRAMES_A_SECOND = 5000
ASSETS = 20
SECONDS = 4.0
_KRAKEN = VenueName("kraken")
_HANDLED_AIM = 0.001
_LAG_AIM = 0.010
_ANSWER_SECONDS = 10.0


@dataclass(slots=True)
class Frames:
    """Satisfies `StreamListener`; seconds from reading each frame to its push, and loop lags."""

    clock: Clock
    waiting: list[float] = field(default_factory=list)
    handled: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    pushes: int = 0
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def account_pushed(self, pushed: AccountPushed) -> None:
        del pushed
        now = self.clock.monotonic()
        self.pushes += 1
        self.handled += [now - at for at in self.waiting]
        self.waiting.clear()

    def account_confirmed(self, venue: VenueName, at: datetime, monotonic: float) -> None: ...

    def account_lost(self, venue: VenueName, reason: str) -> None:
        del venue
        self.lost.append(reason)

    def order_pushed(self, order: VenueOrder) -> None: ...

    def fill_pushed(self, fill: Fill) -> None: ...

    def price_pushed(self, price: Price) -> None: ...


async def measure(*, clock: Clock, seconds: float = SECONDS) -> Frames:
    """Listen for so long."""
    arguments = ("-m", "bench.frame_source", str(FRAMES_A_SECOND), str(ASSETS))
    async with running(*arguments) as source:
        return await _listen(source.ready()["url"], clock, seconds)


async def _listen(url: str, clock: Clock, seconds: float) -> Frames:
    found, real = Frames(clock), SystemClock()
    account = DerivedAccount()
    feed = AccountFeed(
        venue=_KRAKEN,
        account=account,
        orders=LiveOrders(venue=_KRAKEN),
        sent=SentOrders(account=account, clock=real),
        clock=real,
        listener=found,
        defer=asyncio.get_running_loop().call_soon,
        turned=lambda: None,
    )

    def hear(frame: Row) -> None:
        found.waiting.append(clock.monotonic())
        feed.hear(frame)

    rows = {f"A{number}": {"altname": f"A{number}", "decimals": 4} for number in range(ASSETS)}
    names = StreamNames(codes=AssetCodes.parse(rows))
    async with open_websocket(
        url, user_agent="bench", limits=SocketLimits(), clock=real
    ) as websocket:
        socket = KrakenSocket(socket=websocket, clock=real, hear=hear)
        feed.begin(names, OrderHolds(names=names, instruments={}))
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(_read(socket))
            await subscribe(socket, "token", again=False, timeout_seconds=_ANSWER_SECONDS)
            lagging = group.create_task(_watch_lag(clock, found.lags))
            gc.collect()
            began = clock.monotonic()
            await clock.sleep(seconds)
            found.seconds = clock.monotonic() - began
            reading.cancel()
            lagging.cancel()
    return found


async def _read(socket: KrakenSocket) -> None:
    try:
        await socket.run()
    except ConnectionEnded as ended:
        raise RuntimeError(f"the frames ended: {ended}") from ended


async def _watch_lag(clock: Clock, lags: list[float]) -> None:
    """Note by how much a short sleep is too long."""
    pause = 0.005
    while True:
        before = clock.monotonic()
        await clock.sleep(pause)
        lags.append(max(0.0, clock.monotonic() - before - pause))


def rows(found: Frames) -> Sequence[Measure]:
    """Return the rows of the table."""
    if found.lost:
        raise RuntimeError(f"the account was lost meanwhile: {found.lost}")
    handled, lag = quantile(found.handled, 0.99), quantile(found.lags, 0.99)
    rate = len(found.handled) / found.seconds
    return [
        Measure(
            name="frame read to account pushed, p99",
            value=f"{handled * 1000:.3f} ms",
            aim=f"< {milliseconds(_HANDLED_AIM)}",
            fits=handled < _HANDLED_AIM,
            note=f"{rate:.0f} frames a second of both channels, {ASSETS} assets, "
            f"p50 {quantile(found.handled, 0.5) * 1000:.3f} ms, {found.pushes} pushes",
        ),
        Measure(
            name="loop lag while reading frames, p99",
            value=milliseconds(lag),
            aim=f"< {milliseconds(_LAG_AIM)}",
            fits=lag < _LAG_AIM,
            note=f"{len(found.lags)} short sleeps",
        ),
    ]
