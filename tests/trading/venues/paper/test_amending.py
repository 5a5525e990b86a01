"""An open order changes in place: its holds follow, and it trades what it can now reach."""

from decimal import Decimal

import pytest

from tests.trading.venues.paper.samples import (
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
from trading.venues.paper.amendment import Amendment
from trading.venues.paper.engine import MatchingEngine
from trading.venues.paper.refusals import RefusalReason
from trading.venues.paper.values import (
    CloseReason,
    OrderAmended,
    OrderEnded,
    OrderFilled,
    OrderState,
    Transition,
)

BOOK = depth(bids=(("99", "1"),), asks=(("101", "1"),))


@pytest.fixture
def engine() -> MatchingEngine:
    engine = engine_with({"USD": "1000", "BTC": "2"}, BOOK)
    submit(engine, buy("2", "90", name="B"))
    submit(engine, sell("1", "110", name="S"))
    return engine


def amend(engine: MatchingEngine, order_id: str, **changes: str | bool) -> Transition:
    transition = done(engine.amend(wish(order_id, **changes), at=START))
    engine.adopt(transition)
    return transition


def wish(order_id: str, **changes: str | bool) -> Amendment:
    quantity, price = changes.get("quantity"), changes.get("limit_price")
    return Amendment(
        order_id=order_id,
        quantity=Decimal(quantity) if isinstance(quantity, str) else None,
        limit_price=Decimal(price) if isinstance(price, str) else None,
        post_only=bool(changes.get("post_only")),
    )


def test_holds_follow_price_and_quantity(engine: MatchingEngine) -> None:
    assert holdings(engine)["USD"] == ("1000", "180.72")
    (event,) = amend(engine, "B", quantity="1").events
    assert isinstance(event, OrderAmended)
    assert holdings(engine)["USD"] == ("1000", "90.36")
    amend(engine, "B", limit_price="50")
    assert holdings(engine)["USD"] == ("1000", "50.2")
    amend(engine, "S", quantity="1.5")
    assert holdings(engine)["BTC"] == ("2", "1.5")


def test_what_it_now_reaches_it_trades_at_once(engine: MatchingEngine) -> None:
    amended, filled, *_ = amend(engine, "B", limit_price="102").events
    assert isinstance(amended, OrderAmended)
    assert isinstance(filled, OrderFilled)
    assert (filled.fill.price, filled.fill.quantity) == (Decimal(101), Decimal(1))
    assert not filled.fill.is_maker
    assert engine.state.orders["B"].remaining == 1
    assert holdings(engine)["USD"] == ("898.596", "102.408")


def test_only_what_is_left_of_it_trades(engine: MatchingEngine) -> None:
    engine.adopt(engine.refresh("BTC/USD", depth(asks=(("90", "1.5"),)), at=START))
    engine.adopt(engine.refresh("BTC/USD", depth(asks=(("95", "9"),)), at=START))
    *_, ended = amend(engine, "B", limit_price="95").events
    assert isinstance(ended, OrderEnded)
    assert (ended.order.filled, ended.order.state) == (Decimal(2), OrderState.CLOSED)


def test_an_order_made_smaller_than_its_fills_ends(engine: MatchingEngine) -> None:
    engine.adopt(engine.refresh("BTC/USD", depth(asks=(("90", "1.5"),)), at=START))
    (event,) = amend(engine, "B", quantity="1").events
    assert isinstance(event, OrderEnded)
    assert (event.order.state, event.order.reason) == (OrderState.CANCELED, CloseReason.USER)
    assert holdings(engine)["USD"][1] == "0"


@pytest.mark.parametrize(
    ("order_id", "changes", "reason"),
    [
        ("X", {"quantity": "1"}, RefusalReason.UNKNOWN_ORDER),
        ("B", {"quantity": "12"}, RefusalReason.INSUFFICIENT_FUNDS),
        ("B", {"quantity": "0.00001"}, RefusalReason.MINIMUM_QUANTITY),
        ("B", {"quantity": "1.123456789"}, RefusalReason.LOT_STEP),
        ("B", {"limit_price": "90.05"}, RefusalReason.TICK_SIZE),
        ("B", {"limit_price": "0.1"}, RefusalReason.MINIMUM_COST),
        ("B", {"limit_price": "101", "post_only": True}, RefusalReason.WOULD_TAKE),
        ("S", {"quantity": "3"}, RefusalReason.INSUFFICIENT_FUNDS),
    ],
)
def test_a_refused_change_leaves_everything(
    engine: MatchingEngine,
    order_id: str,
    changes: dict[str, str | bool],
    reason: RefusalReason,
) -> None:
    before = engine.state
    assert refused(engine.amend(wish(order_id, **changes), at=START)).reason is reason
    assert engine.state is before
