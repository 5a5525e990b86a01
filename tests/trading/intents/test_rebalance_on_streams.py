"""A rebalance over Kraken's sockets asks nothing, and loses nothing when the world meddles."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from storage.runs import RunRepository
from tests.support.books import agree
from tests.support.kraken_desk import VENUE, KrakenDesk, streaming_desk
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.rebalance_world import BTC, CORRELATION, ETH, Painter, allocation
from tests.support.waiting import eventually
from trading.clock import SystemClock
from trading.intents.rebalance import RebalanceIntents, RebalanceParts
from trading.intents.rebalance_inputs import InputGatherer
from trading.intents.rebalance_model import OnProgress, Proposal, RunResult, RunStatus
from trading.intents.rebalance_run import Batch
from trading.intents.rebalance_runner import RebalanceRunner
from trading.model.identifiers import Asset
from trading.model.order import OrderIntent, OrderOrigin
from trading.model.trading_state import TradingMode

HELD = {"USD": "1000", "BTC": "1", "SOL": "3"}
SOL = Asset("SOL")
WEIGHTS = {BTC: Decimal("0.4"), ETH: Decimal("0.3"), SOL: Decimal("0.2")}

Act = Callable[[], Awaitable[object]]


class MeddledExecutor:
    """The real executor; between its first batch, the sells, and the buys something happens."""

    def __init__(self, desk: KrakenDesk) -> None:
        self._desk = desk
        self._batches = 0
        self.between: Act | None = None

    async def execute(
        self, batch: Sequence[OrderIntent], *, on_progress: OnProgress | None = None
    ) -> Batch:
        self._batches += 1
        if self._batches == 2 and self.between is not None:
            await self.between()
        return await self._desk.desk.executor.execute(batch, on_progress=on_progress)


class World:
    """A desk live on the sockets with the intents on it."""

    def __init__(self, kraken: LocalKraken, desk: KrakenDesk) -> None:
        self.kraken = kraken
        self.desk = desk
        self.executor = MeddledExecutor(desk)
        clock, runs = SystemClock(), RunRepository(database=desk.database)
        gatherer = InputGatherer(
            balances=desk.manager,
            market=desk.feed,
            orders=desk.desk.journal,
            gate=desk.gate,
            clock=clock,
        )
        runner = RebalanceRunner(
            gatherer=gatherer,
            executor=self.executor,
            orders=desk.desk.journal,
            runs=runs,
            clock=clock,
        )
        self.intents = RebalanceIntents(
            allocations={VENUE: allocation(WEIGHTS, max_slippage=Decimal("0.02"))},
            parts=RebalanceParts(
                gatherer=gatherer,
                runner=runner,
                runs=runs,
                gate=desk.gate,
                painter=Painter(),
                clock=clock,
            ),
        )

    async def proposal(self) -> Proposal:
        (shown,) = await self.intents.propose(VENUE, "owner", CORRELATION)
        assert isinstance(shown, Proposal), str(shown)
        return shown

    async def confirm(self, shown: Proposal) -> RunResult:
        result = await self.intents.execute(VENUE, shown.plan_hash, "owner", CORRELATION)
        assert isinstance(result, RunResult), str(result)
        return result

    async def rest_calls(self) -> dict[str, int]:
        calls: dict[str, int] = (await self.kraken.current())["calls"]["rest"]
        return calls


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with (
        running_local_kraken(
            tmp_path / "kraken", balances=HELD, pairs=("BTC/USD", "ETH/USD", "SOL/USD")
        ) as kraken,
        streaming_desk(tmp_path, kraken) as desk,
    ):
        await eventually(lambda: desk.feed.watched(VENUE))
        yield World(kraken, desk)


async def test_from_the_confirmation_on_nobody_is_asked(world: World) -> None:
    shown = await world.proposal()
    await eventually(lambda: _are_pushed(world, shown))
    before = await world.rest_calls()

    result = await world.confirm(shown)

    assert (result.status, result.problems) == (RunStatus.DONE, ())
    assert not [row.asset for row in result.rows_after if row.is_outside_band]
    assert await world.rest_calls() == before
    await agree(world.kraken, world.desk)


async def test_a_deposit_and_a_withdrawal_in_the_middle_are_seen(world: World) -> None:
    async def meddle() -> None:
        await world.kraken.deposit("ETH", "0.5")
        await world.kraken.withdraw("USD", "700")

    world.executor.between = meddle
    result = await world.confirm(await world.proposal())

    # Less money than was planned with: what does not fit is refused or smaller, never overspent.
    assert result.status in (RunStatus.DONE, RunStatus.PARTIAL)
    await agree(world.kraken, world.desk)


async def test_an_order_by_hand_in_the_middle_is_adopted_and_left_alone(world: World) -> None:
    async def meddle() -> None:
        await world.kraken.order_by_hand(pair="SOL/USD", side="buy", type="market", volume="1")

    world.executor.between = meddle
    result = await world.confirm(await world.proposal())

    assert result.status in (RunStatus.DONE, RunStatus.PARTIAL)
    await agree(world.kraken, world.desk)
    external = [
        order
        for order in await world.desk.desk.journal.recent(20)
        if order.intent.origin is OrderOrigin.EXTERNAL
    ]
    assert [order.filled_quantity for order in external] == [Decimal(1)]
    assert world.desk.gate.state.mode is TradingMode.ACTIVE


@pytest.mark.parametrize("fault", ["ws_drop_after", "ws_ack_last"])
async def test_a_stream_cut_or_mixed_in_the_middle_loses_and_doubles_nothing(
    world: World, fault: str
) -> None:
    await world.kraken.fault(fault, count=1, match="add_order")
    result = await world.confirm(await world.proposal())
    assert result.status in (RunStatus.DONE, RunStatus.PARTIAL)
    await agree(world.kraken, world.desk)


async def _are_pushed(world: World, shown: Proposal) -> bool:
    """Prices of all that will be traded have come."""
    before = await world.rest_calls()
    await world.desk.feed.fresh_prices(VENUE, [order.symbol for order in shown.orders])
    return await world.rest_calls() == before
