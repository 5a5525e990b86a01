"""Conversations with the real library over real sockets."""

import asyncio
from datetime import timedelta
from pathlib import Path

from handlers.authorisation import Access
from handlers.telegram.commands.table import COMMANDS
from tests.support.local_telegram import (
    OWNER,
    STRANGER,
    VIEWER,
    LocalTelegram,
    running_local_telegram,
)
from tests.support.telegram_edge import RunningEdge, running_edge
from tests.support.telegram_services import SlowRebalance
from tests.support.waiting import eventually
from trading.clock import SystemClock
from trading.errors import BalanceUnknown, VenueUnavailable
from trading.model.trading_state import TradingMode

GROUP, ELSEWHERE = -100500, -100600
GROUPS = f"{GROUP}:Family,{ELSEWHERE}:Elsewhere"


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


async def test_refresh_is_edited_in_place(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path) as run:
        await telegram.say(OWNER, "/balance btc")
        first = await telegram.wait_for("0.5123")
        run.services.balances.rows = (("BTC", "0.75"),)
        await telegram.press(OWNER, "↻ Refresh")
        edited = await telegram.wait_for("0.75", after=first.seq)
        assert (edited.event, edited.message_id) == ("edit", first.message_id)
        # Pressed again with nothing changed, Telegram refuses the edit; nobody hears of it.
        await telegram.press(OWNER, "↻ Refresh")
        await eventually(lambda: len(run.services.balances.calls) == 3)
        await eventually(lambda: _is_at_rest(run))
        shown = await telegram.transcript(OWNER, after=edited.seq)
    assert [each.event for each in shown] == ["answer"]


async def test_long_answers_are_paged_in_place(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path) as run:
        run.services.balances.rows = tuple((f"A{number:02}", "1") for number in range(45))
        await telegram.say(OWNER, "/balance")
        first = await telegram.wait_for("A00")
        assert "1/3" in first.labels
        assert "A20" not in first.text
        await telegram.press(OWNER, "▶")
        second = await telegram.wait_for("A20", after=first.seq)
        assert second.message_id == first.message_id
        assert {"◀", "2/3", "▶"} <= set(second.labels)


async def test_long_messages_are_split_at_line_ends(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path):
        await telegram.say(OWNER, "/logs 200")
        last = await telegram.wait_for("line 199 <&>")
        events = [each for each in await telegram.transcript(OWNER) if each.event == "message"]
    lines = "\n".join(each.text for each in events).split("\n")
    assert lines == [f"line {number} <&>" for number in range(200)]
    if len(events) > 1:
        assert all(not each.labels for each in events[:-1])
    assert "↻ Refresh" in last.labels


async def test_help_lists_what_the_role_may_do_and_is_the_menu(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path):
        await telegram.say(OWNER, "/help")
        owners = await telegram.wait_for("/rebalance –", chat_id=OWNER)
        await telegram.say(VIEWER, "/help")
        viewers = await telegram.wait_for("/balance –", chat_id=VIEWER)

        assert await eventually(lambda: menu(telegram)) == list(COMMANDS)
    assert "/rebalance" not in viewers.text
    assert "/halt" not in viewers.text
    assert all(f"/{name} " in owners.text for name in COMMANDS)


TYPED = (
    ("/balanse", "Did you mean /balance?"),
    ("/hlat", "Did you mean /halt?"),
    ("/qqqqqq", "/help lists"),
    ("balance", "Did you mean /balance?"),
    ("hello there", "commands only"),
    ("/verify BTC", "Usage: /verify [VENUE] ASSET AMOUNT"),
    ("/verify BTC ten", "not an amount"),
    ("/balance <b>&x", "not an asset"),
    ("/refresh krakn", "Did you mean kraken?"),
    ("/cancel", "Usage: /cancel ID"),
    ("/BALANCE", "0.5123"),
    ("/balance@steelyard_demo_bot", "0.5123"),
)


async def test_whatever_is_typed_is_answered(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path):
        for typed, hint in TYPED:
            mark = await telegram.mark()
            await telegram.say(OWNER, typed)
            await telegram.wait_for(hint, after=mark)


async def test_a_failing_command_is_answered(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path) as run:
        run.services.balances.failure = BalanceUnknown("kraken did not answer; <nothing> known")
        await telegram.say(OWNER, "/balance")
        await telegram.wait_for("⚠ kraken did not answer; <nothing> known")
        run.services.balances.failure = VenueUnavailable("kraken", "answered HTTP 502")
        await telegram.say(OWNER, "/balance")
        shown = await telegram.wait_for("kraken: answered HTTP 502")
        assert "/breaker shows how the venue answers" in shown.text
        run.services.balances.failure = RuntimeError("a bug")
        said = await telegram.say(OWNER, "/balance")
        shown = await telegram.wait_for("Something broke inside")
        assert f"tg{said['update_id']}" in shown.text
        assert "a bug" not in shown.text


async def test_strangers_get_silence_and_viewers_may_only_read(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path) as run:
        for text in ("/balance", "/halt", "/id", "hello"):
            await telegram.say(STRANGER, text)
        await telegram.say(VIEWER, "/halt")
        await telegram.wait_for("Only an owner may do that", chat_id=VIEWER)
        await telegram.say(VIEWER, "/balance")
        await telegram.wait_for("0.5123", chat_id=VIEWER)
        assert await telegram.transcript(STRANGER) == []
        assert run.services.halt.calls == []
        assert await run.inbox.pending() == ()


async def test_a_stranger_may_ask_for_his_id_while_pairing(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    access = Access(owners=frozenset({OWNER}), viewers=frozenset(), is_pairing=True)
    async with running_edge(telegram, tmp_path, access=access):
        await telegram.say(STRANGER, "/balance")
        await telegram.say(STRANGER, "/id")
        shown = await telegram.wait_for(str(STRANGER), chat_id=STRANGER)
        assert "stranger" in shown.text
        assert len(await telegram.transcript(STRANGER)) == 1


async def test_an_edited_command_is_not_run(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path) as run:
        said = await telegram.say(OWNER, "/version")
        await telegram.wait_for("revision")
        await telegram.edit(OWNER, said["message_id"], "/halt")
        await telegram.wait_for("An edited message is not run")
        assert run.services.halt.calls == []


async def test_in_a_group_only_those_admitted_may_press_and_type(tmp_path: Path) -> None:
    access = Access(
        owners=frozenset({OWNER}), viewers=frozenset({VIEWER}), chat_id=GROUP, thread_id=None
    )
    async with (
        running_local_telegram(tmp_path / "telegram", groups=GROUPS) as telegram,
        running_edge(telegram, tmp_path, access=access) as run,
    ):
        await telegram.say(OWNER, "/emergency", chat_id=GROUP)
        menu_shown = await telegram.wait_for("What is to be done?", chat_id=GROUP)
        for who in (VIEWER, STRANGER):
            await telegram.press(who, "⛔ Halt trading", menu_shown.message_id, chat_id=GROUP)
            await telegram.say(who, "/halt", chat_id=GROUP)
        await telegram.say(OWNER, "/halt", chat_id=ELSEWHERE)
        await telegram.wait_for("Only an owner may do that", chat_id=GROUP)
        await telegram.say(VIEWER, "/balance@other_bot", chat_id=GROUP)
        await telegram.say(VIEWER, "talk among people", chat_id=GROUP)
        await telegram.say(VIEWER, "/id", chat_id=GROUP)
        await telegram.wait_for(str(VIEWER), chat_id=GROUP)
        assert run.services.halt.calls == []
        assert run.services.balances.calls == []
        assert await telegram.transcript(ELSEWHERE) == []
        await telegram.press(OWNER, "⛔ Halt trading", menu_shown.message_id, chat_id=GROUP)
        await telegram.wait_for("Trading is halted", chat_id=GROUP)
        assert run.services.halt.mode is TradingMode.HALTED


async def test_old_commands_are_refused_and_a_halt_is_never_too_old(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    an_hour_ago = int((SystemClock().now() - timedelta(hours=1)).timestamp())
    await telegram.say(OWNER, "/resume", date=an_hour_ago)
    await telegram.say(OWNER, "/halt", date=an_hour_ago)
    async with running_edge(telegram, tmp_path) as run:
        shown = await telegram.wait_for("/resume is too old")
        assert "sent 60 min before" in shown.text
        await telegram.wait_for("Trading is halted")
        run.edge.set_max_command_age(7200)
        await telegram.say(OWNER, "/resume", date=an_hour_ago)
        await telegram.wait_for("Trading is active")
        run.edge.set_max_command_age(60)
        mark = await telegram.mark()
        await telegram.say(OWNER, "/resume", date=an_hour_ago)
        await telegram.wait_for("nothing older than 60 s", after=mark)
    assert [call.split()[0] for call in run.services.halt.calls] == ["halt", "resume"]


async def test_a_slow_command_delays_neither_halt_nor_reading(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    held = SlowRebalance()
    async with running_edge(telegram, tmp_path, others={"rebalance": held}):
        await telegram.say(OWNER, "/rebalance")
        await eventually(lambda: held.is_asked)
        await telegram.say(OWNER, "/balance")
        await telegram.wait_for("0.5123")
        await telegram.say(OWNER, "/halt")
        await telegram.wait_for("Trading is halted")
        held.release()
        await telegram.wait_for("No venue has targets")


async def test_a_clean_stop_finishes_what_runs_and_leaves_the_rest_to_the_next_start(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path) as run:
        run.services.balances.gate = asyncio.Event()
        await telegram.say(OWNER, "/balance")
        await eventually(lambda: run.services.balances.calls)
        run.edge.stop_listening()
        await telegram.say(OWNER, "/version")
        run.services.balances.gate.set()
        await run.edge.idle()
        await telegram.wait_for("0.5123")
    async with running_edge(telegram, tmp_path) as run:
        await telegram.wait_for("revision")
        assert run.services.balances.calls == []
        texts = [each.text for each in await telegram.transcript(OWNER)]
    assert len(texts) == 2


async def menu(telegram: LocalTelegram) -> list[str]:
    """The command menu as Telegram has it."""
    url = f"{telegram.base_url}{telegram.token}/getMyCommands"
    async with telegram.session.post(url) as answer:
        return [entry["command"] for entry in (await answer.json())["result"]]


async def _is_at_rest(run: RunningEdge) -> bool:
    return await run.inbox.claimed() == () and await run.inbox.pending() == ()
