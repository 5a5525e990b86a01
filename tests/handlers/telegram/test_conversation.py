"""Conversations with the real library over real sockets."""

from pathlib import Path

from tests.support.local_telegram import OWNER, STRANGER, VIEWER, LocalTelegram
from tests.support.telegram_edge import running_edge


async def test_balance_is_answered_with_source_and_age(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path):
        await telegram.say(OWNER, "/balance")
        shown = await telegram.wait_for("0.5123")
    assert shown.chat_id == OWNER
    assert "exchange 12 s" in shown.text
    assert "verified" in shown.text
    assert "↻ Refresh" in shown.labels
