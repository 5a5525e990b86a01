"""What is reserved for one order: once, never grown, and released when the balances show it."""

from decimal import Decimal

import pytest

from trading.balances.reservations import Reservations
from trading.model.identifiers import Asset, ClientOrderId, VenueName

VENUE, USD = VenueName("v"), Asset("USD")
ZERO = Decimal(0)

ORDER = ClientOrderId("a")


@pytest.fixture
def reservations() -> Reservations:
    reservations = Reservations()
    reservations.hold(ORDER, VENUE, USD, Decimal(102))
    return reservations


def test_an_order_is_reserved_once(reservations: Reservations) -> None:
    with pytest.raises(ValueError, match="already"):
        reservations.hold(ORDER, VENUE, USD, Decimal(1))
    assert reservations.of(ORDER) == 102


def test_a_snapshot_requested_before_the_news_releases_nothing(
    reservations: Reservations,
) -> None:
    early = reservations.mark()
    reservations.taken_by_venue(ORDER, Decimal(100), filled=ZERO)
    reservations.observed(VENUE, early)
    assert reservations.of(ORDER) == 102

    reservations.observed(VENUE, reservations.mark())
    assert reservations.of(ORDER) == 2


def test_repeated_news_do_not_push_the_release_back(reservations: Reservations) -> None:
    reservations.taken_by_venue(ORDER, Decimal(100), filled=ZERO)
    mark = reservations.mark()
    reservations.taken_by_venue(ORDER, Decimal(100), filled=ZERO)
    reservations.observed(VENUE, mark)

    assert reservations.of(ORDER) == 2


def test_what_was_spent_is_reserved_until_it_is_seen_gone(reservations: Reservations) -> None:
    reservations.settle(ORDER, Decimal(60), filled=Decimal(60))
    assert reservations.reserved(VENUE) == {USD: 60}

    reservations.observed(VenueName("other"), reservations.mark())
    assert reservations.reserved(VENUE) == {USD: 60}

    reservations.observed(VENUE, reservations.mark())
    assert reservations.reserved(VENUE) == {}


def test_an_order_that_spent_nothing_is_free_at_once(reservations: Reservations) -> None:
    reservations.settle(ORDER, ZERO, filled=ZERO)

    assert reservations.of(ORDER) is None


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity"])
def test_only_amounts_can_be_reserved(reservations: Reservations, amount: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        reservations.hold(ClientOrderId("b"), VENUE, USD, Decimal(amount))


def test_news_of_orders_that_reserve_nothing_are_ignored(reservations: Reservations) -> None:
    stranger = ClientOrderId("b")
    reservations.taken_by_venue(stranger, Decimal(1), filled=ZERO)
    reservations.settle(stranger, Decimal(1), filled=ZERO)

    assert reservations.reserved(VENUE) == {USD: 102}


@pytest.fixture
def streamed(reservations: Reservations) -> Reservations:
    reservations.follow_stream(VENUE)
    reservations.rest_on(VENUE, stream=True)
    return reservations


def test_a_pushed_account_releases_what_the_stream_has_told_of(streamed: Reservations) -> None:
    streamed.settle(ORDER, Decimal(60), filled=Decimal(55))
    streamed.stream_is_past(VENUE, 0)
    assert streamed.of(ORDER) == 60

    streamed.shown_by_stream(ORDER, Decimal(55))
    assert streamed.of(ORDER) == 60, "the account that goes with it may still be on its way"

    streamed.stream_is_past(VENUE, 0)
    assert streamed.of(ORDER) is None


def test_news_of_what_the_stream_has_shown_long_since_release_at_once(
    streamed: Reservations,
) -> None:
    streamed.shown_by_stream(ORDER, Decimal(55))
    streamed.stream_is_past(VENUE, 0)

    streamed.settle(ORDER, Decimal(60), filled=Decimal(55))

    assert streamed.of(ORDER) is None


def test_a_stream_that_shows_less_than_we_know_releases_nothing(streamed: Reservations) -> None:
    streamed.shown_by_stream(ORDER, Decimal(20))
    streamed.stream_is_past(VENUE, 0)

    streamed.settle(ORDER, Decimal(60), filled=Decimal(55))
    streamed.stream_is_past(VENUE, 0)

    assert streamed.of(ORDER) == 60


def test_no_live_stream_is_behind_for_ever(streamed: Reservations) -> None:
    early = streamed.mark()
    streamed.settle(ORDER, Decimal(60), filled=Decimal(55))
    streamed.stream_is_past(VENUE, early)
    assert streamed.of(ORDER) == 60

    streamed.stream_is_past(VENUE, streamed.mark())
    assert streamed.of(ORDER) is None


def test_an_answer_releases_nothing_while_balances_rest_on_the_stream(
    streamed: Reservations,
) -> None:
    streamed.settle(ORDER, Decimal(60), filled=Decimal(55))
    streamed.observed(VENUE, streamed.mark())
    assert streamed.of(ORDER) == 60

    streamed.rest_on(VENUE, stream=False)
    assert streamed.of(ORDER) is None


def test_what_an_answer_released_counts_again_on_a_stream_that_is_behind(
    streamed: Reservations,
) -> None:
    streamed.rest_on(VENUE, stream=False)
    streamed.settle(ORDER, Decimal(60), filled=Decimal(55))
    streamed.observed(VENUE, streamed.mark())
    assert streamed.reserved(VENUE) == {}

    streamed.rest_on(VENUE, stream=True)
    assert streamed.of(ORDER) == 60

    streamed.stream_is_past(VENUE, streamed.mark())
    assert streamed.of(ORDER) is None


def test_what_the_stream_released_counts_again_on_an_answer_asked_for_before(
    streamed: Reservations,
) -> None:
    early = streamed.mark()
    streamed.shown_by_stream(ORDER, Decimal(55))
    streamed.stream_is_past(VENUE, 0)
    streamed.settle(ORDER, Decimal(60), filled=Decimal(55))
    assert streamed.reserved(VENUE) == {}

    streamed.rest_on(VENUE, stream=False)
    streamed.observed(VENUE, early)
    assert streamed.of(ORDER) == 60

    streamed.observed(VENUE, streamed.mark())
    assert streamed.of(ORDER) is None
