"""Propose and confirm: only what was shown and still holds is run, and only once."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from tests.support.rebalance_world import (
    BTC,
    BTC_USD,
    CORRELATION,
    ETH,
    ETH_USD,
    RebalanceWorld,
)
from tests.support.waiting import eventually
from trading.errors import VenueUnavailable
from trading.intents.rebalance_model import Proposal, RunResult, RunStatus
from trading.intents.rebalance_runner import SCHEDULE
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import VenueName
from trading.model.instrument import Side
from trading.model.order_status import OrderStatus

ELSEWHERE = VenueName("elsewhere")


def sent(world: RebalanceWorld) -> int:
    return len(world.venue.arrivals)


async def test_sells_then_buys_by_what_arrived(rebalancing: RebalanceWorld) -> None:
    shown = await rebalancing.proposal()
    assert [(order.side, order.symbol) for order in shown.orders] == [
        (Side.SELL, BTC_USD),
        (Side.BUY, ETH_USD),
    ]
    result = await rebalancing.confirm(shown)

    assert isinstance(result, RunResult), str(result)
    assert (result.status, result.problems) == (RunStatus.DONE, ())
    assert [each.order and each.order.status for each in result.orders] == [OrderStatus.FILLED] * 2
    assert [len(batch) for batch in rebalancing.executor.batches] == [1, 1]
    weights = {row.asset: row.weight_before for row in result.rows_after}
    assert abs(weights[BTC] - Decimal("0.5")) < Decimal("0.002")
    assert abs(weights[ETH] - Decimal("0.3")) < Decimal("0.002")
    assert not [row.asset for row in result.rows_after if row.is_outside_band]
    assert (await rebalancing.proposal()).orders == ()


async def test_proposing_trades_nothing_and_shows_its_source(rebalancing: RebalanceWorld) -> None:
    shown = await rebalancing.proposal()
    assert (shown.balances_source, shown.balances_age_seconds, shown.note) == ("exchange", 0, None)
    assert await rebalancing.intents.picture(shown) == shown.plan_hash.encode()
    assert sent(rebalancing) == 0
    assert await rebalancing.intents.history(10) == ()


async def test_a_deposit_between_plan_and_button_is_shown_first(
    rebalancing: RebalanceWorld,
) -> None:
    shown = await rebalancing.proposal()
    rebalancing.venue.deposit("USD", "5000")
    fresh = await rebalancing.confirm(shown)

    assert isinstance(fresh, Proposal)
    assert fresh.note == "balances changed since (USD): this is what holds now"
    assert fresh.nav == shown.nav + 5000
    assert sent(rebalancing) == 0
    assert isinstance(await rebalancing.confirm(fresh), RunResult)


@pytest.mark.parametrize(
    ("symbol", "bid", "ask", "word"),
    [
        pytest.param("BTC/USD", "52990", "53010", "BTC/USD", id="what-is-sold-went-up"),
        pytest.param("ETH/USD", "2599", "2601", "ETH/USD", id="what-is-bought-for-the-same-money"),
        pytest.param("BTC/USD", "27990", "28010", None, id="a-crash"),
    ],
)
async def test_a_price_that_moved_is_shown_first(
    rebalancing: RebalanceWorld, symbol: str, bid: str, ask: str, word: str | None
) -> None:
    shown = await rebalancing.proposal()
    rebalancing.venue.list_instrument(symbol, bid, ask)
    await rebalancing.clock.advance(6)  # prices are kept for five seconds
    fresh = await rebalancing.confirm(shown)

    assert sent(rebalancing) == 0
    if word is None:
        assert isinstance(fresh, Denied)  # it jumped: not used before a second look
        assert fresh.code is DenialCode.PRICE_UNUSABLE
        return
    assert isinstance(fresh, Proposal)
    assert fresh.note is not None
    assert fresh.note.startswith(f"prices moved: {word}")
    assert fresh.plan_hash != shown.plan_hash


async def test_a_price_that_trembled_changes_nothing(rebalancing: RebalanceWorld) -> None:
    shown = await rebalancing.proposal()
    rebalancing.venue.list_instrument("BTC/USD", "50090", "50110")
    await rebalancing.clock.advance(6)
    result = await rebalancing.confirm(shown)
    assert isinstance(result, RunResult)
    (sold,) = [each for each in result.orders if each.planned.asset == BTC]
    assert sold.planned.reference_price == 50_100  # what is sent is sized by prices of now


async def test_an_expired_plan_is_shown_anew(rebalancing: RebalanceWorld) -> None:
    shown = await rebalancing.proposal()
    await rebalancing.clock.advance(121)
    fresh = await rebalancing.confirm(shown)
    assert isinstance(fresh, Proposal)
    assert "expired" in (fresh.note or "")
    assert fresh.expires_at > rebalancing.clock.now()
    assert sent(rebalancing) == 0


async def test_a_plan_that_nobody_knows_is_shown_anew(rebalancing: RebalanceWorld) -> None:
    """As after a restart: plans live in memory and die with the process."""
    fresh = await rebalancing.intents.execute(rebalancing.name, "0" * 24, "owner", CORRELATION)
    assert isinstance(fresh, Proposal)
    assert fresh.note == "that plan is gone: this is what holds now"
    assert sent(rebalancing) == 0
    assert isinstance(await rebalancing.confirm(fresh), RunResult)


async def test_a_plan_is_run_once(rebalancing: RebalanceWorld) -> None:
    shown = await rebalancing.proposal()
    assert isinstance(await rebalancing.confirm(shown), RunResult)
    before = sent(rebalancing)
    again = await rebalancing.confirm(shown)
    assert isinstance(again, Proposal)
    assert sent(rebalancing) == before


async def test_the_newest_plan_is_the_one_that_counts(rebalancing: RebalanceWorld) -> None:
    older, newer = await rebalancing.proposal(), await rebalancing.proposal()
    rebalancing.venue.deposit("USD", "1")
    assert isinstance(await rebalancing.confirm(older), Proposal)
    assert isinstance(await rebalancing.confirm(newer), Proposal)
    assert sent(rebalancing) == 0


async def test_a_venue_without_targets_is_never_traded(rebalancing: RebalanceWorld) -> None:
    shown = await rebalancing.proposal()
    intents = rebalancing.intents
    answers = [
        *await intents.propose(ELSEWHERE, "owner", CORRELATION),
        await intents.execute(ELSEWHERE, shown.plan_hash, "owner", CORRELATION),
        await intents.run_scheduled(ELSEWHERE, CORRELATION),
    ]
    assert [isinstance(each, Denied) and each.code for each in answers] == [
        DenialCode.NOT_IN_TARGETS
    ] * 3
    assert sent(rebalancing) == 0


async def test_nothing_else_runs_while_a_run_is_under_way(rebalancing: RebalanceWorld) -> None:
    shown = await rebalancing.proposal()
    gate = rebalancing.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(rebalancing.confirm(shown))
        await eventually(lambda: rebalancing.venue.count("submit") == 1)
        others = [
            await rebalancing.confirm(shown),
            await rebalancing.intents.run_scheduled(rebalancing.name, CORRELATION),
        ]
        gate.set()
    assert [isinstance(each, Denied) and each.code for each in others] == [
        DenialCode.ALREADY_RUNNING
    ] * 2
    assert isinstance(running.result(), RunResult)
    assert len(await rebalancing.intents.history(10)) == 1


async def test_a_halt_between_plan_and_button_stops_it(rebalancing: RebalanceWorld) -> None:
    shown = await rebalancing.proposal()
    await rebalancing.gate.halt("enough", "owner")
    denied = await rebalancing.confirm(shown)
    assert isinstance(denied, Denied)
    assert denied.code is DenialCode.HALTED
    assert (sent(rebalancing), await rebalancing.intents.history(10)) == (0, ())


async def test_a_plan_made_while_halted_is_whole_and_says_that_it_cannot_be_run(
    rebalancing: RebalanceWorld,
) -> None:
    await rebalancing.gate.halt("enough", "owner")
    shown = await rebalancing.proposal()
    assert len(shown.orders) == 2
    assert (shown.note or "").startswith("cannot be run now: ")
    await rebalancing.gate.resume("owner")
    assert isinstance(await rebalancing.confirm(shown), RunResult)


async def test_while_reducing_only_sells_are_planned(rebalancing: RebalanceWorld) -> None:
    await rebalancing.gate.reduce("drawdown", "limits")
    shown = await rebalancing.proposal()
    assert [order.side for order in shown.orders] == [Side.SELL]
    assert [skip.asset for skip in shown.skipped] == [ETH]
    assert shown.note == "sells into USD alone: only orders that reduce exposure: drawdown"
    result = await rebalancing.confirm(shown)
    assert isinstance(result, RunResult)
    assert result.status is RunStatus.PARTIAL
    assert result.problems == (
        "only orders that reduce exposure are let through, so nothing is bought of ETH",
    )


Ask = Callable[[RebalanceWorld], Awaitable[object]]


async def _proposed(world: RebalanceWorld) -> object:
    (answer,) = await world.intents.propose(None, "owner", CORRELATION)
    return answer


async def _confirmed(world: RebalanceWorld) -> object:
    return await world.intents.execute(world.name, "0" * 24, "owner", CORRELATION)


async def _scheduled(world: RebalanceWorld) -> object:
    return await world.intents.run_scheduled(world.name, CORRELATION)


@pytest.mark.parametrize("ask", [_proposed, _confirmed, _scheduled])
@pytest.mark.parametrize("call", ["fetch_balances", "fetch_instruments"])
async def test_what_cannot_be_read_is_not_planned_on(
    rebalancing: RebalanceWorld, ask: Ask, call: str
) -> None:
    """Good balances of a moment ago are in memory; a rebalance asks again and means it."""
    if call == "fetch_balances":
        await rebalancing.proposal()
    rebalancing.venue.fail(call, VenueUnavailable("memory", "it is raining"))
    denied = await ask(rebalancing)
    assert isinstance(denied, Denied)
    assert "nothing was planned" in denied.reason
    assert "it is raining" in denied.reason
    assert (sent(rebalancing), await rebalancing.intents.history(10)) == (0, ())


async def test_balances_in_doubt_are_not_planned_on(rebalancing: RebalanceWorld) -> None:
    await rebalancing.proposal()
    rebalancing.venue.show({"USD": "3"})
    (denied,) = await rebalancing.intents.propose(None, "owner", CORRELATION)
    assert isinstance(denied, Denied)
    assert denied.code is DenialCode.BALANCE_UNVERIFIED
    assert "BTC" in denied.reason


async def test_an_empty_plan_is_not_a_run(rebalancing: RebalanceWorld) -> None:
    await rebalancing.run()
    inside = await rebalancing.proposal()
    denied = await rebalancing.confirm(inside)
    assert isinstance(denied, Denied)
    assert denied.code is DenialCode.NOTHING_TO_BALANCE
    assert len(await rebalancing.intents.history(10)) == 1


async def test_a_scheduled_run_trades_tells_and_cools_down(rebalancing: RebalanceWorld) -> None:
    intents, name = rebalancing.intents, rebalancing.name
    first = await intents.run_scheduled(name, CORRELATION)
    assert isinstance(first, RunResult)
    assert (await rebalancing.row()).trigger == SCHEDULE
    ((kind, payload),) = await rebalancing.told()
    assert (kind, payload["status"], payload["run_id"]) == ("run_finished", "done", first.run_id)

    cooling = await intents.run_scheduled(name, CORRELATION)
    assert isinstance(cooling, Denied)
    assert cooling.code is DenialCode.COOLDOWN
    await rebalancing.clock.advance(600)
    assert await intents.run_scheduled(name, CORRELATION) is None
    assert len(await intents.history(10)) == 1


async def test_the_owner_need_not_wait_for_the_cooldown(rebalancing: RebalanceWorld) -> None:
    await rebalancing.run()
    rebalancing.venue.deposit("USD", "10000")
    assert (await rebalancing.run()).status is RunStatus.DONE
