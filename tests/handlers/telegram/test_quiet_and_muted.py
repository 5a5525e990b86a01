"""Quiet hours take the sound away, never the message; what is muted is not sent at all."""

import json
from datetime import UTC, datetime, time
from pathlib import Path

from handlers.telegram.outbox import Destination
from storage.records import NewNotice
from tests.support.local_telegram import OWNER, LocalTelegram
from tests.support.telegram_edge import running_edge
from tests.support.waiting import eventually
from trading.clock import SystemClock
from trading.config.values import QuietHours

NIGHT = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)


class FixedWall(SystemClock):
    """Real durations under a wall clock that stands still, so that it stays night."""

    def now(self) -> datetime:
        return NIGHT


def notice(kind: str, text: str) -> NewNotice:
    return NewNotice(kind=kind, payload=json.dumps({"text": text}))


def at_night() -> Destination:
    hours = QuietHours(start=time(22), end=time(7))
    return Destination(chat_id=OWNER, is_quiet=hours.contains, muted=frozenset({"fill"}))


async def test_at_night_messages_come_without_sound_and_halts_with_it(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path, clock=FixedWall()) as run:
        run.edge.replace_destination(at_night())
        await run.outbox.add((notice("notice", "all is well"), notice("order_unknown", "look")))
        calm = await telegram.wait_for("all is well")
        urgent = await telegram.wait_for("look")
    assert (calm.raw["silent"], urgent.raw["silent"]) == (True, False)


async def test_by_day_messages_are_heard(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path) as run:
        await run.outbox.add((notice("notice", "all is well"),))
        shown = await telegram.wait_for("all is well")
    assert shown.raw["silent"] is False


async def test_muted_kinds_are_settled_unsent_and_hold_nothing_up(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path) as run:
        run.edge.replace_destination(at_night())
        own_chat = NewNotice(kind="fill", payload='{"text": "asked for"}', chat_id=OWNER)
        await run.outbox.add((notice("fill", "muted"), notice("notice", "after it"), own_chat))
        await telegram.wait_for("after it")
        await telegram.wait_for("asked for")

        async def is_empty() -> bool:
            return await run.outbox.unsent_count() == 0

        await eventually(is_empty)
        texts = [shown.text for shown in await telegram.transcript(OWNER)]
    assert [text for text in texts if "muted" in text] == []
