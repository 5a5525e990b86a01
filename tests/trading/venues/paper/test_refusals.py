"""What the matching engine refuses, and that nothing changes when it does."""

from decimal import Decimal

import pytest

from tests.trading.venues.paper.samples import (
    BTC_USD,
    FEES,
    START,
    buy,
    depth,
    done,
    engine_with,
    holdings,
    refused,
    sell,
    submit,
)
from trading.venues.paper.engine import MatchingEngine, StaleTransitionError
from trading.venues.paper.invariants import InvariantBrokenError
from trading.venues.paper.refusals import RefusalReason
from trading.venues.paper.values import (
    Balance,
    Depth,
    EngineState,
    OrderRequest,
    TimeInForce,
)

BOOK = depth(
    bids=(("99.0", "1"), ("98.0", "2")),
    asks=(("101.0", "1"), ("102.0", "2")),
)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        pytest.param(buy("1", "90.0", market="X/Y"), RefusalReason.UNKNOWN_MARKET, id="market"),
        pytest.param(buy("0.000000001", "90.0"), RefusalReason.LOT_STEP, id="lot"),
        pytest.param(buy("0.00009", "9000.0"), RefusalReason.MINIMUM_QUANTITY, id="minimum"),
        pytest.param(buy("1", "90.05"), RefusalReason.TICK_SIZE, id="tick"),
        pytest.param(buy("0.001", "90.0"), RefusalReason.MINIMUM_COST, id="cost"),
        pytest.param(buy("0.001"), RefusalReason.MINIMUM_COST, id="cost-of-a-market-order"),
        pytest.param(buy("12", "90.0"), RefusalReason.INSUFFICIENT_FUNDS, id="funds"),
        pytest.param(buy("2", "500.0"), RefusalReason.INSUFFICIENT_FUNDS, id="funds-with-fee"),
        pytest.param(sell("1", "90.0"), RefusalReason.INSUFFICIENT_FUNDS, id="funds-to-sell"),
        pytest.param(
            buy("1", "90.0", time_in_force=TimeInForce.GTD, expires_at=START),
            RefusalReason.ALREADY_EXPIRED,
            id="expired",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    request_: OrderRequest, reason: RefusalReason
) -> None:
    engine = engine_with({"USD": "1000"}, BOOK)
    before = engine.state
    assert refused(engine.submit(request_, at=START)).reason is reason
    assert engine.state is before


def test_a_market_buy_needs_the_funds_for_what_it_would_take() -> None:
    engine = engine_with({"USD": "152.6079"}, BOOK)
    assert refused(engine.submit(buy("1.5"), at=START)).reason is RefusalReason.INSUFFICIENT_FUNDS
    engine.adopt(done(engine.deposit("USD", Decimal("0.0001"), at=START)))
    submit(engine, buy("1.5"))
    assert holdings(engine)["USD"] == ("0", "0")


def test_a_client_order_id_is_unique_among_open_orders_only() -> None:
    engine = engine_with({"USD": "1000"})
    submit(engine, buy("1", "90.0", name="first", client_order_id="mine"))
    again = buy("1", "90.0", name="second", client_order_id="mine")
    assert (
        refused(engine.submit(again, at=START)).reason is RefusalReason.DUPLICATE_CLIENT_ORDER_ID
    )
    engine.adopt(done(engine.cancel(["first"], at=START)))
    submit(engine, again)
    assert list(engine.state.orders) == ["second"]


def test_only_free_funds_can_be_withdrawn() -> None:
    engine = engine_with({"USD": "100"})
    submit(engine, buy("0.5", "90.0"))
    too_much = engine.withdraw("USD", Decimal(55), at=START)
    assert refused(too_much).reason is RefusalReason.INSUFFICIENT_FUNDS
    engine.adopt(done(engine.withdraw("USD", Decimal("54.82"), at=START)))
    assert holdings(engine)["USD"] == ("45.18", "45.18")


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "1E+40"])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    engine = engine_with({"USD": "100"})
    for move in (engine.deposit, engine.withdraw):
        outcome = move("USD", Decimal(amount), at=START)
        assert refused(outcome).reason is RefusalReason.INVALID_AMOUNT


@pytest.mark.parametrize(
    "book",
    [
        pytest.param(depth(bids=(("101.0", "1"),), asks=(("100.0", "1"),)), id="crossed"),
        pytest.param(depth(asks=(("102.0", "1"), ("101.0", "1"))), id="unsorted"),
        pytest.param(depth(asks=(("102.0", "0"),)), id="empty-level"),
    ],
)
def test_a_book_that_cannot_be_is_refused(book: Depth) -> None:
    engine = engine_with({})
    with pytest.raises(ValueError, match="BTC/USD"):
        engine.refresh("BTC/USD", book, at=START)


def test_a_change_computed_from_an_older_state_is_not_adopted() -> None:
    engine = engine_with({"USD": "1000"})
    first = done(engine.deposit("USD", Decimal(1), at=START))
    second = done(engine.deposit("USD", Decimal(2), at=START))
    engine.adopt(first)
    with pytest.raises(StaleTransitionError):
        engine.adopt(second)
    assert holdings(engine)["USD"] == ("1001", "0")


def test_a_state_that_contradicts_itself_is_not_taken_over() -> None:
    state = EngineState(balances={"USD": Balance(total=Decimal(5), hold=Decimal(3))})
    with pytest.raises(InvariantBrokenError, match="open orders hold 0"):
        MatchingEngine(markets=(BTC_USD,), state=state)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"quantity": Decimal(0)}, id="no-quantity"),
        pytest.param({"quantity": Decimal("NaN")}, id="not-a-number"),
        pytest.param({"limit_price": None}, id="limit-without-price"),
        pytest.param({"limit_price": Decimal(-1)}, id="negative-price"),
        pytest.param({"expires_at": START}, id="expiry-without-gtd"),
        pytest.param(
            {"time_in_force": TimeInForce.IOC, "post_only": True}, id="post-only-and-immediate"
        ),
    ],
)
def test_a_request_that_makes_no_sense_cannot_be_made(wrong: dict[str, object]) -> None:
    sound = buy("1", "90.0")
    fields = {name: getattr(sound, name) for name in OrderRequest.__slots__}
    with pytest.raises(ValueError, match=r"."):
        OrderRequest(**{**fields, **wrong})
    assert sound.fees == FEES
