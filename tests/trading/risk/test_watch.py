"""Limits trip on losses and on nothing else; it survives, and only the owner lets it go on."""

from decimal import Decimal
from pathlib import Path

from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.risk_world import RiskWorld, risk_world
from trading.errors import VenueUnavailable
from trading.model.identifiers import Asset
from trading.model.risk import LimitAction, LimitName, RiskLimits
from trading.risk.watch import BY

ZERO, ONE = Decimal(0), Decimal(1)


async def test_a_venue_begins_with_nothing_lost(watched: RiskWorld) -> None:
    looked = watched.watch.latest[watched.name]
    assert looked.performance is not None
    assert looked.performance.nav == 10_000
    assert [(each.key, each.use) for each in looked.uses] == [
        ("max_drawdown", ZERO),
        ("max_daily_loss", ZERO),
    ]
    assert (looked.source, looked.balances_at) == ("exchange", watched.clock.now())
    assert watched.mode == "active"


async def test_a_shock_of_30_percent_halts(watched: RiskWorld) -> None:
    watched.price("BTC/USD", 20_000)
    figures = await watched.figures()
    assert figures.drawdown == Decimal("0.3")
    assert watched.mode == "halted"
    assert watched.gate.state.by == BY
    assert watched.gate.state.reason == (
        "risk limit max_drawdown of memory: the loss from the peak is 30.00 %, "
        "the limit is 20.00 %"
    )
    drawdown, daily = watched.told()
    assert "Trading is halted: no new order is placed" in drawdown
    assert "/resume lets trading go on" in drawdown
    assert "the loss of this day is 30.00 %; the limit max_daily_loss is 10.00 %" in daily
    await watched.look()
    assert len(watched.told()) == 2, "once a crossing"


async def test_a_loss_of_the_day_reduces_and_is_warned_of_before(watched: RiskWorld) -> None:
    watched.price("BTC/USD", 41_500)
    await watched.figures()
    assert watched.mode == "active"
    (warning,) = watched.told()
    assert "the loss of this day is 8.50 %, 85 % of max_daily_loss (10.00 %)" in warning
    watched.price("BTC/USD", 40_000)
    await watched.figures()
    assert watched.mode == "reducing"
    watched.price("BTC/USD", 50_000)
    await watched.figures()
    assert watched.mode == "reducing", "only the owner lets it go on"


async def test_reducing_never_takes_a_halt_back(watched: RiskWorld) -> None:
    await watched.gate.halt("a drill", "owner")
    watched.price("BTC/USD", 40_000)
    await watched.figures()
    assert watched.mode == "halted"
    assert watched.gate.state.reason == "a drill"
    (told,) = [text for text in watched.told() if "max_drawdown" not in text]
    assert "Trading was halted already, and stays so; nothing was sold." in told


async def test_a_deposit_is_no_gain_and_raises_no_drawdown_later(watched: RiskWorld) -> None:
    watched.venue.deposit("USD", "90000")
    figures = await watched.figures()
    assert (figures.nav, figures.growth, figures.peak) == (Decimal(100_000), ONE, ONE)
    watched.venue.deposit("USD", "-90000")
    figures = await watched.figures()
    assert (figures.nav, figures.drawdown, figures.daily_loss) == (Decimal(10_000), ZERO, ZERO)
    rows = await watched.ledger.flows(watched.name, watched.clock.now().replace(hour=0))
    assert [row.value for row in rows] == [90_000, -90_000]


async def test_a_withdrawal_of_everything_is_no_loss(watched: RiskWorld) -> None:
    watched.venue.deposit("BTC", "-0.1")
    await watched.figures()
    watched.venue.deposit("USD", "-4999")
    figures = await watched.figures()
    assert (figures.drawdown, watched.mode) == (ZERO, "active")
    assert watched.told() == []


async def test_a_deposit_and_a_shock_at_once_are_told_apart(watched: RiskWorld) -> None:
    watched.venue.deposit("BTC", "0.1")
    watched.price("BTC/USD", 45_000)
    figures = await watched.figures()
    assert figures.growth == Decimal(14_000) / Decimal(15_000)


async def test_a_deposit_that_the_ledger_tells_late_neither_gains_nor_trips(
    watched: RiskWorld,
) -> None:
    watched.venue.deposit("USD", "90000")
    late = watched.venue.account.ledger.pop()
    for _ in range(3):
        looked = await watched.look()
        assert looked.performance is not None
        assert (looked.performance.growth, looked.performance.peak) == (ONE, ONE)
        assert looked.notes == ("not settled: the ledger does not tell yet of +90000 USD",)
    watched.venue.account.ledger.append(late)
    looked = await watched.look()
    assert looked.notes == ()
    watched.venue.deposit("USD", "-90000")
    figures = await watched.figures()
    assert (figures.growth, figures.peak) == (ONE, ONE)
    assert watched.told() == []


async def test_a_withdrawal_that_the_ledger_tells_late_is_no_loss(watched: RiskWorld) -> None:
    watched.venue.deposit("USD", "-4000")
    late = watched.venue.account.ledger.pop()
    assert (await watched.figures()).drawdown == 0
    watched.venue.account.ledger.append(late)
    assert (await watched.figures()).drawdown == 0
    assert watched.mode == "active"


async def test_a_shock_halts_while_the_ledger_is_waited_for(watched: RiskWorld) -> None:
    watched.venue.deposit("USD", "90000")
    watched.venue.account.ledger.pop()
    await watched.figures()
    watched.price("BTC/USD", 1000)
    figures = await watched.figures()
    assert figures.drawdown == Decimal("0.049")
    watched.venue.fail("fetch_ledger", *[VenueUnavailable(watched.name, "down")] * 9)
    watched.venue.deposit("USD", "-90000")
    await watched.figures()
    watched.venue.deposit("BTC", "10")
    await watched.figures()
    watched.price("BTC/USD", 500)
    await watched.figures()
    assert watched.mode == "halted"


async def test_what_no_ledger_ever_tells_is_a_flow_and_is_said(watched: RiskWorld) -> None:
    watched.venue.deposit("USD", "90000")
    watched.venue.account.ledger.pop()
    await watched.figures()
    looked = await watched.look(after=1800)
    assert looked.notes == ()
    (said,) = watched.told()
    assert "the amounts held changed by +90000 USD without a word" in said
    watched.venue.deposit("USD", "-90000")
    assert (await watched.figures()).growth == 1


async def test_trading_costs_are_performance(tmp_path: Path, instant: FakeClock) -> None:
    venue = MemoryVenue(clock=instant)
    venue.list_instrument("BTC/USD", "49999", "50001")
    venue.deposit("USD", "10000")
    async with risk_world(tmp_path, clock=instant, venue=venue) as world:
        await world.look()
        for kind, asset, amount in (
            (venue.account.ledger[0].kind.TRADE, "BTC", "0.1"),
            (venue.account.ledger[0].kind.TRADE, "USD", "-5013"),
        ):
            venue.account.credit(kind, Asset(asset), Decimal(amount))
        figures = await world.figures()
        assert figures.growth == Decimal("0.9987")
        assert figures.nav == 9_987


async def test_the_ledger_is_read_only_when_amounts_changed(watched: RiskWorld) -> None:
    for mid in (50_100, 49_000, 51_000):
        watched.price("BTC/USD", mid)
        await watched.figures()
    assert watched.venue.count("fetch_ledger") == 0
    watched.venue.deposit("USD", "1")
    await watched.figures()
    assert watched.venue.count("fetch_ledger") == 1


async def test_what_cannot_be_read_is_not_judged_and_said(watched: RiskWorld) -> None:
    watched.venue.fail("fetch_balances", *[VenueUnavailable(watched.name, "down")] * 9)
    looked = await watched.look(after=120)
    assert looked.problem is not None
    assert looked.problem.startswith("balances are not verified")
    assert {(each.value, each.is_breached) for each in looked.uses} == {(None, False)}
    assert looked.judged_at is not None
    assert watched.mode == "active"


async def test_a_missing_price_is_no_loss(watched: RiskWorld) -> None:
    watched.venue.account.quotes.clear()
    looked = await watched.look()
    assert looked.problem is not None
    assert looked.problem.startswith("prices are missing: BTC: no price of BTC/USD")
    assert watched.mode == "active"


async def test_what_no_market_prices_is_left_out_and_named(watched: RiskWorld) -> None:
    watched.venue.deposit("SPAM", "1000000")
    looked = await watched.look()
    assert looked.problem is None
    assert looked.performance is not None
    assert looked.performance.nav == 10_000
    assert looked.notes == ("SPAM: the venue lists no way to price it in USD",)


async def test_exposure_is_told_and_stops_nothing_else(
    tmp_path: Path, instant: FakeClock, half_in_btc: MemoryVenue
) -> None:
    limits = RiskLimits(max_exposure=Decimal("0.55"))
    async with risk_world(tmp_path, clock=instant, venue=half_in_btc, limits=limits) as world:
        await world.look()
        world.price("BTC/USD", 70_000)
        await world.look()
        warned, tripped = world.told()
        assert "the share of BTC is 50.00 %, 91 % of max_exposure" in warned
        assert "the share of BTC is 58.33 %; the limit max_exposure is 55.00 %" in tripped
        assert world.mode == "active"


async def test_what_happens_at_a_limit_is_the_owners_choice(
    tmp_path: Path, instant: FakeClock, half_in_btc: MemoryVenue
) -> None:
    limits = RiskLimits(
        max_exposure=Decimal("0.55"), actions={LimitName.EXPOSURE: LimitAction.REDUCING}
    )
    async with risk_world(tmp_path, clock=instant, venue=half_in_btc, limits=limits) as world:
        world.price("BTC/USD", 70_000)
        await world.look()
        assert world.mode == "reducing"


async def test_other_limits_are_in_force_at_the_next_look(watched: RiskWorld) -> None:
    watched.price("BTC/USD", 47_500)
    await watched.figures()
    watched.orders.replace_limits(RiskLimits(max_drawdown=Decimal("0.02")))
    await watched.figures()
    assert watched.mode == "halted"
