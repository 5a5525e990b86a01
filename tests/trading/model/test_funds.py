"""What an order can spend at worst: never less than what a venue could take."""

from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.trading.portfolio.planning_cases import instrument
from trading.model.funds import required_funds, rounding_margin
from trading.model.identifiers import Asset
from trading.model.instrument import Side

QUANTITIES = st.decimals("0.00000001", 10_000, places=8)
PRICES = st.decimals("0.01", 100_000, places=2)
FRACTIONS = st.decimals(0, "0.05", places=4)


def buy(quantity: Decimal, price: Decimal, buffer: Decimal, **changes: object) -> Decimal:
    asset, amount = required_funds(
        instrument("BTC/USD", **changes),
        Side.BUY,
        quantity=quantity,
        price=price,
        buffer_fraction=buffer,
    )
    assert asset == Asset("USD")
    return amount


@given(QUANTITIES, PRICES, FRACTIONS, st.tuples(QUANTITIES, PRICES, FRACTIONS))
def test_more_never_needs_less(
    quantity: Decimal, price: Decimal, buffer: Decimal, more: tuple[Decimal, Decimal, Decimal]
) -> None:
    least = buy(quantity, price, buffer)
    assert buy(quantity + more[0], price, buffer) >= least
    assert buy(quantity, price + more[1], buffer) >= least
    assert buy(quantity, price, buffer + more[2]) >= least


@given(QUANTITIES, PRICES, FRACTIONS, st.integers(1, 10), st.data())
def test_it_covers_whatever_ten_fills_can_cost(
    quantity: Decimal, price: Decimal, fee: Decimal, count: int, data: st.DataObject
) -> None:
    """Each fill's cost and fee is rounded up to the venue's step, at the worst price."""
    step = data.draw(st.sampled_from([Decimal("0.01"), Decimal("1E-5")]))
    reserved = buy(quantity, price, Decimal(0), taker_fee_fraction=fee, cost_step=step)
    cuts = sorted(data.draw(st.lists(st.integers(0, 100), min_size=count - 1, max_size=count - 1)))
    bounds = [Decimal(0), *(quantity * cut / 100 for cut in cuts), quantity]
    spent = Decimal(0)
    for low, high in pairwise(bounds):
        cost = ((high - low) * price / step).to_integral_value(ROUND_CEILING) * step
        spent += cost + (cost * fee / step).to_integral_value(ROUND_CEILING) * step
    assert spent <= reserved


@given(QUANTITIES, PRICES, FRACTIONS)
def test_a_sale_needs_its_quantity_and_no_buffer(
    quantity: Decimal, price: Decimal, buffer: Decimal
) -> None:
    needed = required_funds(
        instrument("BTC/USD"), Side.SELL, quantity=quantity, price=price, buffer_fraction=buffer
    )
    assert needed == (Asset("BTC"), quantity)


def test_the_fee_is_covered_even_where_the_buffer_is_smaller() -> None:
    dear = buy(Decimal(1), Decimal(100), Decimal("0.001"), taker_fee_fraction=Decimal("0.01"))
    margin = rounding_margin(instrument("BTC/USD"))
    assert dear == Decimal(101) + margin
