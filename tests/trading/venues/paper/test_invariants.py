"""Each broken promise of a state is noticed and named."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.trading.venues.paper.samples import BTC_USD, buy, depth, engine_with, submit
from trading.venues.paper.invariants import violations
from trading.venues.paper.values import (
    Balance,
    EngineState,
    Fees,
    Market,
    Order,
    OrderState,
)

MARKETS = {"BTC/USD": BTC_USD}


def sound() -> EngineState:
    engine = engine_with({"USD": "1000"}, depth(bids=(("99.0", "1"),), asks=(("101.0", "1"),)))
    submit(engine, buy("2", "90.0"))
    return engine.state


def with_order(**changes: object) -> EngineState:
    state = sound()
    order: Order = replace(state.orders["O1"], **changes)  # type: ignore[arg-type]  # breaks one field
    return replace(state, orders={"O1": order})


def test_a_sound_state_breaks_nothing() -> None:
    assert violations(sound(), MARKETS) == []


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        (with_order(state=OrderState.CLOSED), "closed among the open orders"),
        (with_order(filled=Decimal(2)), "filled 2 of 2"),
        (with_order(cost=Decimal(-1)), "cost -1"),
        (with_order(hold=Decimal(1)), "open orders hold 1"),
        (replace(sound(), balances={}), "USD: hold 0"),
        (
            replace(sound(), balances={"USD": Balance(total=Decimal(5), hold=Decimal("180.72"))}),
            "USD: total 5, hold 180.72",
        ),
        (
            replace(sound(), depths={"BTC/USD": depth(asks=(("2", "1"), ("1", "1")))}),
            "BTC/USD: levels out of order",
        ),
        (
            replace(sound(), depths={"BTC/USD": depth(bids=(("2", "1"),), asks=(("1", "1"),))}),
            "BTC/USD: book crossed",
        ),
        (
            replace(sound(), depths={"BTC/USD": depth(bids=(("2", "0"),))}),
            "BTC/USD: a level without",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_broken_is_named(state: EngineState, complaint: str) -> None:
    assert any(complaint in found for found in violations(state, MARKETS))


@pytest.mark.parametrize(
    "changes",
    [{"tick_size": Decimal(0)}, {"lot_step": Decimal("NaN")}, {"quote": "BTC"}],
    ids=["no-tick", "no-lot", "against-itself"],
)
def test_a_market_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    fields = {name: getattr(BTC_USD, name) for name in Market.__slots__}
    with pytest.raises(ValueError, match=r"must be positive|against itself"):
        Market(**{**fields, **changes})


@pytest.mark.parametrize(("taker", "maker"), [("1", "0"), ("-0.1", "0"), ("0", "-1")])
def test_fees_are_shares(taker: str, maker: str) -> None:
    with pytest.raises(ValueError, match="shares"):
        Fees(taker=Decimal(taker), maker=Decimal(maker))
