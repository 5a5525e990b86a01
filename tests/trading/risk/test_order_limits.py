"""The limits on single orders: every order is checked, and a refusal says which limit and why."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.model.denial import DenialCode
from trading.model.identifiers import Asset, CorrelationId, Symbol, VenueName
from trading.model.instrument import Side
from trading.model.order import OrderIntent, OrderOrigin, OrderType, TimeInForce
from trading.model.risk import RiskLimits
from trading.risk.order_limits import OrderFacts, check_order, notional

BTC, ETH, USD, EUR = Asset("BTC"), Asset("ETH"), Asset("USD"), Asset("EUR")
BTC_USD, ETH_BTC, EUR_USD = Symbol(BTC, USD), Symbol(ETH, BTC), Symbol(EUR, USD)
FACTS = OrderFacts(
    limits=RiskLimits(
        max_order_notional=Decimal(1000),
        max_price_deviation=Decimal("0.05"),
        max_orders_per_minute=10,
        max_exposure=Decimal("0.5"),
    ),
    base=USD,
    mids={BTC_USD: Decimal(50_000), ETH_BTC: Decimal("0.05")},
    rates={USD: Decimal(1), BTC: Decimal(50_000), ETH: Decimal(2500)},
    totals={USD: Decimal(5000), BTC: Decimal("0.1")},
)


def order(side: Side = Side.BUY, quantity: str = "0.01", **changes: Any) -> OrderIntent:
    plain = OrderIntent(
        venue=VenueName("kraken"),
        symbol=BTC_USD,
        side=side,
        quantity=Decimal(quantity),
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.IOC,
        limit_price=Decimal(50_000),
        reserve_asset=USD,
        reserve_amount=Decimal(0),
        origin=OrderOrigin.MANUAL,
        reason="test",
        run_id=None,
        correlation_id=CorrelationId("c"),
    )
    return replace(plain, **changes)


def only(**limits: Any) -> OrderFacts:
    return replace(FACTS, limits=RiskLimits(**limits))


def denied_by(intent: OrderIntent, facts: OrderFacts = FACTS) -> str | None:
    denied = check_order(intent, facts)
    return None if denied is None else denied.details["limit"]


def test_an_order_inside_every_limit_passes() -> None:
    assert check_order(order(Side.SELL), FACTS) is None


def test_a_refusal_names_the_limit_its_value_and_its_use() -> None:
    denied = check_order(order(Side.SELL, "0.025"), FACTS)
    assert denied is not None
    assert denied.code is DenialCode.ABOVE_LIMIT
    assert denied.reason == "the risk limit max_order_notional forbids it"
    assert denied.details == {
        "limit": "max_order_notional",
        "allowed": "1000.00 USD",
        "value": "1250.00 USD",
        "use": "125%",
    }


@pytest.mark.parametrize("origin", [OrderOrigin.MANUAL, OrderOrigin.REBALANCE])
def test_whoever_wants_it(origin: OrderOrigin) -> None:
    assert denied_by(order(quantity="0.03", origin=origin)) == "max_order_notional"


def test_a_sell_is_worth_the_market_however_low_its_limit_is() -> None:
    facts = only(max_order_notional=Decimal(1000))
    assert denied_by(order(Side.SELL, "1", limit_price=Decimal(1)), facts) == "max_order_notional"


@pytest.mark.parametrize(
    ("intent", "worth"),
    [
        (order(quantity="0.1", limit_price=Decimal(51_000)), "5100"),
        (order(quantity="0.1", limit_price=Decimal(49_000)), "5000"),
        (order(quantity="2", symbol=ETH_BTC, limit_price=Decimal("0.05")), "5000"),
        (order(quantity="7", symbol=Symbol(USD, EUR), limit_price=Decimal("0.9")), "7"),
        (order(quantity="7", symbol=EUR_USD, limit_price=Decimal("1.1")), "7.7"),
    ],
    ids=["limit above", "middle above", "other quote", "base first", "no middle"],
)
def test_what_an_order_is_worth(intent: OrderIntent, worth: str) -> None:
    assert notional(intent, FACTS) == Decimal(worth)


def test_what_cannot_be_valued_is_refused_and_not_let_through() -> None:
    unknown = replace(FACTS, mids={}, rates={USD: Decimal(1)})
    in_btc = order(symbol=ETH_BTC, limit_price=Decimal("0.05"))
    for facts in (
        replace(unknown, limits=RiskLimits(max_order_notional=Decimal(1000))),
        replace(unknown, limits=RiskLimits(max_price_deviation=Decimal("0.1"))),
        replace(unknown, limits=RiskLimits(max_exposure=Decimal("0.5"))),
    ):
        denied = check_order(in_btc, facts)
        assert denied is not None
        assert denied.code is DenialCode.PRICE_UNUSABLE


@pytest.mark.parametrize(
    ("side", "price", "expected"),
    [
        (Side.BUY, "52500", None),
        (Side.BUY, "52501", "max_price_deviation"),
        (Side.BUY, "30000", None),
        (Side.SELL, "47500", None),
        (Side.SELL, "47499", "max_price_deviation"),
        (Side.SELL, "90000", None),
    ],
)
def test_a_price_may_lie_so_far_from_the_middle_on_the_side_that_costs(
    side: Side, price: str, expected: str | None
) -> None:
    facts = only(max_price_deviation=Decimal("0.05"))
    assert denied_by(order(side, limit_price=Decimal(price)), facts) == expected


def test_a_market_order_has_no_price_to_be_checked() -> None:
    facts = only(max_price_deviation=Decimal("0.05"))
    market = order(order_type=OrderType.MARKET, limit_price=None)
    assert denied_by(market, facts) == "max_price_deviation"


def test_so_many_orders_a_minute() -> None:
    assert denied_by(order(Side.SELL), replace(FACTS, sent_lately=9)) is None
    assert denied_by(order(Side.SELL), replace(FACTS, sent_lately=10)) == "max_orders_per_minute"


def test_exposure_counts_what_is_held_and_what_is_coming() -> None:
    facts = only(max_exposure=Decimal("0.6"))
    assert denied_by(order(quantity="0.02"), facts) is None
    assert denied_by(order(quantity="0.021"), facts) == "max_exposure"
    coming = replace(facts, coming={BTC: Decimal("0.015")})
    assert denied_by(order(quantity="0.01"), coming) == "max_exposure"
    own = only(max_exposure=Decimal("0.1"), exposure_of={BTC: Decimal("0.9")})
    assert denied_by(order(quantity="0.021"), own) is None


def test_a_sell_for_another_asset_is_exposure_to_that() -> None:
    facts = replace(
        only(max_exposure=Decimal("0.6")), totals={BTC: Decimal("0.1"), ETH: Decimal(2)}
    )
    sell = order(Side.SELL, "2", symbol=ETH_BTC, limit_price=Decimal("0.0499"))
    assert denied_by(sell, facts) == "max_exposure"


def test_what_reduces_passes_the_limit_on_exposure() -> None:
    facts = replace(only(max_exposure=Decimal("0.01")), totals={BTC: Decimal(1)})
    assert denied_by(order(Side.SELL, "1"), facts) is None


def test_closing_all_passes_everything_but_a_bad_price() -> None:
    closing = order(Side.SELL, "100", origin=OrderOrigin.CLOSE_ALL)
    facts = replace(FACTS, sent_lately=99)
    assert check_order(closing, facts) is None
    assert check_order(closing, replace(facts, mids={})) is None
    bad = replace(closing, limit_price=Decimal(100))
    assert denied_by(bad, facts) == "max_price_deviation"


quantities = st.decimals("0.0001", "0.1", places=4)


@given(
    wanted=st.lists(st.tuples(st.sampled_from(Side), quantities), max_size=15),
    sent=st.integers(0, 12),
)
def test_no_batch_as_a_whole_passes_a_limit(wanted: list[tuple[Side, Decimal]], sent: int) -> None:
    """What is let through, in whatever order, stays inside every limit together."""
    facts, passed = replace(FACTS, sent_lately=sent), []
    for side, quantity in wanted:
        intent = order(side, str(quantity))
        if check_order(intent, facts) is None:
            facts = facts.with_order(intent)
            passed.append(intent)
    assert not passed or sent + len(passed) <= 10
    bought = sum(each.quantity for each in passed if each.side is Side.BUY)
    assert not bought or (Decimal("0.1") + bought) * 50_000 <= Decimal(5000)
    assert all(each.quantity * 50_000 <= 1000 for each in passed)
