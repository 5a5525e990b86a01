"""Everything Telegram itself can do to a bot: survived, and the owner is told."""

from pathlib import Path
from typing import Any

from handlers.telegram.health import Reach
from tests.support.local_telegram import (
    OWNER,
    LocalTelegram,
    address,
    running_local_telegram,
)
from tests.support.telegram_edge import running_edge
from tests.support.waiting import eventually


async def test_two_conflicts_in_a_row_mean_a_second_copy(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path, poll_seconds=1) as run:
        await telegram.until_polled()
        await telegram.fault("conflict", count=1)
        await eventually(lambda: run.edge.health.reach is Reach.CONFLICT)
        await eventually(lambda: run.edge.health.is_healthy)
        assert run.second_copies == []  # one conflict may be our own poll of a moment ago
        await telegram.fault("conflict", count=2)
        await eventually(lambda: len(run.second_copies) == 1)
        assert "another program polls" in run.second_copies[0]
        await eventually(lambda: run.edge.health.is_healthy)
        await telegram.say(OWNER, "/balance")
        await telegram.wait_for("0.5123")
        assert len(run.second_copies) == 1


async def test_a_webhook_set_by_another_program_is_removed(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    await telegram.fault("webhook", url="https://elsewhere.example/hook")
    async with running_edge(telegram, tmp_path):
        await telegram.say(OWNER, "/balance")
        await telegram.wait_for("0.5123")


async def test_told_to_wait_it_waits_and_answers(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path):
        await telegram.until_polled()
        await telegram.fault("too_many_requests", count=2, match="sendmessage", retry_after=1)
        await telegram.say(OWNER, "/balance")
        await telegram.wait_for("0.5123")
        answers = [each for each in await telegram.transcript(OWNER) if each.event == "message"]
    assert len(answers) == 1


async def test_polling_told_to_wait_goes_on(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path, poll_seconds=1):
        await telegram.until_polled()
        await telegram.fault("too_many_requests", count=1, match="getupdates", retry_after=1)
        await telegram.fault("bad_gateway", count=1, match="getupdates")
        await telegram.fault("bad_json", count=1, match="getupdates")
        await telegram.fault("drop_before", count=1, match="getupdates")
        await telegram.fault("lose_answer", count=1, match="getupdates")
        await telegram.say(OWNER, "/balance")
        await telegram.wait_for("0.5123")
        answers = [each for each in await telegram.transcript(OWNER) if "0.5123" in each.text]
    assert len(answers) == 1


async def test_a_poll_that_hangs_is_given_up(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path, poll_seconds=1, timeout_seconds=0.5) as run:
        await telegram.until_polled()
        await telegram.fault("hang", count=1, match="getupdates")
        await eventually(lambda: run.edge.health.reach is Reach.UNREACHABLE)
        await telegram.say(OWNER, "/balance")
        await telegram.wait_for("0.5123")


async def test_an_answer_that_may_have_been_lost_is_repeated_and_says_so(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path) as run:
        await telegram.until_polled()
        await telegram.fault("lose_answer", count=1, match="sendmessage")
        await telegram.say(OWNER, "/balance")
        first = await telegram.wait_for("0.5123")
        again = await telegram.wait_for("0.5123", after=first.seq)
        assert "You may have had this message before" in again.text
        assert run.services.balances.calls == ["show None"]


async def test_a_refused_connection_is_not_a_doubt(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path):
        await telegram.until_polled()
        await telegram.fault("bad_gateway", count=1, match="sendmessage")
        await telegram.say(OWNER, "/balance")
        shown = await telegram.wait_for("0.5123")
    assert "Late: Telegram did not take this answer at once." in shown.text


async def test_a_revoked_token_is_noticed_and_outlived(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path, poll_seconds=1) as run:
        await telegram.until_polled()
        await telegram.fault("unauthorized")
        await eventually(lambda: run.edge.health.reach is Reach.REFUSED)
        assert "token" in run.edge.health.reason
        assert telegram.token not in run.edge.health.reason
        await telegram.clear_faults()
        await telegram.say(OWNER, "/balance")
        await telegram.wait_for("0.5123")


async def test_the_owner_is_told_of_an_outage_once_it_is_over(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path, poll_seconds=1, outage_seconds=0.0) as run:
        await telegram.until_polled()
        await telegram.fault("outage")
        await eventually(lambda: run.edge.health.reach is Reach.UNREACHABLE)
        await telegram.say(OWNER, "/halt")
        await telegram.say(OWNER, "/balance")
        await run.outbox.add([run.stores.rows.notice(kind="notice", payload='{"text":"news"}')])
        await telegram.clear_faults()
        await telegram.wait_for("Telegram is back.")
        await telegram.wait_for("news")
        await telegram.wait_for("0.5123")
        await telegram.wait_for("Trading is halted")
        texts = [each.text for each in await telegram.transcript(OWNER)]
    assert sum("Telegram is back." in text for text in texts) == 1
    assert run.services.balances.calls == ["show None"]


async def test_unreachable_at_start_it_waits_and_then_works(tmp_path: Path) -> None:
    async with running_local_telegram(tmp_path / "telegram") as first:
        listen, control = address(first.api_url), address(first.control_url)
        await first.child.kill()
        async with running_edge(first, tmp_path, outage_seconds=0.1) as run:
            await eventually(lambda: run.edge.health.reach is Reach.UNREACHABLE)
            async with running_local_telegram(
                tmp_path / "telegram", listen=listen, control=control
            ) as back:
                await back.say(OWNER, "/balance")
                await back.wait_for("0.5123")
                await back.wait_for("Telegram is back.")


async def test_one_malformed_update_makes_nobody_deaf(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    broken: tuple[dict[str, Any], ...] = (
        {"message": {"from": 7}},
        {"callback_query": []},
        {"message": None},
    )
    for update in broken:
        await telegram.fault("malformed_update", update=update)
    await telegram.say(OWNER, "/balance")
    await telegram.fault("malformed_update")
    await telegram.say(OWNER, "/version")
    async with running_edge(telegram, tmp_path) as run:
        await telegram.wait_for("0.5123")
        await telegram.wait_for("revision")
        states = {each["update_id"]: each["state"] for each in await telegram.updates()}
        malformed = await run.inbox.get(min(states))
        assert malformed is not None
        assert malformed.status == "malformed"

        async def confirmed() -> bool:
            return {each["state"] for each in await telegram.updates()} == {"confirmed"}

        await eventually(confirmed)


async def test_an_update_delivered_twice_runs_once(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path) as run:
        await telegram.say(OWNER, "/balance")
        await telegram.wait_for("0.5123")
        await telegram.say(OWNER, "/version")
        await telegram.wait_for("revision")
        await telegram.fault("duplicate_update")
        await telegram.say(OWNER, "/id")
        await telegram.wait_for("Your id")
        texts = [each.text for each in await telegram.transcript(OWNER)]
    assert sum("revision" in text for text in texts) == 1
    assert run.services.balances.calls == ["show None"]


async def test_update_ids_that_start_anew_are_heard(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path, poll_seconds=1):
        await telegram.say(OWNER, "/balance")
        await telegram.wait_for("0.5123")
        await telegram.fault("restart_update_ids", first=7)
        await telegram.say(OWNER, "/version")
        await telegram.wait_for("revision")


async def test_a_blocked_bot_keeps_its_notices(telegram: LocalTelegram, tmp_path: Path) -> None:
    async with running_edge(telegram, tmp_path) as run:
        await telegram.say(OWNER, "/balance")
        await telegram.wait_for("0.5123")
        await telegram.block(OWNER)
        await run.outbox.add([run.stores.rows.notice(kind="notice", payload='{"text":"news"}')])

        async def put_off() -> bool:
            row = await run.outbox.oldest_unsent()
            return row is not None and row.attempts == 1 and row.status == "queued"

        await eventually(put_off)
        assert await run.outbox.unsent_count() == 1
