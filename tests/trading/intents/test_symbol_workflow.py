"""Many symbols at once through data, signal, risk, decision and order; each fails alone."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.perilous_venue import PerilousVenue
from tests.support.rebalance_world import BTC, BTC_USD, ETH_USD
from tests.support.signal_world import ASKED, OFF, ON, SignalWorld, keep_candles, signal_world
from trading.errors import CommandError, VenueUnavailable
from trading.intents.manual_model import ManualResult
from trading.intents.signals import MOST_SYMBOLS, NamedWish
from trading.intents.workflow_model import Decision, Stage, SymbolResult
from trading.model.identifiers import CorrelationId, Symbol
from trading.model.instrument import Side
from trading.model.order import OrderOrigin
from trading.model.order_status import OrderStatus
from trading.model.signal import NoSignal, Signal

QUICK = (Stage.DATA, Stage.SIGNAL, Stage.DECISION)


@pytest.fixture
def moving(unbalanced: PerilousVenue, instant: FakeClock) -> PerilousVenue:
    keep_candles(unbalanced, instant, "BTC/USD", "1.01")
    keep_candles(unbalanced, instant, "ETH/USD", "0.99")
    return unbalanced


async def looked(
    world: SignalWorld, *wishes: NamedWish
) -> tuple[dict[str, SymbolResult], tuple[str, ...]]:
    view = await world.signals.show(wishes, None, ASKED)
    return {str(each.symbol): each for run in view.runs for each in run.results}, view.problems


async def test_what_has_bounds_is_looked_at_and_planned_by_the_one_planner(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    async with signal_world(tmp_path, moving, instant) as world:
        found, problems = await looked(world)
        assert (list(found), problems) == (["BTC/USD", "ETH/USD"], ())
        btc = found["BTC/USD"]
        assert btc.verdict.decision is Decision.SELL, "twice too much of it is held"
        assert btc.verdict.planned is not None
        assert btc.verdict.planned.side is Side.SELL
        assert btc.weights is not None
        assert (btc.weights.target, btc.weights.proposed) == (Decimal("0.5"), Decimal("0.6"))
        assert [type(each) for each in btc.said] == [Signal, Signal]
        assert btc.said[0].strategy == "trend"
        assert set(btc.milliseconds) == set(QUICK) | {Stage.RISK}
        shown = await world.rebalancing.proposal()
        assert btc.verdict.planned.quantity == shown.plan.sells[0].quantity
        assert moving.arrivals == []


async def test_one_question_serves_all_and_the_bad_symbol_fails_alone_by_name(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    moving.list_instrument("SOL/USD", "100", "101")  # listed, and without a candle
    async with signal_world(tmp_path, moving, instant) as world:
        asked = [NamedWish(name=name) for name in ("btc", "SOL/USD", "nope", "eth")]
        found, problems = await looked(world, *asked)
        assert list(found) == ["BTC/USD", "SOL/USD", "ETH/USD"]
        assert problems == ("NOPE: memory does not list it",)
        sol = found["SOL/USD"]
        assert sol.verdict.decision is Decision.NONE
        assert isinstance(sol.said[0], NoSignal)
        assert "no finished candle" in sol.verdict.reason
        assert found["ETH/USD"].verdict.decision is not Decision.NONE
        assert moving.count("fetch_prices") <= 2, "one batch for all, one for the plan"


async def test_a_venue_that_tells_no_price_is_no_signal_with_its_reason(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    async with signal_world(tmp_path, moving, instant) as world:
        moving.fail("fetch_prices", VenueUnavailable("memory", "no prices today"))
        found, _ = await looked(world, NamedWish(name="BTC"))
        verdict = found["BTC/USD"].verdict
        assert verdict.decision is Decision.NONE
        assert "no prices today" in verdict.reason
        assert found["BTC/USD"].price is None


async def test_signals_that_are_off_are_shown_and_move_nothing(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    async with signal_world(tmp_path, moving, instant, OFF) as world:
        found, _ = await looked(world)
        btc = found["BTC/USD"]
        assert btc.weights is not None
        assert (btc.weights.proposed, btc.weights.is_moved) == (Decimal("0.6"), False)
        assert btc.verdict.decision is Decision.HOLD
        assert "switched off" in btc.verdict.reason


async def test_a_quantity_is_verified_shown_and_sent_only_when_confirmed(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    moving.deposit("USD", "10000")
    async with signal_world(tmp_path, moving, instant) as world:
        wish = NamedWish(name="BTC", quantity=Decimal("0.01"))
        view = await world.signals.show((wish,), None, ASKED)
        ((result,), run_id) = view.runs[0].results, view.runs[0].run_id
        assert result.verdict.decision is Decision.BUY
        assert moving.arrivals == []
        preview = result.preview
        assert preview is not None
        assert preview.intent.origin is OrderOrigin.MANUAL
        (before,) = await world.signals.recent(5)
        assert (before.order_ms, before.outcome) == (None, None)
        done = await world.signals.order(run_id, preview.request, preview.hash, ASKED)
        assert isinstance(done, ManualResult), str(done)
        assert done.order.status is OrderStatus.FILLED
        assert done.order.intent.correlation_id == CorrelationId("tg7")
        (after,) = await world.signals.recent(5)
        assert after.order_ms is not None
        assert after.outcome == f"filled {done.order.client_order_id}"
        assert len(moving.arrivals) == 1


async def test_a_quantity_against_what_may_be_done_is_refused_with_the_reason(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    async with signal_world(tmp_path, moving, instant) as world:
        no_cash, _ = await looked(world, NamedWish(name="BTC", quantity=Decimal("0.01")))
        nothing_held, _ = await looked(world, NamedWish(name="ETH", quantity=Decimal(1)))
        for found, side in ((no_cash, "buy"), (nothing_held, "sell")):
            (result,) = found.values()
            assert result.verdict.decision is Decision.NONE
            assert result.verdict.reason.startswith(f"it would {side}, and may not: ")
        assert moving.arrivals == []


async def test_every_symbol_is_written_down_with_its_stages(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    async with signal_world(tmp_path, moving, instant) as world:
        await looked(world)
        rows = {row.symbol: row for row in await world.signals.recent(10)}
        assert set(rows) == {str(BTC_USD), str(ETH_USD)}
        row = rows[str(BTC_USD)]
        assert (row.strategy, row.strength, row.decision) == ("trend", Decimal(1), "sell")
        assert (row.asked_by, row.correlation_id) == ("1001", "tg7")
        assert row.started_at == instant.now()
        assert None not in (row.data_ms, row.signal_ms, row.risk_ms, row.decision_ms)


async def test_of_many_symbols_only_the_strategy_that_counts_is_asked(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    names = [f"C{number}" for number in range(5)]
    for name in names:
        moving.list_instrument(f"{name}/USD", "100", "101")
        keep_candles(moving, instant, f"{name}/USD", "1.01")
    async with signal_world(tmp_path, moving, instant, ON) as world:
        found, _ = await looked(world, *(NamedWish(name=name) for name in names))
        assert {len(each.said) for each in found.values()} == {1}
        assert {each.verdict.decision for each in found.values()} == {Decision.HOLD}
        assert moving.count("fetch_prices") == 1
        assert moving.count("fetch_candles") == len(names)
        with pytest.raises(CommandError, match="at most 100"):
            await looked(world, *[NamedWish(name="BTC")] * (MOST_SYMBOLS + 1))


async def test_a_symbol_named_twice_is_taken_once(
    tmp_path: Path, moving: PerilousVenue, instant: FakeClock
) -> None:
    async with signal_world(tmp_path, moving, instant) as world:
        found, _ = await looked(world, NamedWish(name="BTC"), NamedWish(name="BTC/USD"))
        assert list(found) == [str(Symbol(BTC, BTC_USD.quote))]
        assert len(await world.signals.recent(10)) == 1
