"""What the owner reads: exact, with source and age, unknown never as a zero."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from handlers.rendering import balances, chat, machine, profits, rebalance
from handlers.rendering.balances import Now
from handlers.rendering.notices import render_notice
from handlers.rendering.tables import PHONE_WIDTH
from handlers.rendering.text import plain
from storage.records import FillRow
from tests.support.clock import FakeClock
from tests.support.telegram_rebalance import done, proposal
from tests.support.telegram_services import (
    KRAKEN,
    Refreshed,
    reading,
    venue_balances,
)
from trading.intents.pnl import PnlLine, PnlTotals, PnlView
from trading.model.balance import BalanceSource, BalanceStatus
from trading.model.identifiers import Asset, CorrelationId, Symbol
from trading.model.trading_state import TradingMode, TradingState
from trading.orders.notices import fill_booked
from trading.portfolio.performance import SymbolBook

CLOCK = FakeClock()
NOW = Now(wall=CLOCK.now(), monotonic=CLOCK.monotonic())
BTC, USD = Asset("BTC"), Asset("USD")
UNREAD = BalanceStatus(
    venue=KRAKEN,
    verified=False,
    since=None,
    source=None,
    fallback_in_use=False,
    age_seconds=None,
    problems=("it did not answer <yet>",),
)


def test_every_balance_has_its_own_source_and_age() -> None:
    stale = reading(
        "ETH", "2", clock=CLOCK, source=BalanceSource.CACHE, verified=False, age_seconds=300
    )
    fresh = reading("BTC", "0.1234567891", clock=CLOCK, locked="0.01", age_seconds=3)
    text, pages = balances.balances(
        [venue_balances(fresh, stale, reserved={BTC: Decimal("0.02")})], NOW
    )
    words = plain(text)
    assert pages == 1
    assert re.search(r"BTC +0\.1334567891 +exchange 3 s\n", words)
    assert re.search(r"ETH +2 +⚠cache 5 min\n", words)
    assert "BTC: free 0.1034567891, in orders 0.01, reserved 0.02" in words
    assert all(len(line) <= PHONE_WIDTH for line in words.splitlines()[1:4])


def test_when_a_balance_changed_is_not_when_it_was_confirmed() -> None:
    pushed = reading("BTC", "1", clock=CLOCK, source=BalanceSource.STREAM, age_seconds=2)
    quiet = replace(pushed, changed_at=CLOCK.now() - timedelta(hours=3))
    older = replace(quiet, asset=Asset("ETH"), changed_at=CLOCK.now() - timedelta(days=2))
    words = plain(balances.balances([venue_balances(older, quiet)], NOW)[0])
    assert re.search(r"BTC +1 +stream 2 s\n", words)
    assert "Last change seen: BTC, 3 h ago" in words


def test_unknown_is_not_zero_and_a_proven_absence_is() -> None:
    unread = balances.balances([venue_balances(status=UNREAD)], NOW, only=BTC)[0]
    assert "BTC: unknown." in unread
    assert "it did not answer &lt;yet&gt;" in unread
    assert "is 0" not in unread
    proven = balances.balances([venue_balances()], NOW, only=BTC)[0]
    assert "so it is 0" in proven
    questioned = replace(UNREAD, acceptable=True, source=BalanceSource.FALLBACK)
    shown = balances.balances([venue_balances(status=questioned)], NOW)[0]
    assert "/refresh accept kraken" in shown


def test_a_refresh_that_failed_shows_no_figure() -> None:
    failed = Refreshed(venue=KRAKEN, balances=None, error="timed out", duration_seconds=5.0)
    text = balances.refreshed([failed], NOW)
    assert "no fresh balances after 5.00 s: timed out" in text
    assert "0.00" not in text.replace("5.00", "")


def test_a_fill_is_told_to_the_last_digit() -> None:
    fill = FillRow(
        venue="kraken",
        fill_id="TX-1",
        venue_order_id="O-1",
        client_order_id="sy1",
        base="BTC",
        quote="USD",
        side="buy",
        quantity=Decimal("0.0123456789"),
        price=Decimal("39800.1"),
        cost=Decimal("491.3592586"),
        fee=Decimal("1.27753"),
        fee_asset="USD",
        executed_at=datetime(2026, 1, 5, 12, tzinfo=UTC),
        booked_at=datetime(2026, 1, 5, 12, tzinfo=UTC),
    )
    notice = fill_booked(fill)
    text = plain(render_notice(notice.kind, json.loads(notice.payload), zone=UTC))
    for exact in ("Bought 0.0123456789 BTC at 39800.1 USD", "cost 491.3592586", "fee 1.27753 USD"):
        assert exact in text
    assert "kraken, 05 Jan 12:00:00 UTC · fill TX-1 · sy1" in text


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        pytest.param(
            "trading_state",
            {"mode": "halted", "reason": "<me>", "by": "1", "since": "2026-01-05T12:00:00+00:00"},
            "<b>Trading is halted</b>: &lt;me&gt;",
            id="halted",
        ),
        pytest.param(
            "balances_questioned",
            {"venue": "kraken", "problems": ["BTC is gone"], "acceptable": True},
            "/refresh accept kraken",
            id="questioned",
        ),
        pytest.param("balances_verified", {"venue": "kraken"}, "verified again", id="verified"),
        pytest.param(
            "part_trouble",
            {"name": "poller", "error": "x", "is_over": False},
            "keeps failing",
            id="part",
        ),
        pytest.param(
            "job_trouble",
            {"name": "scan", "error": "x", "failures": 3, "is_over": True},
            "works again, after 3 failures",
            id="job",
        ),
        pytest.param("notice", {"text": "a < b"}, "a &lt; b", id="plain"),
        pytest.param(
            "answer",
            {"text": "<b>x</b>", "buttons_lost": True},
            "<b>x</b>\n<i>Late",
            id="late answer",
        ),
        pytest.param("surprise", {"text": "said"}, "said", id="unheard of, with a text"),
    ],
)
def test_notices(kind: str, payload: dict[str, object], words: str) -> None:
    assert words in render_notice(kind, payload, zone=UTC)


def test_a_plan_and_its_run_in_money_and_percent() -> None:
    shown = plain(rebalance.plan(proposal(CLOCK), CLOCK.now()))
    assert "Rebalance kraken · 10,000.00 USD" in shown
    assert "Turnover 10.00 % = 1,000.00 USD; estimated cost 2.60 USD (0.03 %)" in shown
    assert "This plan holds for 60 s." in shown
    ended = plain(rebalance.run(done(CorrelationId("tg7"))))
    assert "Cost 3.10 USD: fees 2.60 USD, slippage 0.50 USD." in ended
    assert "by balances read after the last fill" in ended


def test_a_plan_that_a_limit_leaves_without_orders_says_which() -> None:
    full = proposal(CLOCK)
    nothing = replace(
        full, plan=replace(full.plan, sells=(), buys=(), limited_by="max_orders_per_minute")
    )
    shown = plain(rebalance.plan(nothing, CLOCK.now()))
    assert "Nothing can be traded now: max_orders_per_minute leaves no room." in shown
    assert "inside its band" not in shown


def test_profit_with_a_missing_price_is_unknown() -> None:
    book = SymbolBook(
        venue=KRAKEN, symbol=Symbol(BTC, USD), quantity=Decimal(3), cost_basis=Decimal(100)
    )
    totals = PnlTotals(
        realised_today=Decimal("1.5"),
        realised_week=Decimal("1.5"),
        realised_month=Decimal("1.5"),
        realised=Decimal("1.5"),
        unrealised=None,
        fees=Decimal("0.2"),
    )
    view = PnlView(
        venue=KRAKEN,
        base=USD,
        lines=(PnlLine(book=book, price=None, unrealised=None, problem="BTC/USD: stale"),),
        totals=totals,
        curve=(),
        fills=2,
        since=CLOCK.now(),
        prices_as_of=None,
        at=CLOCK.now(),
    )
    text = plain(profits.profits([view], CLOCK.now(), UTC))
    assert "BTC/USD 3 at 33.333333 on average" in text
    assert "value unknown: BTC/USD: stale" in text
    assert re.search(r"not realised yet +unknown\n", text)
    assert "not known (it came" not in text


def test_a_sale_of_unknown_cost_is_no_proven_zero() -> None:
    book = SymbolBook(
        venue=KRAKEN,
        symbol=Symbol(BTC, USD),
        sold=Decimal(9000),
        unmatched_quantity=Decimal("0.16"),
        unmatched_proceeds=Decimal(9000),
    )
    nothing = Decimal(0)
    view = PnlView(
        venue=KRAKEN,
        base=USD,
        lines=(PnlLine(book=book, price=None, unrealised=nothing, problem=None),),
        totals=PnlTotals(
            realised_today=nothing,
            realised_week=nothing,
            realised_month=nothing,
            realised=nothing,
            unrealised=nothing,
            fees=nothing,
        ),
        curve=(),
        fills=1,
        since=CLOCK.now(),
        prices_as_of=None,
        at=CLOCK.now(),
    )
    text = plain(profits.profits([view], CLOCK.now(), UTC))
    assert "0.16 BTC sold for 9,000.00 USD after fees: what it had cost is not known" in text


def test_states_and_refusals() -> None:
    state = TradingState(mode=TradingMode.HALTED, reason="a drill", since=CLOCK.now(), by="1001")
    said = machine.trading_state(state, CLOCK.now())
    assert said == "🔴 Trading is halted: a drill (since 0 s, by 1001)"
    assert "Did you mean /halt?" in chat.unknown("hallt", ["halt", "help"])
    assert "<" not in plain(chat.unknown("x", [])).replace("&lt;", "")
