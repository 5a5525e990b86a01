"""What many symbols cost against one: prices, books and candles, one after another and ours.

The ideal is a bare client that sends the very requests there must be, all at once, and reads
none of the answers: one for many prices, one each for books and candles. It takes the latency,
and what the local Kraken needs to answer. Kraken's own call limit (a burst of twenty, then one a
second) is lifted here: under it nobody is faster.
"""

import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.bare_client import all_at_once
from bench.measures import Measure, milliseconds
from simulators.clock import Clock
from storage.candles import CandleRepository
from storage.database import Database
from tests.support.local_kraken import LocalKraken, running_local_kraken
from trading.clock import SystemClock
from trading.errors import PriceError
from trading.market.candle_archive import CandleArchive
from trading.market.candles import CandleService
from trading.market.feed import MarketFeed
from trading.market.price_checks import PriceLimits
from trading.market.service import MarketData, MarketWish
from trading.model.candles import CandleInterval
from trading.model.identifiers import Symbol, VenueName
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings
from trading.venues.rate_limit import CallBudget

LATENCY_MS = 100.0
SIZES = (5, 20, 100)
TIMES = 3
ONE_BY_ONE = 20
"""More than that one after another are reckoned from these, not waited for."""
AIM = 1.15
KRAKEN = VenueName("kraken")
MINUTE = CandleInterval.MINUTE
CANDLES = 60
_SYMBOLS = tuple(Symbol.parse(f"TOY{number:03}/USD") for number in range(max(SIZES)))
_PATIENT = PriceLimits(max_age_seconds=60)
"""A machine that is short of time is slow here, not wrong."""
_FREE = CallBudget(ceiling=10_000, decay_per_second=1000)

Ask = Callable[[MarketData, Sequence[Symbol]], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Seconds for so many symbols."""

    kind: str
    symbols: int
    one_by_one: float
    ours: float
    ideal: float

    @property
    def ratio(self) -> float:
        """How much longer ours took than the bare client, in turn with it."""
        return self.ours / self.ideal


async def _prices(market: MarketData, symbols: Sequence[Symbol]) -> object:
    return await market.feed.fresh_prices(KRAKEN, symbols)


async def _books(market: MarketData, symbols: Sequence[Symbol]) -> object:
    return await market.feed.books(KRAKEN, symbols)


async def _candles(market: MarketData, symbols: Sequence[Symbol]) -> object:
    return await market.candles.many(KRAKEN, symbols, MINUTE, count=CANDLES)


async def _all(market: MarketData, symbols: Sequence[Symbol]) -> object:
    wish = MarketWish(books=True, interval=MINUTE, count=CANDLES)
    return await market.gather(KRAKEN, symbols, wish)


KINDS: dict[str, Ask] = {
    "prices": _prices,
    "books": _books,
    "candles": _candles,
    "prices, books and candles": _all,
}


async def measure(
    folder: Path, *, clock: Clock, sizes: Sequence[int] = SIZES, times: int = TIMES
) -> Sequence[Run]:
    """Ask for each kind, in each number, by each way."""
    symbols = _SYMBOLS[: max(sizes)]
    async with running_local_kraken(
        folder / "venue", latency_ms=LATENCY_MS, speed=1.0, pairs=tuple(map(str, symbols))
    ) as kraken:
        bench = _Bench(folder=folder, kraken=kraken, clock=clock, times=times)
        return [await bench.run(kind, symbols[:size]) for kind in KINDS for size in sizes]


class _Bench:
    def __init__(self, *, folder: Path, kraken: LocalKraken, clock: Clock, times: int) -> None:
        self._folder = folder
        self._settings = KrakenSettings(rest_url=kraken.rest_url, public_budget=_FREE)
        self._clock = clock
        self._times = times
        self._files = 0

    async def run(self, kind: str, symbols: Sequence[Symbol]) -> Run:
        async with KrakenAdapter(
            name=KRAKEN,
            settings=self._settings,
            clock=SystemClock(),
            nonce_directory=self._folder,
        ) as adapter:
            await adapter.fetch_instruments()
            await self._seconds(adapter, kind, [symbols])  # opens the connections
            few = symbols[:ONE_BY_ONE]
            alone = await self._seconds(adapter, kind, [[symbol] for symbol in few])
            ours, ideal = [], []
            for _ in range(self._times):
                ours.append(await self._seconds(adapter, kind, [symbols]))
                ideal.append(await self._bare(kind, symbols))
        return Run(
            kind=kind,
            symbols=len(symbols),
            one_by_one=alone * len(symbols) / len(few),
            ours=statistics.median(ours),
            ideal=statistics.median(ideal),
        )

    async def _bare(self, kind: str, symbols: Sequence[Symbol]) -> float:
        """Send what must be sent over connections that are open, and wait for the last byte."""
        since = int(self._clock.now().timestamp()) - CANDLES * 60
        names = [str(symbol).replace("/", "") for symbol in symbols]
        paths = {
            "prices": [f"Ticker?pair={','.join(names)}"],
            "books": [f"Depth?pair={name}&count=25" for name in names],
            "candles": [f"OHLC?pair={name}&interval=1&since={since}" for name in names],
        }
        wanted = paths.get(kind) or [each for some in paths.values() for each in some]
        url = f"{self._settings.rest_url}/0/public"
        return await all_at_once(url, wanted, opener="Time", clock=self._clock)

    async def _seconds(
        self, adapter: KrakenAdapter, kind: str, questions: Sequence[Sequence[Symbol]]
    ) -> float:
        """Ask the questions one after another with nothing in memory or on the disk."""
        self._files += 1
        clock = SystemClock()
        path = self._folder / f"market-{self._files}.db"
        async with Database.open(path, clock=clock) as database:
            archive = CandleArchive(store=CandleRepository(database=database))
            adapters = {KRAKEN: adapter}
            market = MarketData(
                feed=MarketFeed(adapters=adapters, clock=clock, limits=_PATIENT),
                candles=CandleService(adapters=adapters, archive=archive, clock=clock),
            )
            began = self._clock.monotonic()
            answers = [await KINDS[kind](market, question) for question in questions]
            seconds = self._clock.monotonic() - began
        if any(isinstance(each, PriceError) for answer in answers for each in _parts(answer)):
            message = f"an answer about {kind} failed: {answers!r:.300}"
            raise RuntimeError(message)
        return seconds


def _parts(answer: object) -> Sequence[object]:
    values = list(answer.values()) if isinstance(answer, dict) else [answer]
    return [getattr(each, "problem", each) for each in values]


def rows(found: Sequence[Run]) -> Sequence[Measure]:
    """Return the rows of the table."""
    return [
        Measure(
            name=f"{run.kind} of {run.symbols} symbols, at {LATENCY_MS:g} ms",
            value=milliseconds(run.ours),
            aim=f"<= {AIM}x of the ideal",
            fits=run.ratio <= AIM,
            note=(
                f"ideal {milliseconds(run.ideal)}, ours {run.ratio:.2f}x; one after another "
                f"{milliseconds(run.one_by_one)}, {run.one_by_one / run.ours:.1f} times ours"
            ),
        )
        for run in found
    ]
