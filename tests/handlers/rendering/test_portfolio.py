"""Holdings against their targets: what has none is left alone, which is not `unknown`."""

import re
from decimal import Decimal

import pytest

from handlers.rendering import portfolio
from handlers.rendering.text import plain
from tests.support.clock import FakeClock
from tests.support.telegram_services import KRAKEN, reading, venue_balances
from trading.intents.portfolio import PortfolioRow, PortfolioView
from trading.model.identifiers import Asset

CLOCK = FakeClock()
ADA, BTC, USD = Asset("ADA"), Asset("BTC"), Asset("USD")


def row(asset: Asset, weight: str | None, target: str | None) -> PortfolioRow:
    value = None if asset == BTC and weight is None else Decimal(850)
    known = None if weight is None else Decimal(weight)
    goal = None if target is None else Decimal(target)
    return PortfolioRow(
        asset=asset,
        total=Decimal(1),
        price=value,
        value=value,
        weight=known,
        target=goal,
        drift=None if known is None or goal is None else known - goal,
        in_band=None if known is None or goal is None else True,
    )


def shown(*rows: PortfolioRow) -> str:
    view = PortfolioView(
        venue=KRAKEN,
        base=USD,
        nav=Decimal(2550),
        priced_value=Decimal(2550),
        rows=rows,
        status=venue_balances(reading("BTC", "1", clock=CLOCK)).status,
        unpriced=(),
        at=CLOCK.now(),
    )
    return plain(portfolio.portfolio([view], CLOCK.now()))


def test_an_asset_without_a_target_has_a_dash_and_is_left_alone() -> None:
    words = shown(row(BTC, "0.5", "0.5"), row(USD, "0.5", "0.5"), row(ADA, None, None))
    assert re.search(r"ADA +850\.00 +– +–\n", words)
    assert "Without a target, so left alone: ADA" in words
    assert "unknown" not in words


def test_a_weight_that_is_not_known_is_not_a_dash() -> None:
    words = shown(row(BTC, None, "0.5"), row(USD, None, "0.5"))
    assert re.search(r"BTC +unknown +unknown +50\.0%", words)
    assert "left alone" not in words


@pytest.mark.parametrize("asset", [ADA, BTC])
def test_where_nothing_has_a_target_weights_are_shown_all_the_same(asset: Asset) -> None:
    words = shown(row(asset, "0.25", None))
    assert re.search(rf"{asset} +850\.00 +25\.0% +–\n", words)
    assert "left alone" not in words
