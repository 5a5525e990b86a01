"""The emergency menu: two taps for everything, and what trades or cancels asks once more."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.handlers.telegram.test_stuck_database import locked
from tests.support.local_telegram import OWNER, LocalTelegram
from tests.support.telegram_edge import running_edge
from tests.support.telegram_emergency import FakeClosing, FakeRepair
from tests.support.telegram_services import KRAKEN
from tests.support.telegram_trading import FakeBreakers, FakeEmergency, FakeOrders

SELL = "✅ SELL EVERYTHING"


def everything() -> dict[str, Any]:
    return {
        "orders": FakeOrders(),
        "emergency": FakeEmergency(),
        "breakers": FakeBreakers(),
        "closing": FakeClosing(),
        "repair": FakeRepair(),
    }


async def test_the_menu_does_each_thing_by_one_tap(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    taps = (
        ("🛠 Repair everything", "Repaired as far as it could be"),
        ("⚖ Reconcile orders", "two books differ"),
        ("⚡ Reset breakers", "Breakers are reset in"),
        ("↻ Fresh balances", "asked just now"),
        ("🔎 Verify", "balances verified"),
        ("⛔ Halt trading", "Trading is halted"),
    )
    async with running_edge(telegram, tmp_path, others=everything()):
        await telegram.say(OWNER, "/emergency")
        menu = await telegram.wait_for("What is to be done?")
        for label, words in taps:
            mark = await telegram.mark()
            await telegram.press(OWNER, label, menu.message_id)
            await telegram.wait_for(words, after=mark)


async def test_selling_everything_asks_once_more_and_counts_once(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    parts = everything()
    async with running_edge(telegram, tmp_path, others=parts):
        await telegram.say(OWNER, "/emergency")
        await telegram.wait_for("What is to be done?")
        await telegram.press(OWNER, "💥 Sell everything…")
        asked = await telegram.wait_for("What would be sold is not known now")
        assert "ADA stays: below the minimum" in asked.text
        assert parts["closing"].requests == []
        await telegram.press(OWNER, SELL)
        done = await telegram.wait_for("sold 0.4 of 0.4 for 20,000.00 USD")
        assert "2 open orders cancelled" in done.text
        assert "0.1 left: below the minimum" in done.text
        (request,) = parts["closing"].requests
        assert (request.venue, request.by, request.halts) == (None, "1001", True)


async def test_one_venue_is_sold_alone_and_declining_sells_nothing(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    parts = everything()
    async with running_edge(telegram, tmp_path, others=parts):
        await telegram.say(OWNER, "/closeall kraken")
        await telegram.wait_for("Close kraken")
        await telegram.press(OWNER, "✖ Keep it")
        await telegram.wait_for("Nothing was done")
        assert parts["closing"].requests == []
        await telegram.say(OWNER, "/closeall KRAKEN")
        await telegram.wait_for("Close kraken", after=await telegram.mark())
        await telegram.press(OWNER, "✅ SELL ALL at kraken")
        await telegram.wait_for("Closed")
        (request,) = parts["closing"].requests
        assert request.venue == KRAKEN


async def test_what_is_refused_has_no_button(telegram: LocalTelegram, tmp_path: Path) -> None:
    parts = everything()
    parts["closing"].preview = replace(
        parts["closing"].preview, refused="trading_enabled is false"
    )
    async with running_edge(telegram, tmp_path, others=parts):
        await telegram.say(OWNER, "/closeall")
        shown = await telegram.wait_for("trading_enabled is false")
        assert shown.labels == ()


async def test_a_repair_that_hangs_delays_neither_halt_nor_cancelling(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    parts = everything()
    parts["repair"].hold = asyncio.Event()
    async with running_edge(telegram, tmp_path, others=parts):
        await telegram.say(OWNER, "/repair")
        await telegram.wait_for("Repairing…")
        await telegram.say(OWNER, "/halt")
        await telegram.wait_for("Trading is halted")
        await telegram.say(OWNER, "/emergency")
        await telegram.wait_for("What is to be done?")
        await telegram.press(OWNER, "✖ Cancel all orders…")
        await telegram.wait_for("Cancel every order")
        await telegram.press(OWNER, "✅ Cancel ALL orders")
        await telegram.wait_for("3 orders cancelled")
        parts["repair"].hold.set()
        await telegram.wait_for("Repaired as far")


async def test_without_a_database_everything_is_confirmed_all_the_same(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    """Tokens of the emergency path live in memory, and count once there too."""
    parts = everything()
    async with running_edge(telegram, tmp_path, others=parts) as run:
        await telegram.until_polled()
        async with locked(run, tmp_path / "steelyard.db"):
            await telegram.say(OWNER, "/emergency")
            menu = await telegram.wait_for("What is to be done?")
            await telegram.press(OWNER, "✖ Cancel all orders…", menu.message_id)
            await telegram.wait_for("Cancel every order")
            await telegram.press(OWNER, "✅ Cancel ALL orders")
            await telegram.wait_for("3 orders cancelled")
            await telegram.press(OWNER, "💥 Sell everything…", menu.message_id)
            await telegram.wait_for("What would be sold")
            await telegram.press(OWNER, SELL)
            await telegram.wait_for("sold 0.4 of 0.4")
            await telegram.press(OWNER, "🛠 Repair everything", menu.message_id)
            await telegram.wait_for("Repaired as far")
        assert parts["emergency"].calls == ["cancel all by 1001"]
        assert len(parts["closing"].requests) == 1
        # The database takes writes again: nothing of it runs a second time.
        await telegram.say(OWNER, "/version")
        await telegram.wait_for("revision")
        assert len(parts["closing"].requests) == 1
        assert parts["repair"].calls == ["repair None by 1001"]
