"""The symbol workflow on the wire: real candles and prices, and an order in both books."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from storage.candles import CandleRepository
from storage.workflow import WorkflowRepository
from tests.support.kraken_desk import BASES, VENUE, KrakenDesk, differences, kraken_desk
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.manual_world import RULES
from tests.support.rebalance_world import allocation
from tests.support.signal_world import ASKED, intents_over
from trading.clock import SystemClock
from trading.intents.manual_model import ManualResult
from trading.intents.manual_orders import ManualOrders, ManualParts
from trading.intents.rebalance_runner import VenueAllocation
from trading.intents.signal_reading import SignalReader, SignalRules
from trading.intents.signal_targets import SignalTargets
from trading.intents.signals import NamedWish, SignalIntents
from trading.intents.symbol_workflow import WorkflowParts
from trading.intents.workflow_model import Decision, Stage
from trading.market.candle_archive import CandleArchive
from trading.market.candles import CandleService
from trading.market.service import MarketData
from trading.model.candles import CandleInterval
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import VenueName
from trading.model.signal import Signal
from trading.portfolio.plan import Plan
from trading.signals.strategy import Strategy
from trading.signals.trend import Trend

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD", "ADA/USD", "LTC/USD", "XRP/USD")
RULES_HERE = SignalRules(interval=CandleInterval.QUARTER_HOUR, bounds={})


def decided() -> Mapping[str, Strategy]:
    """A trend that nothing is noise to: it always speaks for one side."""
    return {"trend": Trend(noise=Decimal(0))}


class NoPlans:
    """A venue whose targets nobody moves."""

    @property
    def allocations(self) -> Mapping[VenueName, VenueAllocation]:
        return {VENUE: allocation()}

    async def look(self, venue: VenueName) -> Plan | Denied:
        return Denied(code=DenialCode.NOT_IN_TARGETS, reason=f"{venue} is not planned here")


def build(desk: KrakenDesk) -> SignalIntents:
    clock, planner = SystemClock(), NoPlans()
    archive = CandleArchive(store=CandleRepository(database=desk.database))
    candles = CandleService(adapters={VENUE: desk.adapter}, archive=archive, clock=clock)
    reader = SignalReader(candles=candles, balances=desk.manager, load=decided)
    targets = SignalTargets(reader=reader, market=desk.feed, rules={VENUE: RULES_HERE})
    manual = ManualOrders(
        rules={VENUE: replace(RULES, allocation=None)},
        parts=ManualParts(
            balances=desk.manager, market=desk.feed, executor=desk.desk.executor, clock=clock
        ),
    )
    return intents_over(
        WorkflowParts(
            market=MarketData(feed=desk.feed, candles=candles),
            reader=reader,
            targets=targets,
            planner=planner,
            manual=manual,
            store=WorkflowRepository(database=desk.database),
            clock=clock,
        ),
        BASES,
    )


@asynccontextmanager
async def working(folder: Path, kraken: LocalKraken) -> AsyncIterator[KrakenDesk]:
    async with kraken_desk(folder, kraken) as desk:
        await desk.desk.reconciler.start_up()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(desk.desk.executor.run())
            yield desk
            running.cancel()


async def test_many_symbols_and_an_order_on_the_word_of_a_signal(tmp_path: Path) -> None:
    balances = {"USD": "10000", "BTC": "0.5"}
    async with (
        running_local_kraken(tmp_path / "venue", pairs=PAIRS, balances=balances) as kraken,
        working(tmp_path, kraken) as desk,
    ):
        signals = build(desk)
        wishes = [NamedWish(name=name) for name in (*PAIRS, "NOPE")]
        view = await signals.show(wishes, VENUE, ASKED)
        (run,) = view.runs
        assert view.problems == ("NOPE: kraken does not list it",)
        assert [str(each.symbol) for each in run.results] == list(PAIRS)
        assert all(isinstance(each.said[0], Signal) for each in run.results)
        assert len(await signals.recent(10)) == len(PAIRS)

        said = run.results[0].said[0]
        assert isinstance(said, Signal)
        wish = NamedWish(name="BTC", quantity=Decimal("0.001"))
        again = await signals.show((wish,), VENUE, ASKED)
        (result,) = again.runs[0].results
        side = Decision.BUY if said.strength > 0 else Decision.SELL
        assert result.verdict.decision is side, result.verdict.reason
        assert Stage.RISK in result.milliseconds
        assert (await kraken.book())["orders"] == []
        preview = result.preview
        assert preview is not None
        done = await signals.order(again.runs[0].run_id, preview.request, preview.hash, ASKED)
        assert isinstance(done, ManualResult), str(done)
        assert await differences(kraken, desk) == []
        assert len((await kraken.book())["orders"]) == 1
