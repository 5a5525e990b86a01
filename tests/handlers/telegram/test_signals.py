"""/signals in the chat: what strategies say, in a phone's width, and an order behind a button."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.local_telegram import OWNER, VIEWER, LocalTelegram
from tests.support.rebalance_world import make_venue
from tests.support.signal_world import SignalWorld, keep_candles, signal_world
from tests.support.telegram_edge import running_edge

WIDTH = 34


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[SignalWorld]:
    clock = FakeClock(instant=True)
    venue = make_venue(clock)
    venue.deposit("USD", "10000")
    keep_candles(venue, clock, "BTC/USD", "1.01")
    keep_candles(venue, clock, "ETH/USD", "0.99")
    folder = tmp_path / "world"
    folder.mkdir()
    async with signal_world(folder, venue, clock) as made:
        yield made


async def test_the_signals_with_their_reason_their_weight_and_their_stages(
    telegram: LocalTelegram, tmp_path: Path, world: SignalWorld
) -> None:
    async with running_edge(telegram, tmp_path, others={"signals": world.signals}):
        await telegram.say(VIEWER, "/signals")
        shown = await telegram.wait_for("4h candles", chat_id=VIEWER)
        await telegram.say(VIEWER, "/signals last")
        past = await telegram.wait_for("Decided last", chat_id=VIEWER, after=shown.seq)
    assert "BTC/USD 🔴 sell" in shown.text or "BTC/USD ⚪ hold" in shown.text
    assert "trend +1.00" in shown.text
    assert "the trend is up: EMA 12 is" in shown.text
    assert "target of BTC: 50.0 %, moved to 60.0 %" in shown.text
    assert "mean_reversion" in shown.text
    rows = shown.text[shown.text.index("ms ") :].splitlines()[:3]
    assert [row.split()[0] for row in rows] == ["ms", "BTC/USD", "ETH/USD"]
    assert all(len(row) <= WIDTH for row in rows)
    assert shown.labels == ("↻ Refresh",)
    assert "data " in past.text
    assert "decision " in past.text
    assert world.venue.arrivals == []


async def test_a_quantity_is_traded_by_the_button_alone_and_once(
    telegram: LocalTelegram, tmp_path: Path, world: SignalWorld
) -> None:
    async with running_edge(telegram, tmp_path, others={"signals": world.signals}):
        await telegram.say(OWNER, "/signals BTC 0.01 nope memory")
        said = await telegram.wait_for("once you confirm it", chat_id=OWNER)
        asked = await telegram.wait_for("Buy 0.01 BTC", chat_id=OWNER)
        assert "NOPE: memory does not list it" in said.text
        assert world.venue.arrivals == []
        await telegram.press(OWNER, "✅ Buy 0.01 BTC", asked.message_id)
        await telegram.wait_for("✅ Done", chat_id=OWNER, after=asked.seq)
    assert len(world.venue.arrivals) == 1
    (row,) = await world.signals.recent(5)
    assert (row.quantity, row.decision) == (Decimal("0.01"), "buy")
    assert row.outcome is not None
    assert row.outcome.startswith("filled ")
    assert row.order_ms is not None


async def test_who_only_reads_asks_for_no_order(
    telegram: LocalTelegram, tmp_path: Path, world: SignalWorld
) -> None:
    async with running_edge(telegram, tmp_path, others={"signals": world.signals}):
        await telegram.say(VIEWER, "/signals BTC 0.01")
        await telegram.wait_for("Only an owner may trade", chat_id=VIEWER)
    assert await world.signals.recent(5) == ()


async def test_what_cannot_be_traded_has_no_button(
    telegram: LocalTelegram, tmp_path: Path, world: SignalWorld
) -> None:
    async with running_edge(telegram, tmp_path, others={"signals": world.signals}):
        await telegram.say(OWNER, "/signals ETH 1")
        shown = await telegram.wait_for("and may not", chat_id=OWNER)
    assert "ETH/USD ⚠ nothing" in shown.text
    assert world.venue.arrivals == []
