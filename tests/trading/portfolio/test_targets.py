"""Targets that cannot be held are refused; the band is the narrower of the two."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.trading.portfolio.planning_cases import SETTINGS, USD
from trading.model.identifiers import Asset
from trading.portfolio.targets import Targets

BTC, ETH = Asset("BTC"), Asset("ETH")


@pytest.mark.parametrize(
    ("weights", "excluded", "words"),
    [
        pytest.param({BTC: Decimal("-0.1")}, (), "negative", id="negative"),
        pytest.param({BTC: Decimal("NaN")}, (), "negative", id="not-a-number"),
        pytest.param({BTC: Decimal("0.6"), ETH: Decimal("0.41")}, (), "more than 1", id="above-1"),
        pytest.param({USD: Decimal("0.5")}, (), "what is left", id="the-base-itself"),
        pytest.param({BTC: Decimal("0.5")}, (BTC,), "what is left", id="excluded"),
    ],
)
def test_refused(
    weights: Mapping[Asset, Decimal], excluded: tuple[Asset, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Targets(base=USD, weights=weights, excluded=frozenset(excluded))


def test_the_base_takes_what_is_left() -> None:
    targets = Targets(base=USD, weights={BTC: Decimal("0.5"), ETH: Decimal("0.3")})
    assert targets.base_weight == Decimal("0.2")
    assert Targets(base=USD, weights={BTC: Decimal(1)}).base_weight == 0


@pytest.mark.parametrize(
    ("relative", "target", "wanted"),
    [
        pytest.param(None, "0.5", "0.02", id="absolute"),
        pytest.param("0.1", "0.5", "0.02", id="absolute-is-narrower"),
        pytest.param("0.1", "0.05", "0.005", id="relative-is-narrower"),
        pytest.param("0.1", "0", "0.02", id="nothing-is-a-fraction-of-zero"),
    ],
)
def test_band(relative: str | None, target: str, wanted: str) -> None:
    settings = replace(SETTINGS, band_rel=None if relative is None else Decimal(relative))
    assert settings.band(Decimal(target)) == Decimal(wanted)
