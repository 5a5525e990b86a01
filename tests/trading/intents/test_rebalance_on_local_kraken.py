"""A rebalance over the real adapter: the venue's books and the journal agree to the last digit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from storage.runs import RunRepository
from tests.support.kraken_desk import VENUE, KrakenDesk, differences, kraken_desk
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.rebalance_world import BTC, CORRELATION, ETH, USD, Painter, allocation
from tests.support.waiting import settle
from trading.clock import SystemClock
from trading.intents.rebalance import RebalanceIntents, RebalanceParts
from trading.intents.rebalance_inputs import InputGatherer
from trading.intents.rebalance_model import Proposal, RunResult, RunStatus
from trading.intents.rebalance_runner import RebalanceRunner
from trading.model.identifiers import Asset

SOL = Asset("SOL")
WEIGHTS = {BTC: Decimal("0.4"), ETH: Decimal("0.3"), SOL: Decimal("0.2")}


@pytest.fixture
async def kraken(tmp_path: Path) -> AsyncIterator[LocalKraken]:
    held = {"USD": "1000", "BTC": "1", "SOL": "3"}
    async with running_local_kraken(tmp_path / "kraken", balances=held) as kraken:
        yield kraken


@asynccontextmanager
async def rebalancing(
    folder: Path, kraken: LocalKraken
) -> AsyncIterator[tuple[KrakenDesk, RebalanceIntents]]:
    async with kraken_desk(folder, kraken) as desk:
        await desk.desk.reconciler.start_up()
        async with asyncio.TaskGroup() as group:
            parts = [
                group.create_task(desk.desk.executor.run()),
                group.create_task(desk.desk.resolver.run()),
            ]
            await settle(1)
            try:
                yield desk, _intents(desk)
            finally:
                for part in parts:
                    part.cancel()


def _intents(desk: KrakenDesk) -> RebalanceIntents:
    clock = SystemClock()
    runs = RunRepository(database=desk.database)
    gatherer = InputGatherer(
        balances=desk.manager,
        market=desk.feed,
        orders=desk.desk.journal,
        gate=desk.gate,
        clock=clock,
    )
    runner = RebalanceRunner(
        gatherer=gatherer,
        executor=desk.desk.executor,
        orders=desk.desk.journal,
        runs=runs,
        clock=clock,
    )
    parts = RebalanceParts(
        gatherer=gatherer,
        runner=runner,
        runs=runs,
        gate=desk.gate,
        painter=Painter(),
        clock=clock,
    )
    rules = allocation(WEIGHTS, max_slippage=Decimal("0.02"))
    return RebalanceIntents(allocations={VENUE: rules}, parts=parts)


async def run(intents: RebalanceIntents) -> RunResult:
    (shown,) = await intents.propose(VENUE, "owner", CORRELATION)
    assert isinstance(shown, Proposal), str(shown)
    result = await intents.execute(VENUE, shown.plan_hash, "owner", CORRELATION)
    assert isinstance(result, RunResult), str(result)
    return result


async def test_a_run_reaches_its_targets_and_costs_what_the_books_say(
    tmp_path: Path, kraken: LocalKraken
) -> None:
    async with rebalancing(tmp_path, kraken) as (desk, intents):
        result = await run(intents)

        assert (result.status, result.problems) == (RunStatus.DONE, ())
        assert [each.planned.asset for each in result.orders[:1]] == [BTC]
        assert {each.planned.asset for each in result.orders[1:]} == {ETH, SOL}
        assert not [row.asset for row in result.rows_after if row.is_outside_band]
        assert await differences(kraken, desk) == []
        assert await kraken.audit() == []

        book = await kraken.book()
        assert result.fees == sum((Decimal(fill["fee"]) for fill in book["fills"]), Decimal(0))
        cash = result.sold - result.bought - result.fees - result.slippage
        (held,) = [row.total for row in result.rows_after if row.asset == USD]
        assert held == 1000 + cash

        (again,) = await intents.propose(VENUE, "owner", CORRELATION)
        assert isinstance(again, Proposal)
        assert again.orders == ()


@pytest.mark.parametrize("fault", ["lose_answer", "http_5xx_after"])
async def test_a_lost_answer_in_the_middle_loses_and_doubles_nothing(
    tmp_path: Path, kraken: LocalKraken, fault: str
) -> None:
    async with rebalancing(tmp_path, kraken) as (desk, intents):
        await kraken.fault(fault, count=1, match="AddOrder")
        result = await run(intents)
        assert result.status is RunStatus.DONE
        assert await differences(kraken, desk) == []


async def test_balances_that_do_not_come_plan_nothing(tmp_path: Path, kraken: LocalKraken) -> None:
    """Although good ones are in memory."""
    async with rebalancing(tmp_path, kraken) as (_, intents):
        (shown,) = await intents.propose(VENUE, "owner", CORRELATION)
        assert isinstance(shown, Proposal)
        await kraken.fault("http_5xx_before", match="Balance*")
        denied = await intents.execute(VENUE, shown.plan_hash, "owner", CORRELATION)
        assert "nothing was planned" in str(denied)
        await kraken.clear_faults()
        assert (await kraken.book())["orders"] == []
