"""However strong a signal, a weight stays between its bounds and the whole at one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.model.identifiers import Asset
from trading.portfolio.targets import Targets
from trading.portfolio.tilting import WeightBounds, tilted_targets, tilted_weight

BTC, ETH, USD = Asset("BTC"), Asset("ETH"), Asset("USD")
FRACTIONS = st.decimals(min_value=0, max_value=1, places=4)


@given(weights=st.tuples(FRACTIONS, FRACTIONS, FRACTIONS).map(sorted), strength=FRACTIONS)
def test_a_weight_never_leaves_its_bounds_and_moves_with_the_strength(
    weights: list[Decimal], strength: Decimal
) -> None:
    low, target, high = weights
    bounds = WeightBounds(lowest=low, highest=high)
    up = tilted_weight(target, bounds, strength)
    down = tilted_weight(target, bounds, -strength)
    assert low <= down <= target <= up <= high
    assert tilted_weight(target, bounds, Decimal(0)) == target
    assert tilted_weight(target, bounds, Decimal(1)) == high
    assert tilted_weight(target, bounds, Decimal(-1)) == low


def test_the_others_and_the_rules_stay() -> None:
    targets = Targets(
        base=USD,
        weights={BTC: Decimal("0.5"), ETH: Decimal("0.3")},
        excluded=frozenset({Asset("XRP")}),
    )
    moved = tilted_targets(targets, {ETH: Decimal("0.4")})
    assert moved.weights == {BTC: Decimal("0.5"), ETH: Decimal("0.4")}
    assert (moved.base, moved.excluded) == (USD, targets.excluded)


@pytest.mark.parametrize(("low", "high"), [("0.6", "0.5"), ("-0.1", "0.5"), ("0.5", "1.1")])
def test_bounds_that_hold_nothing_are_refused(low: str, high: str) -> None:
    with pytest.raises(ValueError, match="lowest <= highest"):
        WeightBounds(lowest=Decimal(low), highest=Decimal(high))
