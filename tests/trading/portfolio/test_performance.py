"""Average cost and profit from fills: the sums come out, whatever the order of trading."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.model.fill import Fill
from trading.model.identifiers import Asset, FillId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Side
from trading.portfolio.performance import SymbolBook, add_fill, read_fills

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
BTC = Symbol.parse("BTC/USD")
ETH = Symbol.parse("ETH/BTC")
VENUE = VenueName("kraken")
TINY = Decimal("1e-18")


def fill(
    side: Side,
    quantity: str,
    price: str,
    fee: str = "0",
    *,
    number: int = 0,
    symbol: Symbol = BTC,
    fee_asset: str | None = None,
) -> Fill:
    return Fill(
        venue=VENUE,
        fill_id=FillId(f"F{number:04}"),
        venue_order_id=VenueOrderId("O1"),
        client_order_id=None,
        symbol=symbol,
        side=side,
        quantity=Decimal(quantity),
        price=Decimal(price),
        cost=Decimal(quantity) * Decimal(price),
        fee=Decimal(fee),
        fee_asset=symbol.quote if fee_asset is None else Asset(fee_asset),
        executed_at=AT + timedelta(minutes=number),
    )


def book_of(*fills: Fill) -> SymbolBook:
    return read_fills(fills)[VENUE, fills[0].symbol]


def test_average_cost_counts_the_fees() -> None:
    book = book_of(fill(Side.BUY, "1", "100", "1"), fill(Side.BUY, "1", "200", "1", number=1))
    assert book.average_cost == Decimal(151)
    assert book.fees == Decimal(2)


def test_a_sale_realises_against_average_cost_after_fees() -> None:
    book = book_of(
        fill(Side.BUY, "2", "100", "2"),
        fill(Side.SELL, "1", "150", "1.5", number=1),
    )
    assert book.realised_profit == Decimal("47.5")
    assert book.quantity == Decimal(1)
    assert book.average_cost == Decimal(101)
    assert book.unrealised_profit(Decimal(150)) == Decimal(49)


def test_what_was_never_bought_earns_nothing() -> None:
    book = book_of(
        fill(Side.BUY, "1", "100"),
        fill(Side.SELL, "3", "150", number=1),
    )
    assert book.realised_profit == Decimal(50)
    assert book.unmatched_quantity == Decimal(2)
    assert book.unmatched_proceeds == Decimal(300)
    assert book.average_cost is None


def test_a_fee_in_the_base_leaves_less_to_hold() -> None:
    book = book_of(fill(Side.BUY, "1", "100", "0.01", fee_asset="BTC"))
    assert book.quantity == Decimal("0.99")
    assert book.cost_basis == Decimal(100)
    assert book.other_fees == {"BTC": Decimal("0.01")}


def test_a_fee_in_a_third_asset_is_kept_apart() -> None:
    book = book_of(fill(Side.BUY, "1", "100", "0.2", fee_asset="BNB"))
    assert (book.cost_basis, book.fees) == (Decimal(100), Decimal(0))
    assert book.other_fees == {"BNB": Decimal("0.2")}


def test_profit_is_told_by_period() -> None:
    book = book_of(
        fill(Side.BUY, "2", "100"),
        fill(Side.SELL, "1", "110", number=1),
        fill(Side.SELL, "1", "130", number=60),
    )
    assert book.realised_since(AT + timedelta(minutes=30)) == Decimal(30)
    assert book.realised_since(None) == Decimal(40)


def test_each_symbol_has_its_own_book() -> None:
    books = read_fills([fill(Side.BUY, "1", "100"), fill(Side.BUY, "1", "0.05", symbol=ETH)])
    assert set(books) == {(VENUE, BTC), (VENUE, ETH)}


def test_a_fill_of_another_symbol_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot enter"):
        add_fill(SymbolBook(venue=VENUE, symbol=ETH), fill(Side.BUY, "1", "1"))


amounts = st.decimals("0.0001", "1000", places=4)
prices = st.decimals("0.01", "90000", places=2)
trades = st.lists(
    st.tuples(st.sampled_from(list(Side)), amounts, prices, st.decimals("0", "10", places=4)),
    min_size=1,
    max_size=25,
)
Trade = tuple[Side, Decimal, Decimal, Decimal]


def fills_of(made: Sequence[Trade]) -> list[Fill]:
    return [
        fill(side, str(quantity), str(price), str(fee), number=number)
        for number, (side, quantity, price, fee) in enumerate(made)
    ]


@given(trades, prices)
def test_realised_and_unrealised_are_the_change_of_equity(
    made: list[Trade], price: Decimal
) -> None:
    fills = fills_of(made)
    book = book_of(*fills)
    cash = held = Decimal(0)
    for each in fills:
        sign = 1 if each.side is Side.BUY else -1
        cash -= sign * each.cost + each.fee
        held += sign * each.quantity
    # What was sold beyond the known purchases brought its proceeds in, and nothing else.
    equity = cash - book.unmatched_proceeds + (held + book.unmatched_quantity) * price
    assert abs(book.realised_profit + book.unrealised_profit(price) - equity) < TINY


@given(trades)
def test_the_book_never_owes_anything(made: list[Trade]) -> None:
    book = book_of(*fills_of(made))
    assert book.quantity >= 0
    assert book.cost_basis >= 0
    assert book.unmatched_quantity >= 0
    if book.quantity == 0:
        assert book.cost_basis == 0


@given(trades, st.randoms(use_true_random=False))
def test_the_order_in_which_fills_are_read_does_not_matter(
    made: list[Trade], dice: Random
) -> None:
    fills = fills_of(made)
    shuffled = list(fills)
    dice.shuffle(shuffled)
    assert book_of(*shuffled) == book_of(*fills)
