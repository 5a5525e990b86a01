"""Time-weighted growth: worked examples, and the law that money put in or taken out is neither."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import START
from trading.model.identifiers import Asset, VenueName
from trading.risk.performance import (
    Book,
    Flow,
    Holding,
    Reading,
    begin,
    growth_between,
    growth_by_prices,
    new_day,
    settle,
    value_flow,
)

BTC, ETH, USD = Asset("BTC"), Asset("ETH"), Asset("USD")
TODAY = date(2026, 1, 5)
MINUTE = timedelta(minutes=1)
Number = str | Decimal | int
amounts = st.decimals("0.0001", "1000", places=4)
prices = st.decimals("0.01", "60000", places=2)
noise = Decimal("1E-20")


def reading(holdings: Mapping[Asset, tuple[Number, Number]], *, at: datetime = START) -> Reading:
    """Amount and price of each asset; dollars have the price 1."""
    return Reading(
        venue=VenueName("kraken"),
        base=USD,
        holdings={
            asset: Holding(total=Decimal(total), price=Decimal(price))
            for asset, (total, price) in holdings.items()
        },
        balances_at=at,
        prices_at=at,
        at=at,
        source="exchange",
    )


def flow(value: str) -> Flow:
    return Flow(asset=USD, amount=Decimal(value), value=Decimal(value))


def chained(readings: list[tuple[str, list[str]]]) -> Book:
    """Settle readings of dollars alone, each with the flows before it."""
    first, *rest = readings
    book = begin(reading({USD: (first[0], 1)}), TODAY)
    for number, (nav, flows) in enumerate(rest, start=1):
        after = reading({USD: (nav, 1)}, at=START + number * MINUTE)
        book = settle(book, after, [flow(each) for each in flows], TODAY)
    return book


def test_worked_example_without_flows_is_the_plain_return() -> None:
    """1,000 becomes 1,100, then 990: +10 % and -10 % are -1 %."""
    book = chained([("1000", []), ("1100", []), ("990", [])])
    assert book.growth == Decimal("0.99")
    assert book.peak == Decimal("1.1")
    assert book.performance(nav=Decimal(990), growth=book.growth).drawdown == Decimal("0.1")


def test_worked_example_with_a_deposit() -> None:
    """1,000 gains 10 %; 500 come in; the 1,600 lose 25 %: 1.1 x 0.75 = 0.825."""
    book = chained([("1000", []), ("1100", []), ("1600", ["500"]), ("1200", [])])
    assert book.growth == Decimal("0.825")
    assert book.peak == Decimal("1.1")


def test_worked_example_with_a_withdrawal() -> None:
    """2,000 lose 10 %; 800 go out; the 1,000 gain 20 %: 0.9 x 1.2 = 1.08."""
    book = chained([("2000", []), ("1800", []), ("1000", ["-800"]), ("1200", [])])
    assert book.growth == Decimal("1.08")
    assert book.performance(nav=Decimal(1200), growth=book.growth).drawdown == 0


def test_worked_example_with_gain_and_flows_in_one_interval() -> None:
    """1,000 and 200 that come in end as 1,050, and 270 went out: 1,320 / 1,200 = 1.1."""
    assert growth_between(Decimal(1000), Decimal(1050), [flow("200"), flow("-270")]) == Decimal(
        "1.1"
    )


def test_a_small_rest_is_no_lever_for_what_comes_in() -> None:
    """A cent is left; 1,000 come in and cost a fee of 5: half a percent, and not 50,000."""
    grown = growth_between(Decimal("0.01"), Decimal("995.01"), [flow("1000")])
    assert Decimal("0.994") < grown < Decimal("0.996")


@pytest.mark.parametrize(
    ("before", "after", "flows"),
    [("0", "0", []), ("0", "500", ["500"]), ("500", "0", ["-500"])],
    ids=["nothing there", "the first money", "all of it goes"],
)
def test_an_empty_account_neither_gains_nor_loses(
    before: str, after: str, flows: list[str]
) -> None:
    assert growth_between(Decimal(before), Decimal(after), [flow(each) for each in flows]) == 1


def test_after_a_whole_loss_the_series_goes_on() -> None:
    book = chained([("1000", []), ("0", []), ("500", ["500"]), ("550", [])])
    assert 0 < book.growth < Decimal("1E-8")


@given(held=amounts, cash=amounts, coming=amounts, price=prices)
def test_a_deposit_alone_changes_no_return(
    held: Decimal, cash: Decimal, coming: Decimal, price: Decimal
) -> None:
    for asset, own in ((BTC, held), (USD, cash)):
        before = reading({BTC: (held, price), USD: (cash, 1)})
        holdings: dict[Asset, tuple[Number, Number]] = {
            BTC: (held, price),
            USD: (cash, 1),
        }
        holdings[asset] = (own + coming, holdings[asset][1])
        after = reading(holdings, at=START + MINUTE)
        came = value_flow(asset, coming, before=before, after=after, elsewhere={})
        assert came is not None
        assert growth_between(before.nav, after.nav, [came]) == 1
        assert abs(growth_by_prices(before, after) - 1) < noise


@given(held=amounts, moved=amounts, old=prices, new=prices)
def test_a_flow_while_prices_move_leaves_what_prices_did(
    held: Decimal, moved: Decimal, old: Decimal, new: Decimal
) -> None:
    """In and out alike, in an asset that is held: the growth is that of the price."""
    for amount in (moved, -min(moved, held / 2)):
        before = reading({BTC: (held, old)})
        after = reading({BTC: (held + amount, new)}, at=START + MINUTE)
        went = value_flow(BTC, amount, before=before, after=after, elsewhere={})
        assert went is not None
        grown = growth_between(before.nav, after.nav, [went])
        assert abs(grown / (new / old) - 1) < noise


@given(
    navs=st.lists(st.decimals("1", "100000", places=2), min_size=2, max_size=8),
    flows=st.lists(st.decimals("-90000", "90000", places=2), min_size=8, max_size=8),
)
def test_growth_never_ends_and_the_peak_is_its_highest(
    navs: list[Decimal], flows: list[Decimal]
) -> None:
    book = begin(reading({USD: (navs[0], 1)}), TODAY)
    seen = [book.growth]
    for nav, moved in zip(navs[1:], flows, strict=False):
        book = settle(book, reading({USD: (nav, 1)}), [flow(str(moved))], TODAY)
        seen.append(book.growth)
    assert min(seen) > 0
    assert book.peak == max(seen)
    figures = book.performance(nav=navs[-1], growth=book.growth)
    assert 0 <= figures.drawdown < 1


def test_what_came_in_over_a_long_gap_counts_at_its_price_in_the_end() -> None:
    before = reading({BTC: ("1", "100")})
    after = reading({BTC: ("2", "200")}, at=START + timedelta(days=2))
    came = value_flow(BTC, Decimal(1), before=before, after=after, elsewhere={})
    assert came == Flow(asset=BTC, amount=Decimal(1), value=Decimal(200))


def test_what_is_gone_counts_at_the_last_price_there_is() -> None:
    before, after = reading({ETH: ("1", "100")}), reading({USD: ("5", 1)}, at=START + MINUTE)
    one = Decimal(-1)
    asked = value_flow(ETH, one, before=before, after=after, elsewhere={ETH: Decimal(90)})
    assert asked is not None
    assert asked.value == -90
    old = value_flow(ETH, one, before=before, after=after, elsewhere={})
    assert old is not None
    assert old.value == -100
    assert value_flow(BTC, one, before=before, after=after, elsewhere={}) is None


def test_prices_alone_are_what_a_change_of_amounts_is_judged_by_at_first() -> None:
    before = reading({BTC: ("1", "100"), USD: ("100", 1)})
    after = reading({BTC: ("3", "70"), USD: ("5000", 1)}, at=START + MINUTE)
    assert growth_by_prices(before, after) == Decimal("0.85")
    assert growth_by_prices(reading({}), after) == 1


def test_a_day_begins_at_its_first_reading_and_never_goes_back() -> None:
    book = chained([("1000", []), ("800", [])])
    assert book.performance(nav=Decimal(800), growth=book.growth).daily_loss == Decimal("0.2")
    tomorrow = TODAY + timedelta(days=1)
    later = reading({USD: ("800", 1)}, at=START + timedelta(hours=12))
    fresh = new_day(book, later, book.growth, tomorrow)
    assert (fresh.day, fresh.day_growth, fresh.day_nav) == (tomorrow, Decimal("0.8"), Decimal(800))
    assert new_day(fresh, later, Decimal("0.7"), TODAY) == fresh, "a clock that stepped back"
    wrong = new_day(fresh, later, Decimal("0.7"), TODAY + timedelta(days=400))
    assert new_day(wrong, later, Decimal("0.7"), TODAY).day == TODAY, "a clock set right again"
