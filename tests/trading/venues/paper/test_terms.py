"""The terms that not every venue has: fees in what is bought, and all or nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.trading.venues.paper.samples import (
    ETH_USD,
    START,
    after,
    buy,
    depth,
    done,
    ended,
    engine_with,
    holdings,
    refused,
    sell,
    submit,
)
from trading.venues.paper.engine import MatchingEngine
from trading.venues.paper.refusals import RefusalReason
from trading.venues.paper.values import CloseReason, OrderRequest, OrderState, TimeInForce

BOOK = depth(bids=(("99.0", "1"), ("98.0", "2")), asks=(("101.0", "1"), ("102.0", "2")))


def engine_for(**balances: str) -> MatchingEngine:
    engine = engine_with(balances, BOOK)
    engine.adopt(engine.refresh(ETH_USD.symbol, BOOK, at=START))
    return engine


def all_or_nothing(request: OrderRequest) -> OrderRequest:
    return replace(request, time_in_force=TimeInForce.FOK)


def test_a_buyer_may_pay_in_what_he_receives() -> None:
    engine = engine_for(USD="152")
    submit(engine, buy("1.5", market="ETH/USD"))
    # 101 + 51 = 152 and nothing more; 0.4 % of 1 and of 0.5 stays behind
    assert holdings(engine) == {"USD": ("0", "0"), "ETH": ("1.494", "0")}
    submit(engine, sell("1", market="ETH/USD", name="O2"))
    assert holdings(engine) == {"USD": ("98.604", "0"), "ETH": ("0.494", "0")}


def test_a_buyer_who_pays_in_what_he_receives_holds_no_fee() -> None:
    engine = engine_for(USD="100")
    submit(engine, buy("1", "100.00", market="ETH/USD"))
    assert holdings(engine)["USD"] == ("100", "100")
    reason = refused(engine.submit(buy("1", "100.0", name="O2"), at=after(1))).reason
    assert reason is RefusalReason.INSUFFICIENT_FUNDS


def test_a_resting_buyer_pays_the_makers_share() -> None:
    engine = engine_for(USD="100")
    submit(engine, buy("1", "100.00", market="ETH/USD"))
    engine.adopt(engine.refresh("ETH/USD", depth(asks=(("99.0", "1"),)), at=after(1)))
    assert holdings(engine) == {"USD": ("0", "0"), "ETH": ("0.9975", "0")}


@pytest.mark.parametrize(("quantity", "is_whole"), [("3", True), ("3.00000001", False)])
def test_all_of_it_or_nothing(quantity: str, *, is_whole: bool) -> None:
    engine = engine_for(USD="1000")
    order = ended(submit(engine, all_or_nothing(buy(quantity, "102.0"))))
    if is_whole:
        assert (order.state, order.filled) == (OrderState.CLOSED, Decimal(quantity))
    else:
        assert (order.state, order.reason) == (OrderState.CANCELED, CloseReason.FILL_OR_KILL)
        assert holdings(engine) == {"USD": ("1000", "0")}


def test_all_or_nothing_does_not_meet_our_own() -> None:
    engine = engine_for(USD="1000", BTC="1")
    submit(engine, sell("1", "101.5"))
    order = ended(submit(engine, all_or_nothing(buy("2", "102.0", name="O2"))))
    assert (order.reason, order.filled) == (CloseReason.SELF_TRADE, Decimal(0))
    assert done(engine.cancel(["O1"], at=after(1))).fills() == ()
