"""Notices arrive in order, once, or twice with a word about it; never not at all."""

import json
from datetime import UTC, datetime
from pathlib import Path

from storage.inbox import InboxRepository
from storage.outbox import OutboxRepository
from storage.records import InboxRow, NewNotice
from tests.support.local_telegram import OWNER, LocalTelegram
from tests.support.stores import open_database
from tests.support.telegram_edge import RunningEdge, running_edge
from tests.support.waiting import eventually
from trading.clock import SystemClock


def notice(text: str) -> NewNotice:
    return NewNotice(kind="notice", payload=json.dumps({"text": text}))


async def all_sent(run: RunningEdge) -> bool:
    return await run.outbox.unsent_count() == 0


async def texts_of(telegram: LocalTelegram) -> list[str]:
    return [each.text for each in await telegram.transcript(OWNER) if each.event == "message"]


async def test_they_arrive_in_order_through_faults(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path) as run:
        await telegram.until_polled()
        await telegram.fault("drop_before", count=1, match="sendmessage")
        await run.outbox.add([notice(f"news {number}") for number in range(5)])
        await eventually(lambda: all_sent(run))
        texts = await texts_of(telegram)
    assert [text.rsplit("\n", 1)[-1] for text in texts] == [f"news {n}" for n in range(5)]
    # The connection was cut before Telegram acted, which the bot cannot know.
    assert "You may have had this message before" in texts[0]
    assert all("before" not in text for text in texts[1:])


async def test_a_send_cut_off_by_a_crash_is_repeated_and_says_so(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    clock = SystemClock()
    async with open_database(tmp_path, clock=clock) as database:
        outbox = OutboxRepository(database=database, clock=clock)
        await outbox.add([notice("bought"), notice("sold")])
        first = await outbox.next_due(clock.now())
        assert first is not None
        await outbox.mark_sending(first.sequence, clock.now())
    async with running_edge(telegram, tmp_path) as run:
        await eventually(lambda: all_sent(run))
        bought, sold = await texts_of(telegram)
    assert bought.endswith("bought")
    assert "You may have had this message before" in bought
    assert sold == "sold"


async def test_what_telegram_will_never_take_holds_nothing_up(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path) as run:
        await run.outbox.add(
            [
                NewNotice(kind="answer", payload='{"text": "to nobody"}', chat_id=99_999),
                NewNotice(kind="unheard of", payload='{"a": "<b>", "n": 1}'),
                NewNotice(kind="fill", payload='{"broken": true}'),
                NewNotice(kind="notice", payload="no json"),
            ]
        )
        await eventually(lambda: all_sent(run))
        texts = await texts_of(telegram)
    assert texts == ["unheard of\na: <b>\nn: 1", "fill\nbroken: True", "no json"]


async def test_who_halted_is_not_told_again_and_all_else_is_told(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    state = {"mode": "halted", "reason": "a drill", "since": "2026-01-05T12:00:00+00:00"}
    by_owner, by_bot = (
        NewNotice(kind="trading_state", payload=json.dumps(state | {"by": by}))
        for by in (str(OWNER), "bot")
    )
    async with running_edge(telegram, tmp_path) as run:
        await run.outbox.add([by_owner, by_bot])
        await eventually(lambda: all_sent(run))
        texts = await texts_of(telegram)
    assert len(texts) == 1
    assert "by bot" in texts[0]


async def test_a_command_cut_off_is_reported_with_what_it_did(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    clock = SystemClock()
    raw = {
        "update_id": 77,
        "message": {
            "message_id": 3,
            "date": int(clock.now().timestamp()),
            "from": {"id": OWNER, "is_bot": False},
            "chat": {"id": OWNER, "type": "private"},
            "text": "/rebalance now",
        },
    }
    async with open_database(tmp_path, clock=clock) as database:
        inbox = InboxRepository(database=database)
        halt = json.loads(json.dumps(raw)) | {"update_id": 78}
        halt["message"]["text"] = "/halt"
        await inbox.accept([row(raw), row(halt)])
        for update_id in (77, 78):
            assert await inbox.claim(update_id, datetime(2026, 1, 5, 12, tzinfo=UTC))
    done = {"tg77": ("sold 0.5 BTC/USD: filled",)}
    async with running_edge(telegram, tmp_path, aftermath=done) as run:
        told = await telegram.wait_for("/rebalance now was started at 05 Jan 12:00:00 UTC")
        assert "sold 0.5 BTC/USD: filled" in told.text
        assert "It was not repeated" in told.text
        await telegram.wait_for("Trading is halted")  # a halt is: it is idempotent
        found = [await run.inbox.get(update_id) for update_id in (77, 78)]
    assert [each.status for each in found if each] == ["interrupted", "done"]
    assert [call.split(":")[0] for call in run.services.halt.calls] == [f"halt by {OWNER}"]


def row(raw: dict[str, object]) -> InboxRow:
    update_id = raw["update_id"]
    assert isinstance(update_id, int)
    return InboxRow(
        update_id=update_id,
        raw=json.dumps(raw),
        received_at=SystemClock().now(),
        chat_id=OWNER,
        user_id=OWNER,
        lane="trade",
        status="new",
        claimed_at=None,
        finished_at=None,
        outcome=None,
        correlation_id=f"tg{update_id}",
    )
