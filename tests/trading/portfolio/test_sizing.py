"""Sizes on the lot that cannot overspend, by law."""

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trading.portfolio.planning_cases import SETTINGS, instrument, leg, not_denied
from trading.model.denial import DenialCode, Denied
from trading.model.funds import required_funds
from trading.model.instrument import Instrument, Side
from trading.portfolio.plan import PlannedOrder
from trading.portfolio.sizing import Leg, affordable_quantity, own_change, size_buy, size_sell
from trading.portfolio.targets import RebalanceSettings

STEPS = [Decimal("1E-8"), Decimal("1E-4"), Decimal("0.01"), Decimal("0.25"), Decimal(3)]


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    return instrument(
        "BTC/USD",
        lot_step=draw(st.sampled_from(STEPS)),
        cost_step=draw(st.sampled_from([Decimal("1E-8"), Decimal("1E-5"), Decimal("0.01")])),
        taker_fee_fraction=draw(st.decimals(0, "0.01", places=4)),
    )


def needed(of: Instrument, quantity: Decimal, price: Decimal, buffer: Decimal) -> Decimal:
    return required_funds(of, Side.BUY, quantity=quantity, price=price, buffer_fraction=buffer)[1]


@given(
    instruments(),
    st.decimals("0.00001", 100_000, places=5),
    st.decimals(-10, 1_000_000, places=8),
    st.decimals(0, "0.05", places=4),
)
def test_affordable_is_the_most_that_fits_and_never_more(
    traded: Instrument, price: Decimal, cash: Decimal, buffer: Decimal
) -> None:
    quantity = affordable_quantity(traded, price, cash, buffer)
    assert quantity >= 0
    assert quantity % traded.lot_step == 0
    if quantity > 0:
        assert needed(traded, quantity, price, buffer) <= cash
    # A lot more is too much; the division may cost one lot, never two.
    assert needed(traded, quantity + 2 * traded.lot_step, price, buffer) > cash


@pytest.mark.parametrize(("cash", "price"), [("0", "5"), ("-1", "5"), ("5", "0"), ("5", "-1")])
def test_nothing_is_affordable_without_cash_or_price(cash: str, price: str) -> None:
    found = affordable_quantity(instrument("BTC/USD"), Decimal(price), Decimal(cash), Decimal(0))
    assert found == 0


AMOUNTS = st.decimals("0.01", 1_000_000, places=2)
PRICES = st.decimals("0.01", 70_000, places=2)
SYMBOLS = st.sampled_from(["BTC/USD", "USD/BTC"])


@st.composite
def legs(draw: st.DrawFn) -> Leg:
    return leg(
        "BTC",
        draw(PRICES),
        draw(SYMBOLS),
        lot_step=draw(st.sampled_from([Decimal("1E-8"), Decimal("1E-4"), Decimal("0.01")])),
        tick_size=Decimal("0.00001"),
        taker_fee_fraction=draw(st.decimals(0, "0.01", places=4)),
    )


@given(legs(), AMOUNTS, AMOUNTS)
def test_a_sale_never_needs_more_than_is_free(one: Leg, value: Decimal, free: Decimal) -> None:
    order = size_sell(one, value, free=free, settings=SETTINGS)
    if not isinstance(order, Denied):
        assert order.reserve_asset == one.asset
        assert order.reserve_amount <= free
        assert own_change(one, order.value, is_buy=False) <= value * (1 + Decimal("1E-20"))


@given(legs(), AMOUNTS, AMOUNTS)
def test_a_buy_never_needs_more_than_the_cash(one: Leg, value: Decimal, cash: Decimal) -> None:
    order = size_buy(one, value, cash=cash, settings=SETTINGS)
    if not isinstance(order, Denied):
        assert order.reserve_asset == "USD"
        assert order.reserve_amount <= cash
        assert own_change(one, order.value, is_buy=True) <= value * (1 + Decimal("1E-20"))


@given(legs(), AMOUNTS, st.booleans())
def test_sizing_what_an_order_moves_again_gives_no_more(
    one: Leg, value: Decimal, is_buy: bool
) -> None:
    """The chase of a run sizes what is left again and again: it must not creep upwards."""
    plenty = Decimal("1E12")

    def size(worth: Decimal) -> Decimal:
        order = (
            size_buy(one, worth, cash=plenty, settings=SETTINGS)
            if is_buy
            else size_sell(one, worth, free=plenty, settings=SETTINGS)
        )
        return Decimal(0) if isinstance(order, Denied) else order.value

    first = size(value)
    again = size(own_change(one, first, is_buy=is_buy))
    a_lot = one.instrument.lot_step * (1 if one.is_inverse else one.reference_price)
    assert first - a_lot - SETTINGS.min_order <= again <= first


def test_the_fee_of_an_inverse_pair_falls_on_the_asset() -> None:
    inverse = leg("EUR", "0.8", "USD/EUR", taker_fee_fraction=Decimal("0.01"))
    direct = leg("EUR", "1.25", taker_fee_fraction=Decimal("0.01"))
    assert own_change(inverse, Decimal(100), is_buy=True) == 99
    assert own_change(inverse, Decimal(100), is_buy=False) == 101
    assert own_change(direct, Decimal(100), is_buy=True) == 100
    assert (inverse.price_in_base, direct.price_in_base) == (Decimal("1.25"), Decimal("1.25"))


def test_the_limit_lies_on_the_tick_and_within_the_slippage() -> None:
    one = leg("BTC", "50000.005")
    assert one.limit_price(Side.BUY, Decimal("0.005")) == Decimal("50250.00")
    assert one.limit_price(Side.SELL, Decimal("0.005")) == Decimal("49750.01")


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_limit_that_cannot_reach_the_market_is_refused(side: str) -> None:
    one = leg("BTC", "101", tick_size=Decimal(2))

    def size(settings: RebalanceSettings) -> PlannedOrder | Denied:
        if side == "buy":
            return size_buy(one, Decimal(50), cash=Decimal(90), settings=settings)
        return size_sell(one, Decimal(50), free=Decimal(90), settings=settings)

    denied = size(SETTINGS)
    assert isinstance(denied, Denied)
    assert denied.code is DenialCode.PRICE_UNUSABLE
    reaches = not_denied(size(replace(SETTINGS, max_slippage=Decimal("0.02"))))
    assert reaches.limit_price == Decimal(102 if side == "buy" else 100)


def test_the_reserve_covers_the_cost_rounded_against_us() -> None:
    order = not_denied(
        size_buy(leg("BTC", "33333.33"), Decimal(5000), cash=Decimal(6000), settings=SETTINGS)
    )
    worst = (order.quantity * order.limit_price * (1 + SETTINGS.order_buffer)).quantize(
        Decimal("0.00001"), rounding=ROUND_CEILING
    )
    assert order.reserve_amount == worst + 20 * Decimal("0.00001")
