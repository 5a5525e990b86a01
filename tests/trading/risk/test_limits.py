"""How much of each limit on a venue as a whole is used."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import START
from trading.model.identifiers import Asset
from trading.model.risk import LimitAction, LimitName, RiskLimits
from trading.risk.limits import Standing, uses

BTC, ETH = Asset("BTC"), Asset("ETH")
LIMITS = RiskLimits(
    max_daily_loss=Decimal("0.1"),
    max_drawdown=Decimal("0.25"),
    max_exposure=Decimal("0.5"),
    exposure_of={ETH: Decimal("0.2")},
)
fractions = st.decimals("0", "1", places=4)


def standing(
    loss: str | None = "0.05", drawdown: str | None = "0.25", why: str | None = None
) -> Standing:
    return Standing(
        daily_loss=None if loss is None else Decimal(loss),
        drawdown=None if drawdown is None else Decimal(drawdown),
        exposures={BTC: Decimal("0.3"), ETH: Decimal("0.3")},
        as_of=START,
        why=why,
    )


def test_each_limit_with_its_use_and_what_happens_at_it() -> None:
    found = {each.key: each for each in uses(LIMITS, standing())}
    assert {key: each.use for key, each in found.items()} == {
        "max_drawdown": 1,
        "max_daily_loss": Decimal("0.5"),
        "max_exposure ETH": Decimal("1.5"),
        "max_exposure BTC": Decimal("0.6"),
    }
    assert [key for key, each in found.items() if each.is_breached] == [
        "max_drawdown",
        "max_exposure ETH",
    ]
    assert found["max_drawdown"].action is LimitAction.HALTED
    assert found["max_daily_loss"].action is LimitAction.REDUCING
    assert found["max_exposure ETH"].action is LimitAction.DENY


def test_limits_that_are_off_are_not_there() -> None:
    assert uses(RiskLimits(), standing()) == ()


def test_an_own_limit_needs_no_common_one() -> None:
    limits = RiskLimits(exposure_of={ETH: Decimal("0.2")})
    assert [each.key for each in uses(limits, standing())] == ["max_exposure ETH"]
    assert limits.limits_exposure
    assert not RiskLimits().limits_exposure


def test_what_happens_at_a_limit_is_the_owners_choice() -> None:
    limits = RiskLimits(
        max_drawdown=Decimal("0.1"), actions={LimitName.DRAWDOWN: LimitAction.REDUCING}
    )
    assert uses(limits, standing())[0].action is LimitAction.REDUCING
    assert limits.action(LimitName.DAILY_LOSS) is LimitAction.REDUCING


@given(loss=st.none() | fractions, drawdown=st.none() | fractions)
def test_unknown_is_neither_breached_nor_unused(
    loss: Decimal | None, drawdown: Decimal | None
) -> None:
    found = uses(
        LIMITS,
        Standing(daily_loss=loss, drawdown=drawdown, exposures={}, as_of=None, why="no price"),
    )
    for each, value in zip(found, (drawdown, loss), strict=True):
        assert each.is_breached == (value is not None and value >= each.limit)
        assert (each.use is None) == (value is None)
        assert (each.why == "no price") == (value is None)
