"""The matching engine, case by case: holds, fills, fees and ends."""

from decimal import Decimal

import pytest

from tests.trading.venues.paper.samples import (
    START,
    after,
    buy,
    depth,
    done,
    ended,
    engine_with,
    holdings,
    ioc,
    refused,
    sell,
    submit,
)
from trading.venues.paper.refusals import RefusalReason
from trading.venues.paper.values import (
    CloseReason,
    LedgerEntered,
    Level,
    OrderRequest,
    OrderState,
    TimeInForce,
)

BOOK = depth(
    bids=(("99.0", "1"), ("98.0", "2")),
    asks=(("101.0", "1"), ("102.0", "2")),
)


def test_a_market_buy_walks_the_levels_and_pays_its_fee_in_the_quote() -> None:
    engine = engine_with({"USD": "1000"}, BOOK)
    transition = submit(engine, buy("1.5"))
    assert [(fill.price, fill.quantity) for fill in transition.fills()] == [
        (Decimal("101.0"), Decimal(1)),
        (Decimal("102.0"), Decimal("0.5")),
    ]
    # 101 + 51 = 152, and 0.4 % of each leg: 0.404 + 0.204
    assert holdings(engine) == {"USD": ("847.392", "0"), "BTC": ("1.5", "0")}
    assert ended(transition).state is OrderState.CLOSED


def test_what_was_consumed_stays_consumed_until_the_market_refreshes() -> None:
    engine = engine_with({"USD": "1000"}, BOOK)
    submit(engine, buy("1.5"))
    assert engine.state.depths["BTC/USD"].asks == (
        Level(price=Decimal("102.0"), quantity=Decimal("1.5")),
    )
    engine.adopt(engine.refresh("BTC/USD", BOOK, at=after(1)))
    assert engine.state.depths["BTC/USD"].asks == BOOK.asks


def test_a_resting_order_holds_what_it_may_spend_and_a_cancel_gives_it_back() -> None:
    engine = engine_with({"USD": "1000"}, BOOK)
    submit(engine, buy("2", "90.0"))
    assert holdings(engine) == {"USD": ("1000", "180.72")}
    engine.adopt(done(engine.cancel(["O1"], at=after(1))))
    assert holdings(engine) == {"USD": ("1000", "0")}


def test_a_limit_order_takes_what_it_crosses_and_rests_with_the_rest() -> None:
    engine = engine_with({"USD": "1000"}, BOOK)
    submit(engine, buy("3", "101.5"))
    assert engine.state.orders["O1"].filled == 1
    # paid 101 + 0.404; the rest holds 2 * 101.5 * 1.004
    assert holdings(engine)["USD"] == ("898.596", "203.812")


def test_a_resting_order_is_met_at_its_own_price_as_a_maker() -> None:
    engine = engine_with({"BTC": "2"}, BOOK)
    submit(engine, sell("2", "105.0"))
    crossed = depth(bids=(("110.0", "0.5"), ("106.0", "0.7"), ("90.0", "9")))
    transition = engine.refresh("BTC/USD", crossed, at=after(1))
    engine.adopt(transition)
    assert [(fill.price, fill.quantity, fill.is_maker) for fill in transition.fills()] == [
        (Decimal("105.0"), Decimal("0.5"), True),
        (Decimal("105.0"), Decimal("0.7"), True),
    ]
    # 52.5 - 0.1312 and 73.5 - 0.1837 (0.25 %, cut); what it met is gone from the book
    assert holdings(engine) == {"BTC": ("0.8", "0.8"), "USD": ("125.6851", "0")}
    assert engine.state.depths["BTC/USD"].bids == crossed.bids[2:]


def test_the_better_price_then_the_earlier_order_is_met_first() -> None:
    engine = engine_with({"USD": "1000"})
    for name, price in (("early", "90.0"), ("best", "91.0"), ("late", "90.0")):
        submit(engine, buy("1", price, name=name))
    transition = engine.refresh("BTC/USD", depth(asks=(("89.0", "1.5"),)), at=after(1))
    assert [(fill.order_id, fill.quantity) for fill in transition.fills()] == [
        ("best", Decimal(1)),
        ("early", Decimal("0.5")),
    ]


@pytest.mark.parametrize(
    ("request_", "filled", "state", "reason"),
    [
        pytest.param(
            ioc(buy("3", "101.0")),
            "1",
            OrderState.CANCELED,
            CloseReason.IMMEDIATE_OR_CANCEL,
            id="ioc-partial",
        ),
        pytest.param(
            ioc(buy("1", "100.0")),
            "0",
            OrderState.CANCELED,
            CloseReason.IMMEDIATE_OR_CANCEL,
            id="ioc-nothing",
        ),
        pytest.param(ioc(buy("1", "101.0")), "1", OrderState.CLOSED, None, id="ioc-whole"),
        pytest.param(
            buy("5"), "3", OrderState.CANCELED, CloseReason.NO_LIQUIDITY, id="market-runs-dry"
        ),
        pytest.param(
            buy("1", "101.0", post_only=True),
            "0",
            OrderState.CANCELED,
            CloseReason.POST_ONLY,
            id="post-only-would-take",
        ),
    ],
)
def test_an_order_that_may_not_rest_ends_at_once(
    request_: OrderRequest, filled: str, state: OrderState, reason: CloseReason | None
) -> None:
    engine = engine_with({"USD": "1000"}, BOOK)
    order = ended(submit(engine, request_))
    assert (order.filled, order.state, order.reason) == (Decimal(filled), state, reason)
    assert order.hold == 0
    assert engine.state.orders == {}


def test_a_post_only_order_that_does_not_cross_rests() -> None:
    engine = engine_with({"USD": "1000"}, BOOK)
    submit(engine, buy("1", "100.9", post_only=True))
    assert engine.state.orders["O1"].filled == 0


def test_an_order_never_meets_the_accounts_own() -> None:
    engine = engine_with({"USD": "1000", "BTC": "1"}, BOOK)
    submit(engine, sell("1", "101.5", name="own"))
    order = ended(submit(engine, buy("3", name="taker")))
    assert (order.filled, order.reason) == (Decimal(1), CloseReason.SELF_TRADE)
    assert list(engine.state.orders) == ["own"]


def test_the_own_order_is_met_first_where_the_world_offers_nothing_nearer() -> None:
    engine = engine_with({"USD": "1000", "BTC": "1"})
    submit(engine, sell("1", "101.5", name="own"))
    order = ended(submit(engine, buy("1", "102.0", name="taker")))
    assert (order.filled, order.reason) == (Decimal(0), CloseReason.SELF_TRADE)


def test_an_order_expires_when_its_time_has_come() -> None:
    engine = engine_with({"USD": "1000"})
    request = buy("1", "90.0", time_in_force=TimeInForce.GTD, expires_at=after(60))
    submit(engine, request)
    engine.adopt(engine.expire(at=after(59)))
    assert list(engine.state.orders) == ["O1"]
    transition = engine.expire(at=after(60))
    engine.adopt(transition)
    assert ended(transition).state is OrderState.EXPIRED
    assert holdings(engine)["USD"] == ("1000", "0")


def test_cancelling_several_is_all_or_nothing() -> None:
    engine = engine_with({"USD": "1000"})
    submit(engine, buy("1", "90.0", name="one"))
    outcome = engine.cancel(["one", "unknown"], at=START)
    assert refused(outcome).reason is RefusalReason.UNKNOWN_ORDER
    assert list(engine.state.orders) == ["one"]


def test_the_ledger_tells_each_movement_and_the_balance_after_it() -> None:
    engine = engine_with({"USD": "1000"}, BOOK)
    transition = submit(engine, buy("1"))
    rows = [event.row for event in transition.events if isinstance(event, LedgerEntered)]
    (fill,) = transition.fills()
    assert [(row.asset, row.amount, row.fee, row.balance, row.fill_number) for row in rows] == [
        ("BTC", Decimal(1), Decimal(0), Decimal(1), fill.number),
        ("USD", Decimal(-101), Decimal("0.404"), Decimal("898.596"), fill.number),
    ]


def test_offers_smaller_than_a_lot_are_not_there() -> None:
    engine = engine_with({"USD": "1000"})
    dust = depth(asks=(("101.0", "0.000000001"), ("102.0", "1.000000001")))
    engine.adopt(engine.refresh("BTC/USD", dust, at=START))
    assert engine.state.depths["BTC/USD"].asks == (
        Level(price=Decimal("102.0"), quantity=Decimal(1)),
    )
