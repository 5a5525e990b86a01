"""Limits on a phone's width: use, value, limit, what happens; source and age on every figure."""

import re
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from handlers.rendering.risk import bar, performance, risk
from handlers.rendering.tables import PHONE_WIDTH
from handlers.rendering.text import plain
from tests.support.clock import FakeClock
from tests.support.telegram_risk import FakeRisk, performance_view, risk_view

ZONE = ZoneInfo("Europe/Berlin")
CLOCK = FakeClock()


def shown(**changes: str) -> str:
    state = FakeRisk(clock=CLOCK).state()
    return risk([risk_view(CLOCK, **changes)], state, CLOCK.now(), ZONE)


def test_each_limit_with_its_use_and_what_happens_at_it() -> None:
    text = plain(shown())
    assert "🟢 Trading is active: said so" in text
    assert "max_drawdown         !104% ███████\n  26.0% of 25.0%           → halts\n" in text
    assert "max_daily_loss         46% ███░░░░\n  4.6% of 10.0%    → only reducing" in text
    assert "max_exposure BTC      !90% ██████░\n  45.0% of 50.0%    → order denied" in text
    assert "max_order_notional    !81% █████░░\n  812.50 of 1,000.00 (40 s ago)\n" in text
    assert "max_price_deviation      ? ???????\n  unknown of 5.0% (none yet)\n" in text
    assert "max_orders_per_minute   2% ░░░░░░░\n  3 of 120          → order denied" in text
    assert "max_drawdown is breached and trading goes on: it trips again at 31.0%" in text


def test_every_figure_has_its_source_and_its_age() -> None:
    text = plain(shown())
    assert "balances: exchange, 7 s old · prices of kraken, 2 s old" in text
    assert "judged 3 s ago" in text
    assert "of single orders: the last one since this start of the bot" in text
    assert "Peak of 02 Jan 13:00:00 CET, day from 05 Jan 08:00:00 CET" in text
    assert "• SPAM: the venue lists no way to price it in USD" in text


def test_the_figures_take_out_what_came_and_went() -> None:
    rows = dict(
        re.split(r"\s{2,}", line)[:2]
        for line in plain(shown()).splitlines()
        if re.search(r"\S\s{2,}\S+$", line) and "of" not in line
    )
    assert rows["worth now"] == "10,500.00"
    assert rows["at the peak"] == "14,000.00"
    assert rows["taken out today"] == "200.00"


def test_it_fits_a_phone() -> None:
    tables = re.findall(r"<pre>(.*?)</pre>", shown(), re.DOTALL)
    assert len(tables) == 2
    assert max(len(line) for each in tables for line in plain(each).splitlines()) <= PHONE_WIDTH


def test_what_cannot_be_judged_is_said_and_unknown() -> None:
    text = plain(shown(problem="prices are missing: BTC"))
    assert "⚠ Not judged now, so nothing trips: prices are missing: BTC" in text
    assert "max_drawdown             ? ???????\n  unknown of 25.0%" in text


@pytest.mark.parametrize(
    ("use", "drawn"),
    [
        (None, "???????"),
        ("0", "░░░░░░░"),
        ("0.5", "███░░░░"),
        ("0.999", "██████░"),
        ("1", "███████"),
        ("9", "███████"),
    ],
)
def test_a_bar_is_full_at_the_limit_and_not_before(use: str | None, drawn: str) -> None:
    assert bar(None if use is None else Decimal(use)) == drawn


def test_returns_and_flows_in_a_few_words() -> None:
    text = plain(performance([performance_view(CLOCK)], CLOCK.now(), ZONE))
    assert text == (
        "kraken return, time-weighted: today -4.55 %, 7 d -12.00 %, since 16 Dec 13:00:00 CET "
        "+5.00 %. In 30 days 1,500.00 USD came in and 200.00 USD went out.\n"
        "by kraken's ledger and valuations, judged 3 s ago"
    )
    assert performance([], CLOCK.now(), ZONE) == ""
