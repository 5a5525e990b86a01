"""One warning a crossing, one breach, and what resuming in spite of a breach means."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import START
from trading.model.risk import LimitAction, LimitName, LimitUse
from trading.model.trading_state import TradingMode, TradingState
from trading.risk.crossings import LimitState, News, acknowledge, follow, trips_again_at

WARN_AT = Decimal("0.8")
LIMIT = Decimal("0.2")


def use(value: str | Decimal | None, action: LimitAction = LimitAction.HALTED) -> LimitUse:
    return LimitUse(
        name=LimitName.DRAWDOWN,
        subject=None,
        value=None if value is None else Decimal(value),
        limit=LIMIT,
        action=action,
    )


def trading(mode: TradingMode = TradingMode.ACTIVE, minutes: float = -60) -> TradingState:
    since = START + timedelta(minutes=minutes)
    return TradingState(mode=mode, reason="test", since=since, by="test")


class Following:
    """One limit, looked at again and again; a breach does to trading what it demands."""

    def __init__(self, action: LimitAction = LimitAction.HALTED) -> None:
        self.action = action
        self.state = LimitState(key="max_drawdown")
        self.trading = trading()
        self.minute = 0

    def look(self, value: str | Decimal | None) -> News:
        self.minute += 1
        now = START + timedelta(minutes=self.minute)
        self.state, news = follow(
            self.state, use(value, self.action), warn_at=WARN_AT, now=now, trading=self.trading
        )
        if news is News.TRIPPED and self.action is not LimitAction.DENY:
            self.trading = trading(TradingMode(self.action.value), self.minute)
        return news

    def resume(self) -> None:
        self.minute += 1
        self.trading = trading(minutes=self.minute)


def test_one_warning_a_crossing_and_none_while_it_trembles() -> None:
    limit = Following()
    values = ["0.1", "0.16", "0.17", "0.155", "0.161", "0.15", "0.143", "0.16"]
    assert [limit.look(value) for value in values] == [
        News.NOTHING,
        News.WARNING,
        News.NOTHING,
        News.NOTHING,
        News.NOTHING,
        News.NOTHING,
        News.EASED,
        News.WARNING,
    ]


def test_a_breach_is_told_once() -> None:
    limit = Following()
    assert [limit.look(value) for value in ("0.2", "0.25", "0.19", "0.21")] == [
        News.TRIPPED,
        News.NOTHING,
        News.NOTHING,
        News.NOTHING,
    ]


def test_what_is_not_known_changes_nothing() -> None:
    limit = Following()
    limit.look("0.17")
    before = limit.state
    assert limit.look(None) is News.NOTHING
    assert limit.state == before


def test_after_resuming_it_does_not_trip_at_once_but_at_a_worse_value() -> None:
    limit = Following()
    limit.look("0.22")
    limit.resume()
    assert limit.look("0.22") is News.ACKNOWLEDGED
    assert trips_again_at(limit.state, use("0.22")) == Decimal("0.27")
    assert [limit.look(value) for value in ("0.22", "0.18", "0.26", "0.27")] == [
        News.NOTHING,
        News.NOTHING,
        News.NOTHING,
        News.TRIPPED,
    ]
    assert limit.trading.mode is TradingMode.HALTED


def test_once_eased_the_limit_itself_counts_again() -> None:
    limit = Following()
    limit.look("0.22")
    limit.resume()
    limit.look("0.22")
    assert limit.look("0.1") is News.EASED
    assert limit.look("0.2") is News.TRIPPED


def test_what_a_breach_demands_is_done_again_when_it_was_lost() -> None:
    """A crash may have lost the state of trading, but nobody resumed since the breach."""
    limit = Following()
    limit.look("0.22")
    limit.trading = trading(minutes=-5)
    assert limit.look("0.22") is News.TRIPPED_STILL


def test_a_halt_is_strict_enough_for_a_limit_that_only_reduces() -> None:
    limit = Following(LimitAction.REDUCING)
    limit.look("0.22")
    limit.trading = trading(TradingMode.HALTED, 5)
    assert limit.look("0.3") is News.NOTHING


def test_a_limit_that_only_denies_demands_nothing_of_trading() -> None:
    limit = Following(LimitAction.DENY)
    assert [limit.look(value) for value in ("0.22", "0.3")] == [News.TRIPPED, News.NOTHING]


def test_the_owner_may_acknowledge_at_once() -> None:
    limit = Following()
    limit.look("0.22")
    assert acknowledge(limit.state, use("0.24")).acknowledged == Decimal("0.24")
    assert acknowledge(limit.state, use("0.19")) == limit.state
    assert acknowledge(LimitState(key="x"), use("0.24")) == LimitState(key="x")


@given(
    steps=st.lists(
        st.one_of(st.decimals("0", "0.5", places=3), st.just("resume")), min_size=1, max_size=30
    )
)
def test_whatever_happens_a_breach_is_halted_or_acknowledged(
    steps: list[Decimal | str],
) -> None:
    limit = Following()
    for step in steps:
        if isinstance(step, str):
            limit.resume()
            continue
        before = limit.trading.mode
        limit.look(step)
        assert before is TradingMode.ACTIVE or limit.trading.mode is not TradingMode.ACTIVE, (
            "a limit never resumes"
        )
        if step >= LIMIT and limit.trading.mode is TradingMode.ACTIVE:
            acknowledged = limit.state.acknowledged
            assert acknowledged is not None
            assert step < acknowledged + LIMIT / 4
