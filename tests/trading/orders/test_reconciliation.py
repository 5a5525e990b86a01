"""Pure reconciliation: what a look at the venue means, and when absence is proven."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.model.identifiers import (
    ClientOrderId,
    CorrelationId,
    Symbol,
    VenueName,
    VenueOrderId,
)
from trading.model.instrument import Side
from trading.model.order import (
    Order,
    OrderIntent,
    OrderOrigin,
    OrderType,
    TimeInForce,
    VenueOrder,
)
from trading.model.order_status import TERMINAL, TRANSITIONS, OrderStatus
from trading.orders.reconciliation import (
    AbsenceProof,
    Findings,
    Match,
    acknowledgement,
    awaits_fills,
    classify,
    is_same,
    next_status,
)
from trading.venues.port import AbsenceRule

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
BTC = Symbol.parse("BTC/USD")
OURS = ClientOrderId("syab12-mk13z400001")
THEIRS = VenueOrderId("O1")
VENUE_STATUSES = [
    OrderStatus.OPEN,
    OrderStatus.PARTIALLY_FILLED,
    OrderStatus.FILLED,
    OrderStatus.CANCELLED,
    OrderStatus.EXPIRED,
]


def order(
    status: OrderStatus = OrderStatus.SUBMITTING,
    *,
    venue_order_id: VenueOrderId | None = None,
    filled: str = "0",
    client_order_id: ClientOrderId = OURS,
) -> Order:
    return Order(
        client_order_id=client_order_id,
        intent=OrderIntent(
            venue=VenueName("kraken"),
            symbol=BTC,
            side=Side.SELL,
            quantity=Decimal(1),
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.IOC,
            limit_price=Decimal(50000),
            reserve_asset=BTC.base,
            reserve_amount=Decimal(1),
            origin=OrderOrigin.REBALANCE,
            reason="test",
            run_id=None,
            correlation_id=CorrelationId("c"),
        ),
        status=status,
        venue_order_id=venue_order_id,
        filled_quantity=Decimal(filled),
        cost=Decimal(filled) * 50000,
        fee=Decimal(0),
        created_at=AT,
        submitted_at=AT,
        deadline_at=AT + timedelta(seconds=5),
        updated_at=AT,
        note=None,
    )


def found(
    status: OrderStatus = OrderStatus.FILLED,
    *,
    filled: str = "0",
    client_order_id: str | None = OURS,
    venue_order_id: str = THEIRS,
    quantity: str = "1",
    opened_at: datetime = AT,
) -> VenueOrder:
    return VenueOrder(
        venue=VenueName("kraken"),
        venue_order_id=VenueOrderId(venue_order_id),
        client_order_id=None if client_order_id is None else ClientOrderId(client_order_id),
        symbol=BTC,
        side=Side.SELL,
        order_type=OrderType.LIMIT,
        status=status,
        quantity=Decimal(quantity),
        filled_quantity=Decimal(filled),
        limit_price=Decimal(50000),
        cost=Decimal(0),
        fee=Decimal(0),
        opened_at=opened_at,
        closed_at=None,
        reason=None,
    )


def look(*seen: VenueOrder, known: Order | None = None) -> Findings:
    orders = [] if known is None else [known]
    return classify(
        working=[each for each in orders if each.is_working],
        seen=seen,
        by_venue_id={
            each.venue_order_id: each for each in orders if each.venue_order_id is not None
        },
        by_client_id={each.client_order_id: each for each in orders},
    )


def test_an_order_is_matched_by_our_id_before_its_own_is_known() -> None:
    findings = look(found(), known=order(OrderStatus.UNKNOWN))
    assert [match.order.client_order_id for match in findings.matches] == [OURS]
    assert not findings.strays
    assert not findings.external


def test_an_order_of_somebody_else_is_external() -> None:
    findings = look(found(client_order_id="web"))
    assert len(findings.external) == 1
    assert not findings.strays


def test_our_id_without_a_row_is_a_stray() -> None:
    findings = look(found())
    assert [each.client_order_id for each in findings.strays] == [OURS]


@pytest.mark.parametrize(
    "status", [OrderStatus.NOT_PLACED, OrderStatus.REJECTED, OrderStatus.CANCELLED]
)
def test_an_order_that_was_never_placed_cannot_show_up(status: OrderStatus) -> None:
    findings = look(found(), known=order(status))
    assert len(findings.contradictions) == 1
    assert not findings.matches


def test_the_same_id_twice_at_the_venue_is_a_contradiction() -> None:
    second = found(venue_order_id="O2", opened_at=AT + timedelta(seconds=1))
    findings = look(second, found(), known=order(OrderStatus.UNKNOWN))
    assert [match.found.venue_order_id for match in findings.matches] == ["O1"]
    assert [match.found.venue_order_id for match in findings.contradictions] == ["O2"]


def test_a_working_order_that_is_not_shown_is_asked_for() -> None:
    assert len(look(known=order(OrderStatus.OPEN, venue_order_id=THEIRS)).unseen) == 1


def test_an_order_in_both_lists_counts_as_closed() -> None:
    findings = look(
        found(OrderStatus.OPEN),
        found(OrderStatus.FILLED, filled="1"),
        known=order(OrderStatus.OPEN, venue_order_id=THEIRS),
    )
    assert [match.found.status for match in findings.matches] == [OrderStatus.FILLED]


def test_an_order_changed_by_hand_stays_ours() -> None:
    assert is_same(order(OrderStatus.OPEN, venue_order_id=THEIRS), found(quantity="2"))
    assert not is_same(order(OrderStatus.UNKNOWN), found(quantity="2"))


def test_an_order_does_not_end_before_its_fills_are_booked() -> None:
    short = Match(
        order=order(OrderStatus.OPEN, venue_order_id=THEIRS, filled="0.4"),
        found=found(OrderStatus.FILLED, filled="1"),
    )
    assert awaits_fills(short)
    assert next_status(short) is None


orders = st.builds(
    order,
    st.sampled_from(list(OrderStatus)),
    venue_order_id=st.sampled_from([None, THEIRS]),
    filled=st.sampled_from(["0", "0.4", "1"]),
)
words = st.builds(
    found, st.sampled_from(VENUE_STATUSES), filled=st.sampled_from(["0", "0.4", "1"])
)


@given(orders, words)
def test_only_listed_moves_are_made(known: Order, word: VenueOrder) -> None:
    match = Match(order=known, found=word)
    for status in (next_status(match), acknowledgement(match)):
        assert status is None or status in TRANSITIONS[known.status]


@given(orders, words)
def test_applying_a_word_twice_changes_nothing_more(known: Order, word: VenueOrder) -> None:
    status = next_status(Match(order=known, found=word))
    if status is None:
        return
    after = replace(known, status=status, venue_order_id=word.venue_order_id)
    again = next_status(Match(order=after, found=word))
    assert again is None or again is status


@given(orders, words)
def test_an_ended_order_never_moves_again(known: Order, word: VenueOrder) -> None:
    if known.status in TERMINAL:
        assert next_status(Match(order=known, found=word)) is None
        assert acknowledgement(Match(order=known, found=word)) is None


RULE = AbsenceRule(
    provable=True, after_deadline=timedelta(seconds=2), looks=2, spacing=timedelta(seconds=2)
)
looks = st.lists(st.tuples(st.floats(0, 20), st.floats(0, 5)), max_size=12)


@given(looks)
def test_absence_needs_looks_apart_and_past_the_deadline(steps: list[tuple[float, float]]) -> None:
    deadline = AT + timedelta(seconds=5)
    proof = AbsenceProof(rule=RULE, deadline_at=deadline)
    monotonic, counted = 100.0, []
    for venue_seconds, passed in steps:
        monotonic += passed
        venue_time = AT + timedelta(seconds=venue_seconds)
        before = proof.looks
        proof = proof.add(venue_time=venue_time, monotonic=monotonic)
        if proof.looks > before:
            assert venue_time > deadline + RULE.after_deadline
            counted.append(monotonic)
    assert all(later - earlier >= 2 for earlier, later in pairwise(counted))
    assert proof.is_complete == (len(counted) >= 2)


@given(looks)
def test_after_the_wait_a_look_counts(steps: list[tuple[float, float]]) -> None:
    proof = AbsenceProof(rule=RULE, deadline_at=AT + timedelta(seconds=5))
    monotonic = 100.0
    for venue_seconds, passed in steps:
        monotonic += passed
        venue_time = AT + timedelta(seconds=venue_seconds)
        proof = proof.add(venue_time=venue_time, monotonic=monotonic)
        wait = proof.wait_seconds(venue_time=venue_time, monotonic=monotonic)
        monotonic += wait + 1e-6
        later = venue_time + timedelta(seconds=wait + 1e-6)
        assert proof.counts(venue_time=later, monotonic=monotonic) or wait < 2


def test_where_only_the_owner_can_say_nothing_is_proven() -> None:
    rule = replace(RULE, provable=False)
    proof = AbsenceProof(rule=rule, deadline_at=AT)
    for second in range(10, 30, 3):
        venue_time = AT + timedelta(seconds=second)
        proof = proof.add(venue_time=venue_time, monotonic=float(second))
    assert not proof.is_complete
