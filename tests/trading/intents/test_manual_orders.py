"""Orders by hand: what is shown is what is sent, once, while it holds."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.manual_world import BTC, ETH, RULES, USD, ManualWorld, Near, manual_world
from tests.support.perils import Fate
from trading.errors import VenueUnavailable
from trading.intents.manual_model import ManualPreview, ManualResult
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Symbol
from trading.model.instrument import Side
from trading.model.order import OrderOrigin, TimeInForce
from trading.model.order_status import OrderStatus

DOWN = VenueUnavailable("memory", "down")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ManualWorld]:
    async with manual_world(tmp_path, FakeClock(instant=True)) as world:
        yield world


async def test_a_purchase_is_shown_in_money_percent_and_weights(world: ManualWorld) -> None:
    shown = await world.shown(world.wish(Side.BUY, amount="0.02"))
    assert shown.intent.limit_price == Decimal(50_250)
    assert shown.intent.time_in_force is TimeInForce.IOC
    assert shown.intent.origin is OrderOrigin.MANUAL
    assert (shown.expected_price, shown.value) == (Decimal(50_010), Decimal("1000.20"))
    assert shown.fee == Decimal("2.00040")
    assert shown.effect.nav == Decimal(20_000)
    assert shown.effect.share_of_nav == Decimal("0.05001")
    assert (shown.funds.asset, shown.funds.free) == (USD, Decimal(10_000))
    btc, usd = shown.effect.rows
    assert (btc.asset, btc.weight_before, btc.target, btc.band) == (
        BTC, Decimal("0.5"), Decimal("0.5"), Decimal("0.05"),
    )  # fmt: skip
    assert btc.weight_after is not None
    assert usd.weight_after is not None
    assert btc.weight_after + usd.weight_after == pytest.approx(Decimal(1))
    assert btc.is_outside(btc.weight_after)
    assert not btc.is_outside(btc.weight_before)
    assert world.venue.arrivals == []


async def test_what_was_shown_is_sent_once(world: ManualWorld) -> None:
    shown = await world.shown(world.wish(Side.BUY, amount="0.02"))
    result = await world.confirm(shown)
    assert isinstance(result, ManualResult)
    assert result.order.intent == replace(shown.intent, correlation_id=result.correlation_id)
    assert (result.order.status, result.average_price) == (OrderStatus.FILLED, Decimal(50_010))
    assert result.fees == {USD: Decimal("2.00040")}
    assert result.slippage_fraction == Decimal("0.0002")
    assert result.slippage == Decimal("0.20")
    again = await world.confirm(shown)
    assert isinstance(again, ManualPreview)
    assert "gone" in str(again.again)
    assert len(world.venue.arrivals) == 1


async def test_money_that_is_named_is_the_most_that_is_spent(world: ManualWorld) -> None:
    for cash in ("100", "99.99", "777.77"):
        result = await world.done(world.wish(Side.BUY, amount=cash, unit=USD))
        spent = sum((fill.cost + fill.fee for fill in result.fills), Decimal(0))
        worst = result.order.intent.quantity * Decimal(50_250) * Decimal("1.002")
        assert spent <= worst <= Decimal(cash)
        assert spent > Decimal(cash) * Decimal("0.98")


async def test_everything_can_be_bought_for_and_sold(world: ManualWorld) -> None:
    bought = await world.done(world.wish(Side.BUY, ETH, fraction="1"))
    assert bought.order.status is OrderStatus.FILLED
    left = world.venue.account.free[USD]
    assert 0 <= left < 300, "the buffer for fee and slippage, no more"
    sold = await world.done(world.wish(Side.SELL, ETH, fraction="1"))
    assert sold.order.intent.quantity == bought.order.filled_quantity
    assert world.venue.account.totals.get(ETH, Decimal(0)) == 0


async def test_half_is_half_of_what_is_free(world: ManualWorld) -> None:
    shown = await world.shown(world.wish(Side.SELL, fraction="0.5"))
    assert shown.intent.quantity == Decimal("0.1")
    assert shown.share_of_funds == Decimal("0.5")


async def test_dust_that_stays_and_what_orders_hold_are_said(world: ManualWorld) -> None:
    world.venue.list_instrument("BTC/USD", "49990", "50010")
    symbol = Symbol(BTC, USD)
    world.venue.instruments[symbol] = replace(
        world.venue.instruments[symbol], lot_step=Decimal("0.001")
    )
    world.venue.deposit("BTC", "0.00005")
    shown = await world.shown(world.wish(Side.SELL, fraction="1"))
    assert shown.intent.quantity == Decimal("0.2")
    assert "0.00005 BTC stays: less than the venue trades" in shown.notes
    await world.done(world.wish(Side.SELL, amount="0.05", limit="60000"))
    rest = await world.shown(world.wish(Side.SELL, fraction="1"))
    assert rest.intent.quantity == Decimal("0.15")
    assert "0.05 BTC is held by orders and not part of it" in rest.notes


async def test_a_holding_that_is_dust_is_called_so(world: ManualWorld) -> None:
    world.venue.deposit("ETH", "0.00001")
    denied = await world.refused(world.wish(Side.SELL, ETH, fraction="1"))
    assert denied.code is DenialCode.BELOW_MINIMUM_QUANTITY
    assert "such dust stays" in denied.reason


async def test_a_limit_rests_as_it_was_written(world: ManualWorld) -> None:
    shown = await world.shown(world.wish(Side.BUY, amount="0.01", limit="40000.009"))
    assert shown.intent.limit_price == Decimal("40000.00")
    assert shown.intent.time_in_force is TimeInForce.GTC
    assert "the price was rounded to the venue's tick: 40000" in shown.notes
    assert "it rests in the book until it fills, or until you cancel it" in shown.notes
    result = await world.confirm(shown)
    assert isinstance(result, ManualResult)
    assert (result.order.status, result.fills) == (OrderStatus.OPEN, ())


async def test_a_slip_of_the_finger_is_pointed_at(world: ManualWorld) -> None:
    shown = await world.shown(world.wish(Side.SELL, amount="0.01", limit="5000"))
    assert any("90.0 % worse than the middle" in note for note in shown.notes)


async def test_a_thin_book_is_said_and_the_rest_is_left(world: ManualWorld) -> None:
    world.venue.depth[Symbol(BTC, USD)] = Decimal("0.004")
    result = await world.done(world.wish(Side.SELL, amount="0.01"))
    assert (result.order.status, result.order.filled_quantity) == (
        OrderStatus.CANCELLED, Decimal("0.004"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda world: world.venue.list_instrument("BTC/USD", "50600", "50620"), "price moved"),
        (lambda world: world.venue.deposit("USD", "5"), "USD balance changed"),
        (lambda world: world.venue.deposit("BTC", "0.1"), "balances changed"),
        (lambda world: world.orders.clock.step_wall(121), "had expired"),
    ],
    ids=["price", "what pays", "what comes", "time"],
)
async def test_what_no_longer_holds_is_shown_anew(
    world: ManualWorld, change: object, why: str
) -> None:
    shown = await world.shown(world.wish(Side.BUY, amount="0.02"))
    assert callable(change)
    change(world)
    again = await world.confirm(shown)
    assert isinstance(again, ManualPreview)
    assert why in str(again.again)
    assert again.hash != shown.hash
    assert world.venue.arrivals == []
    result = await world.confirm(again)
    assert isinstance(result, ManualResult)
    assert len(world.venue.arrivals) == 1


async def test_a_price_that_only_breathes_changes_nothing(world: ManualWorld) -> None:
    shown = await world.shown(world.wish(Side.BUY, amount="0.02"))
    world.venue.list_instrument("BTC/USD", "50100", "50120")
    result = await world.confirm(shown)
    assert isinstance(result, ManualResult)
    assert result.order.intent.limit_price == shown.intent.limit_price


async def test_other_rules_void_what_is_shown(world: ManualWorld) -> None:
    shown = await world.shown(world.wish(Side.BUY, amount="0.02"))
    world.manual.replace_rules({world.venue.name: RULES})
    world.manual.replace_rules({world.venue.name: replace(RULES, max_slippage=Decimal("0.01"))})
    again = await world.confirm(shown)
    assert isinstance(again, ManualPreview)
    assert again.intent.limit_price == Decimal(50_500)


async def test_it_is_shown_with_the_refusal_that_sending_would_meet(world: ManualWorld) -> None:
    await world.orders.gate.halt("enough", "test")
    shown = await world.shown(world.wish(Side.BUY, amount="0.02"))
    assert shown.denied is not None
    assert shown.denied.code is DenialCode.HALTED
    refused = await world.confirm(shown)
    assert isinstance(refused, Denied)
    too_much = await world.shown(world.wish(Side.SELL, amount="99"))
    assert too_much.denied is not None


async def test_more_than_there_is_is_denied_with_the_figures(world: ManualWorld) -> None:
    shown = await world.shown(world.wish(Side.SELL, amount="0.3"))
    assert shown.denied is not None
    assert shown.denied.code is DenialCode.INSUFFICIENT_FREE
    assert shown.denied.details["free"] == "0.2"


async def test_limits_that_are_near_are_among_the_notes(tmp_path: Path) -> None:
    async with manual_world(tmp_path, FakeClock(instant=True), cautions=Near()) as world:
        shown = await world.shown(world.wish(Side.BUY, amount="0.02"))
    assert "BTC/USD is at 90 % of a limit" in shown.notes


async def test_a_venue_that_cannot_be_read_promises_nothing(world: ManualWorld) -> None:
    world.venue.fail("fetch_balances", DOWN)
    denied = await world.refused(world.wish(Side.BUY, amount="0.02"))
    assert denied.code is DenialCode.BALANCE_UNVERIFIED
    world.venue.fail("fetch_books", DOWN)
    denied = await world.refused(world.wish(Side.BUY, amount="0.02"))
    assert denied.code is DenialCode.PRICE_UNUSABLE


async def test_pairs_are_named_that_there_are(world: ManualWorld) -> None:
    world.venue.list_instrument("ETH/BTC", "4", "5")
    missing = await world.refused(replace(world.wish(Side.BUY, ETH, amount="1"), quote=ETH))
    assert "the currency itself" in missing.reason
    other = await world.refused(replace(world.wish(Side.BUY, BTC, amount="1"), quote=ETH))
    assert "to buy BTC, sell ETH/BTC" in other.reason
    unit = await world.refused(replace(world.wish(Side.BUY, ETH, amount="1", unit=USD), quote=BTC))
    assert "counted in ETH or BTC, not in USD" in unit.reason


async def test_an_unknown_outcome_is_told_as_one(world: ManualWorld) -> None:
    world.venue.fates = [Fate.ANSWER_LOST]
    result = await world.done(world.wish(Side.BUY, amount="0.02"))
    assert result.order.status in {OrderStatus.UNKNOWN, OrderStatus.FILLED}
    assert len(world.venue.arrivals) == 1
