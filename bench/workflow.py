"""What the symbol workflow costs for many symbols: one after another, ours, the ideal, ccxt.

Ours is the whole of it, from the first question to the row in the database: prices and candles
asked for, checked and written down, the strategy, the decision. The ideal is the bare client of
`bench.bare_client` with the same questions: one for the prices and one a symbol for candles.
Kraken's call limit is lifted as in `bench.market`: under it nobody is faster.
"""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.bare_client import all_at_once
from bench.market import LATENCY_MS, ONE_BY_ONE, SIZES
from bench.measures import Measure, milliseconds
from bench.rebalancing import CLIENTS
from simulators.clock import Clock
from storage.candles import CandleRepository
from storage.database import Database
from storage.workflow import WorkflowRepository
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.processes import run as run_python
from trading.clock import SystemClock
from trading.errors import BalanceUnknown
from trading.intents.manual_model import ManualPreview, ManualRequest, ManualResult
from trading.intents.rebalance_model import OnProgress
from trading.intents.rebalance_runner import VenueAllocation
from trading.intents.signal_reading import SignalReader, SignalRules
from trading.intents.signal_targets import SignalTargets
from trading.intents.symbol_workflow import SymbolWorkflow, WorkflowParts
from trading.intents.workflow_model import Asked, Decision, SymbolWish
from trading.market.candle_archive import CandleArchive
from trading.market.candles import CandleService
from trading.market.feed import MarketFeed
from trading.market.price_checks import PriceLimits
from trading.market.service import MarketData
from trading.model.balance import BalanceReading
from trading.model.candles import CandleInterval
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, CorrelationId, Symbol, VenueName
from trading.portfolio.plan import Plan
from trading.signals.catalogue import strategies
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings
from trading.venues.rate_limit import CallBudget

TIMES = 3
AIM = 1.15
KRAKEN = VenueName("kraken")
MINUTES = 1
"""Length of the candles: the local venue makes a longer past at the price of its own time."""
_RULES = SignalRules(interval=CandleInterval.MINUTE, bounds={})
CANDLES = 80
_SYMBOLS = tuple(Symbol.parse(f"TOY{number:03}/USD") for number in range(max(SIZES)))
_FREE = CallBudget(ceiling=10_000, decay_per_second=1000)
_ASKED = Asked(by="bench", correlation_id=CorrelationId("bench"))


@dataclass(frozen=True, slots=True)
class Pair:
    """Seconds of ours and of the bare client with the same questions, in turn."""

    ours: float
    ideal: float

    @property
    def ratio(self) -> float:
        return self.ours / self.ideal


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Seconds for so many symbols; `ccxt` is None where its environment is not there."""

    symbols: int
    one_by_one: float
    first: Pair
    again: Pair
    ccxt: float | None


class _NothingHeld:
    """No account: the workflow has only signals to judge by."""

    allocations: Mapping[VenueName, VenueAllocation] = {}

    async def balance(self, venue: VenueName, asset: Asset) -> BalanceReading:
        raise BalanceUnknown(f"{venue}: nobody asked for {asset}")

    async def look(self, venue: VenueName) -> Plan | Denied:
        return Denied(code=DenialCode.NOT_IN_TARGETS, reason=f"{venue} has no targets")

    async def preview(
        self, request: ManualRequest, by: str, correlation_id: CorrelationId
    ) -> ManualPreview | Denied:
        del by, correlation_id
        return Denied(code=DenialCode.NOT_IN_TARGETS, reason=f"{request.venue} has no account")

    async def execute(
        self,
        request: ManualRequest,
        plan_hash: str,
        correlation_id: CorrelationId,
        on_progress: OnProgress | None = None,
    ) -> ManualResult | Denied | ManualPreview:
        del plan_hash, on_progress
        return await self.preview(request, "bench", correlation_id)


async def measure(
    folder: Path,
    *,
    clock: Clock,
    sizes: Sequence[int] = SIZES,
    times: int = TIMES,
    beside: bool = True,
) -> Sequence[Run]:
    """Take each number of symbols through it, by each way."""
    symbols = _SYMBOLS[: max(sizes)]
    async with running_local_kraken(
        folder / "venue", latency_ms=LATENCY_MS, speed=1.0, pairs=tuple(map(str, symbols))
    ) as kraken:
        bench = _Bench(folder=folder, kraken=kraken, clock=clock, times=times)
        return [await bench.run(symbols[:size], beside=beside) for size in sizes]


class _Bench:
    def __init__(self, *, folder: Path, kraken: LocalKraken, clock: Clock, times: int) -> None:
        self._folder = folder
        self._settings = KrakenSettings(rest_url=kraken.rest_url, public_budget=_FREE)
        self._clock = clock
        self._times = times
        self._files = 0

    async def run(self, symbols: Sequence[Symbol], *, beside: bool) -> Run:
        async with KrakenAdapter(
            name=KRAKEN,
            settings=self._settings,
            clock=SystemClock(),
            nonce_directory=self._folder,
        ) as adapter:
            await adapter.fetch_instruments()
            await self._seconds(adapter, [symbols])  # opens the connections
            few = symbols[:ONE_BY_ONE]
            alone = await self._seconds(adapter, [[symbol] for symbol in few])
            first = [
                (await self._seconds(adapter, [symbols]), await self._bare(symbols))
                for _ in range(self._times)
            ]
            again = [
                (
                    await self._seconds(adapter, [symbols], is_known=True),
                    await self._bare(symbols, candles=1),
                )
                for _ in range(self._times)
            ]
        return Run(
            symbols=len(symbols),
            one_by_one=alone * len(symbols) / len(few),
            first=_medians(first),
            again=_medians(again),
            ccxt=await self._with_ccxt(symbols) if beside and CLIENTS.exists() else None,
        )

    async def _bare(self, symbols: Sequence[Symbol], candles: int = CANDLES) -> float:
        since = self._since(candles)
        names = [str(symbol).replace("/", "") for symbol in symbols]
        paths = [f"OHLC?pair={name}&interval={MINUTES}&since={since}" for name in names]
        url = f"{self._settings.rest_url}/0/public"
        wanted = [f"Ticker?pair={','.join(names)}", *paths]
        return await all_at_once(url, wanted, opener="Time", clock=self._clock)

    async def _with_ccxt(self, symbols: Sequence[Symbol]) -> float:
        words = (json.dumps([str(each) for each in symbols]), str(self._since() * 1000))
        arguments = (self._settings.rest_url, *words, str(self._times))
        child = await run_python(
            "bench/workflow_with_ccxt.py", *arguments, python=CLIENTS, within=150.0
        )
        if child.returncode != 0:
            raise RuntimeError(child.said())
        return float(json.loads(child.lines[-1])["seconds"])

    def _since(self, candles: int = CANDLES) -> int:
        return int(self._clock.now().timestamp()) - candles * MINUTES * 60

    async def _seconds(
        self,
        adapter: KrakenAdapter,
        runs: Sequence[Sequence[Symbol]],
        *,
        is_known: bool = False,
    ) -> float:
        """Run them one after another with nothing in memory, nor on the disk unless `is_known`."""
        self._files += 1
        clock = SystemClock()
        path = self._folder / f"workflow-{self._files}.db"
        async with Database.open(path, clock=clock) as database:
            if is_known:
                await self._run(await _workflow(adapter, database), runs)
            workflow = await _workflow(adapter, database)
            began = self._clock.monotonic()
            await self._run(workflow, runs)
            return self._clock.monotonic() - began

    async def _run(self, workflow: SymbolWorkflow, runs: Sequence[Sequence[Symbol]]) -> None:
        for symbols in runs:
            wishes = [SymbolWish(symbol=symbol) for symbol in symbols]
            done = await workflow.run(KRAKEN, wishes, _ASKED)
            verdicts = [each.verdict for each in done.results]
            bad = [each.reason for each in verdicts if each.decision is Decision.NONE]
            if bad or done.problems:
                raise RuntimeError(f"a symbol failed: {(*done.problems, *bad)[:3]}")


async def _workflow(adapter: KrakenAdapter, database: Database) -> SymbolWorkflow:
    """Build it with nothing in memory."""
    clock, nothing = SystemClock(), _NothingHeld()
    adapters = {KRAKEN: adapter}
    feed = MarketFeed(adapters=adapters, clock=clock, limits=PriceLimits(max_age_seconds=60))
    archive = CandleArchive(store=CandleRepository(database=database))
    candles = CandleService(adapters=adapters, archive=archive, clock=clock)
    reader = SignalReader(candles=candles, balances=nothing, load=strategies)
    await reader.strategies()
    return SymbolWorkflow(
        WorkflowParts(
            market=MarketData(feed=feed, candles=candles),
            reader=reader,
            targets=SignalTargets(reader=reader, market=feed, rules={KRAKEN: _RULES}),
            planner=nothing,
            manual=nothing,
            store=WorkflowRepository(database=database),
            clock=clock,
        )
    )


def _medians(found: Sequence[tuple[float, float]]) -> Pair:
    ours, ideal = zip(*found, strict=True)
    return Pair(statistics.median(ours), statistics.median(ideal))


def rows(found: Sequence[Run]) -> Sequence[Measure]:
    """Return the rows of the table: with candles on the disk, as a bot has them, and without."""
    return [
        Measure(
            name=f"workflow of {run.symbols} symbols, at {LATENCY_MS:g} ms, {when}",
            value=milliseconds(pair.ours),
            aim=f"<= {AIM}x of the ideal",
            fits=pair.ratio <= AIM,
            note=f"ideal {milliseconds(pair.ideal)}, ours {pair.ratio:.2f}x{more}",
        )
        for run in found
        for when, pair, more in (
            ("candles kept", run.again, ""),
            ("the first time", run.first, _beside(run)),
        )
    ]


def _beside(run: Run) -> str:
    times = run.one_by_one / run.first.ours
    alone = f"; one after another {milliseconds(run.one_by_one)}, {times:.1f} times ours"
    if run.ccxt is None:
        return alone
    return f"{alone}; ccxt with gather {milliseconds(run.ccxt)}, data alone"
