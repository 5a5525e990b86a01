"""No price is used that lies far from the last one, unless a later look agrees with it."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from trading.market.price_checks import PriceLimits, PriceTrack, check_age, follow, jump_error
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Price

LIMITS = PriceLimits()
LOOKS = st.lists(
    st.tuples(
        st.sampled_from([Decimal(value) for value in ("1", "90", "100", "119", "121", "200")]),
        st.sampled_from([0.0, 1.0, 299.0, 301.0]),
    ),
    min_size=1,
    max_size=30,
)


def price(value: Decimal, at: float) -> Price:
    return Price(
        venue=VenueName("v"),
        symbol=Symbol.parse("BTC/USD"),
        value=value,
        as_of=datetime(2026, 1, 5, tzinfo=UTC),
        as_of_monotonic=at,
    )


def is_near(one: Price, other: Price) -> bool:
    high, low = max(one.value, other.value), min(one.value, other.value)
    return high / low - 1 <= LIMITS.max_jump_fraction


@given(looks=LOOKS)
def test_what_is_used_is_near_the_last_or_seen_twice(looks: list[tuple[Decimal, float]]) -> None:
    track, at = PriceTrack(), 0.0
    for value, elapsed in looks:
        at += elapsed
        before, seen = track, price(value, at)
        track = follow(track, seen, LIMITS)

        if track.good is seen:
            last, waiting = before.good, before.jumped
            assert (
                last is None
                or at - last.as_of_monotonic > LIMITS.jump_window_seconds
                or is_near(last, seen)
                or (waiting is not None and is_near(waiting, seen))
            )
            assert track.jumped is None
        else:
            assert track == PriceTrack(good=before.good, jumped=seen)
            assert "jumped" in str(jump_error(track))


@given(looks=LOOKS, value=st.decimals("0.01", 10**6, places=2))
def test_nobody_is_locked_out_of_a_price_that_stays(
    looks: list[tuple[Decimal, float]], value: Decimal
) -> None:
    track, at = PriceTrack(), 0.0
    for early, elapsed in looks:
        at += elapsed
        track = follow(track, price(early, at), LIMITS)

    for later in (1.0, 2.0):
        track = follow(track, price(value, at + later), LIMITS)

    assert track.good is not None
    assert track.good.value == value


def test_a_price_at_the_limit_may_be_used() -> None:
    assert check_age(price(Decimal(1), 0.0), LIMITS.max_age_seconds, LIMITS) is None
    assert check_age(price(Decimal(1), 0.0), LIMITS.max_age_seconds + 0.1, LIMITS) is not None


def test_a_track_without_prices_has_none() -> None:
    assert "no usable price" in str(jump_error(PriceTrack()))
