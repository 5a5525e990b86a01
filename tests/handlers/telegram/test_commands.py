"""Every command of the table is answered with what it is for."""

from pathlib import Path
from typing import Any

from tests.support.charted import FakePrices
from tests.support.local_telegram import OWNER, VIEWER, LocalTelegram
from tests.support.telegram_edge import running_edge
from tests.support.telegram_risk import FakeRisk, performance_view, risk_view
from tests.support.telegram_trading import (
    FakeBreakers,
    FakeEmergency,
    FakeJobs,
    FakeOrders,
    FakePortfolio,
    FakeProfits,
)
from trading.clock import SystemClock

READING = (
    ("/start", "keeps your portfolio in balance on kraken"),
    ("/help rebalance", "Plan, show, and trade after your button"),
    ("/help balanec", "Did you mean /balance?"),
    ("/status", "Trading is active"),
    ("/health", "Healthy"),
    ("/config", "telegram.token: (secret)"),
    ("/version", "revision: abc"),
    ("/id", "You are: owner"),
    ("/portfolio", "Outside its band: BTC +10.00 %"),
    ("/portfolio", "not valued: XYZ: no pair"),
    ("/positions", "prices of kraken"),
    ("/allocation", "+10.00"),
    ("/price btc", "kraken's own book, pushed by its stream, 1 s old"),
    ("/price btc kraken", "40,000.05 USD · -1.23 % in 24 h"),
    ("/price btc nope", "kraken does not list nope"),
    ("/price btc eth sol ada", "4 of kraken's own books, 4 pushed by its stream, 1 s old at most"),
    ("/price", "An asset or a symbol is needed"),
    ("/chart", "A symbol is needed"),
    ("/chart btc 7m", "There are no candles of '7m'"),
    ("/candles btc 1h nowhere", "There is no venue 'nowhere'"),
    ("/orders", "Its outcome is not known yet"),
    ("/orders sy-one", " 25000.5"),
    ("/orders sy-one", "exchange, 0 s old then"),
    ("/orders sy-one", "submitting: being sent"),
    ("/orders sy-one", "0.125 at 40,000, fee 13 USD T-1"),
    ("/orders sy-theirs", "No balance was checked for it"),
    ("/orders nothing", "no order is called nothing"),
    ("/trades 5", "kraken's fill T-1"),
    ("/trades 500", "not a number from 1 to 50"),
    ("/reconcile", "outcome still unknown: buy 0.5 BTC/USD"),
    ("/pnl", "No venue is configured."),
    ("/pnl", "kraken return, time-weighted: today -4.55 %"),
    ("/portfolio", "In 30 days 1,500.00 USD came in"),
    ("/risk", "max_exposure BTC      !90%"),
    ("/risk", "trips again at 31.0%"),
    ("/jobs", "2 in a row: it broke"),
    ("/breaker kraken", "orders: open for "),
    ("/breaker kraken", "5 failures in a row, 2 probes of them"),
    ("/breaker", "ago: 503 <html>"),
    ("/breaker", "private stream down for"),
    ("/breaker", "3 reconnects: waits for a token"),
    ("/balance log", "No balance has been read yet."),
    ("/refresh kraken", "asked just now, answered in 0.12 s"),
    ("/refresh accept", "Accepted: what the venue says now counts."),
    ("/verify kraken BTC 0.5", "No, not enough BTC on kraken"),
    ("/verify btc 0.1", "Yes, enough BTC on kraken"),
    ("/verify BTC 0.1 now", "was asked just now and answered in 0.21 s"),
    ("/verify BTC 0,1", "can mean two things"),
    ("/verify BTC", "An asset and an amount are needed"),
    ("/cancel sy-done", "It has ended already"),
    ("/cancel nothing", "no order is called nothing"),
    ("/resolve sy-two perhaps", "placed or not-placed are needed"),
)

DOING = (
    ("/pause", "Paused: every job", "jobs", "pause None by 1001"),
    ("/pause scan", "Paused: scan", "jobs", "pause scan by 1001"),
    ("/resume scan", "Running again: scan", "jobs", "resume scan by 1001"),
    ("/resetbreaker", "no fresh balances after 9.00 s", "breakers", "reset None by 1001"),
)


def everything() -> dict[str, Any]:
    clock = SystemClock()
    return {
        "risk": FakeRisk(
            clock=clock, views=(risk_view(clock),), figures=(performance_view(clock),)
        ),
        "orders": FakeOrders(),
        "emergency": FakeEmergency(),
        "portfolio": FakePortfolio(),
        "prices": FakePrices(),
        "pnl": FakeProfits(),
        "jobs": FakeJobs(),
        "breakers": FakeBreakers(),
    }


async def test_reading_commands(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path, others=everything()):
        for typed, words in READING:
            mark = await telegram.mark()
            await telegram.say(OWNER, typed)
            await telegram.wait_for(words, after=mark)


async def test_a_balance_may_be_asked_for_by_venue_and_asset(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path, others=everything()):
        await telegram.say(OWNER, "/balance kraken btc")
        shown = await telegram.wait_for("0.5123")
        assert "USD" not in shown.text
        await telegram.say(OWNER, "/balance btc kraken")
        await telegram.wait_for("I do not understand 'kraken' here")


async def test_orders_have_buttons_that_look_and_for_owners_that_cancel(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path, others=everything()):
        for user, buttons in ((OWNER, 2), (VIEWER, 1)):
            await telegram.say(user, "/orders")
            listed = await telegram.wait_for("journal", chat_id=user)
            assert len(listed.buttons[0]) == buttons
        await telegram.press(OWNER, "✖ Cancel…")
        await telegram.wait_for("Cancel this order?", chat_id=OWNER)
        await telegram.press(VIEWER, "🔎 buy 0.5 BTC/USD")
        await telegram.wait_for("Checked before it was sent", chat_id=VIEWER)


async def test_doing_commands(telegram: LocalTelegram, tmp_path: Path) -> None:
    parts = everything()
    async with running_edge(telegram, tmp_path, others=parts):
        for typed, words, name, call in DOING:
            mark = await telegram.mark()
            await telegram.say(OWNER, typed)
            await telegram.wait_for(words, after=mark)
            assert parts[name].calls[-1] == call


async def test_a_viewer_may_not_accept_balances(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path) as run:
        await telegram.say(VIEWER, "/refresh accept")
        await telegram.wait_for("Only an owner may accept balances", chat_id=VIEWER)
        assert run.services.balances.calls == []


async def test_what_cancels_or_settles_asks_first(telegram: LocalTelegram, tmp_path: Path) -> None:
    parts = everything()
    orders, emergency = parts["orders"], parts["emergency"]
    async with running_edge(telegram, tmp_path, others=parts) as run:
        await telegram.say(OWNER, "/cancel sy-one")
        await telegram.wait_for("Cancel this order?")
        assert orders.calls == []
        await telegram.press(OWNER, "✅ Cancel this order")
        await telegram.wait_for("✅ Cancelled.")
        await telegram.say(OWNER, "/resolve sy-two not-placed")
        await telegram.wait_for("money is spent twice")
        await telegram.press(OWNER, "✅ It was not-placed")
        await telegram.wait_for("Settled on your word")
        assert orders.calls == ["cancel sy-one by 1001", "resolve sy-two False by 1001"]
        await telegram.say(OWNER, "/emergency")
        await telegram.wait_for("What is to be done?")
        await telegram.press(OWNER, "✖ Cancel all orders…")
        await telegram.wait_for("Cancel every order")
        assert emergency.calls == []
        await telegram.press(OWNER, "✅ Cancel ALL orders")
        await telegram.wait_for("other: not known what was cancelled: timed out")
        assert emergency.calls == ["cancel all by 1001"]
        assert run.services.halt.calls == ["halt by 1001: emergency: cancel all"]
