"""The worked example of the README, planned by the real planner from the README's own numbers."""

import tomllib
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.docs.pages import FENCE, text
from tests.support.shared import ROOT
from tests.trading.portfolio.planning_cases import SETTINGS, inputs, leg
from trading.model.denial import Denied
from trading.model.instrument import Side
from trading.portfolio.plan import Plan
from trading.portfolio.rebalancer import plan_rebalance
from trading.portfolio.targets import RebalanceSettings, TradeTo

HELD = {"BTC": "0.1", "ETH": "1", "USD": "1550"}
LEGS = (leg("BTC", "56000"), leg("ETH", "2850"))
"""0.1 BTC are the example's 5,600 USD, 1 ETH its 2,850."""


def example_settings() -> tuple[dict[str, Decimal], RebalanceSettings]:
    """Return targets and settings as the README's block writes them."""
    blocks = [body for kind, body in FENCE.findall(text(ROOT / "README.md")) if kind == "toml"]
    parsed = tomllib.loads(blocks[0], parse_float=Decimal)
    return (
        parsed["allocation"]["kraken"]["targets"],
        replace(SETTINGS, band_abs=parsed["rebalance"]["band_abs"]),
    )


def planned(settings: RebalanceSettings) -> Plan:
    targets, _ = example_settings()
    plan = plan_rebalance(inputs(HELD, targets, LEGS, settings))
    assert not isinstance(plan, Denied)
    return plan


@pytest.mark.parametrize(
    ("to", "sold", "cash_after"),
    [
        pytest.param(TradeTo.TARGET, 600, "0.215", id="back to the target"),
        pytest.param(TradeTo.BAND, 400, "0.195", id="to the edge of the band"),
    ],
)
def test_only_what_is_outside_its_band_is_sold(to: TradeTo, sold: int, cash_after: str) -> None:
    _, settings = example_settings()
    plan = planned(replace(settings, to=to))
    (order,) = (*plan.sells, *plan.buys)
    assert (order.symbol.base, order.side) == ("BTC", Side.SELL)
    assert sold <= order.value < sold + 2, "about as much; the fees shrink the whole a little"
    rows = {row.asset: row for row in plan.rows}
    assert [f"{rows[asset].weight_before:.3f}" for asset in rows] == ["0.560", "0.285", "0.155"]
    assert abs(rows[plan.base].weight_after - Decimal(cash_after)) < Decimal("0.0005")


def test_the_relative_band_is_the_narrower_one() -> None:
    _, settings = example_settings()
    narrow = replace(settings, band_rel=Decimal("0.25"))
    assert narrow.band(Decimal("0.04")) == Decimal("0.01")
    assert narrow.band(Decimal("0.50")) == settings.band_abs
