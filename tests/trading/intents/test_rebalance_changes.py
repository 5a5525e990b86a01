"""What makes a confirmed plan another plan, and what is only the market breathing."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.trading.portfolio.planning_cases import NOW, balances, inputs, leg, not_denied
from trading.intents.rebalance_changes import what_changed
from trading.intents.rebalance_model import Proposal
from trading.portfolio.drift import PlanInputs
from trading.portfolio.rebalancer import plan_rebalance


def case(btc: str = "50000", eth: str = "2500", **held: str) -> PlanInputs:
    amounts = {"BTC": "0.4", "ETH": "0", "USD": "1000"} | held
    legs = [leg("BTC", btc), leg("ETH", eth)]
    return inputs(amounts, {"BTC": "0.5", "ETH": "0.3"}, legs)


def proposal(portfolio: PlanInputs) -> Proposal:
    return Proposal(
        plan=not_denied(plan_rebalance(portfolio)),
        balances_source="exchange",
        balances_age_seconds=0.0,
        expires_at=NOW + timedelta(minutes=2),
    )


LOCKED = replace(
    case(),
    balances=balances({"BTC": "0.3", "ETH": "0", "USD": "1000"}, locked={"BTC": Decimal("0.1")}),
)


@pytest.mark.parametrize(
    ("fresh", "words"),
    [
        pytest.param(case(), None, id="nothing"),
        pytest.param(case(btc="50200"), None, id="a-breath"),
        pytest.param(case(eth="2512"), None, id="a-breath-of-what-is-not-held"),
        pytest.param(case(DOGE="5"), None, id="an-asset-without-a-target"),
        pytest.param(case(BTC="0.40000001"), "(BTC)", id="a-satoshi"),
        pytest.param(case(USD="999"), "(USD)", id="a-dollar"),
        pytest.param(LOCKED, "(BTC)", id="free-became-locked"),
        pytest.param(case(eth="2513"), "ETH/USD has another price", id="dearer-for-the-same"),
        pytest.param(case(eth="2487"), "ETH/USD has another price", id="cheaper-for-the-same"),
        pytest.param(case(btc="52000"), "BTC/USD has another price", id="a-price"),
        pytest.param(
            replace(case(), allow_buys=False), "other trades are needed", id="one-order-less"
        ),
        pytest.param(
            replace(case(), settings=replace(case().settings, max_turnover=Decimal("0.2"))),
            "another amount",
            id="another-amount",
        ),
    ],
)
def test_what_changed(fresh: PlanInputs, words: str | None) -> None:
    said = what_changed(proposal(case()), proposal(fresh), NOW)
    assert said is None if words is None else words in (said or "")


@pytest.mark.parametrize(("seconds", "expired"), [(120, False), (120.1, True)])
def test_a_plan_lives_as_long_as_it_said(seconds: float, expired: bool) -> None:
    now = NOW + timedelta(seconds=seconds)
    said = what_changed(proposal(case()), proposal(case()), now)
    assert said is None if not expired else "expired" in (said or "")
