"""What trades shows its plan and waits for a button that counts once, there, and for a while."""

import json
from pathlib import Path

from handlers.authorisation import Access
from tests.support.local_telegram import OWNER, LocalTelegram, Shown, running_local_telegram
from tests.support.telegram_edge import RunningEdge, running_edge
from tests.support.telegram_rebalance import FakeRebalance, proposal
from tests.support.waiting import eventually
from trading.clock import SystemClock
from trading.model.denial import DenialCode, Denied

GROUP, OTHER_OWNER = -100500, 1002
BUTTON = "✅ Place 1 order"


async def is_at_rest(run: RunningEdge) -> bool:
    return await run.inbox.claimed() == () and await run.inbox.pending() == ()


def data_of(shown: Shown, label: str) -> str:
    """What the button carries: pressed by hand it can be sent again, or by somebody else."""
    buttons = [button for row in shown.raw["buttons"] for button in row]
    data: str = next(button["callback_data"] for button in buttons if button["text"] == label)
    return data


async def press_by_hand(
    telegram: LocalTelegram, user_id: int, shown: Shown, message_id: int | None = None
) -> None:
    """Send the confirmation's data whether its button is still on the screen or not."""
    body = {
        "user_id": user_id,
        "chat_id": shown.chat_id,
        "message_id": shown.message_id if message_id is None else message_id,
        "data": data_of(shown, BUTTON),
        "force": True,
    }
    await telegram.control("POST", "/press", body)


async def test_a_plan_is_shown_in_money_and_percent_and_done_once(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    rebalance = FakeRebalance(clock=SystemClock())
    async with running_edge(telegram, tmp_path, others={"rebalance": rebalance}) as run:
        await telegram.say(OWNER, "/rebalance")
        shown = await telegram.wait_for(lambda each: BUTTON in each.labels)
        for words in (
            "60.0%",
            "sell 0.025 BTC/USD at 39,800.5 or better: 1,000.00 USD (10.00 %)",
            "estimated cost 2.60 USD (0.03 %)",
            "DOGE left alone",
            "balances: exchange, 0 s old",
        ):
            assert words in shown.text
        captions = [each.text for each in await telegram.transcript(OWNER)]
        assert any("before and after" in caption for caption in captions)
        assert rebalance.executed == []
        for _ in range(3):
            await press_by_hand(telegram, OWNER, shown)
        await telegram.wait_for("✅ Done")
        await telegram.wait_for("used already")
        await eventually(lambda: is_at_rest(run))
    assert rebalance.executed == [f"{rebalance.shown[0].plan_hash} by {OWNER}"]


async def test_a_preview_has_no_button(telegram: LocalTelegram, tmp_path: Path) -> None:
    rebalance = FakeRebalance(clock=SystemClock())
    async with running_edge(telegram, tmp_path, others={"rebalance": rebalance}):
        await telegram.say(OWNER, "/rebalance preview")
        shown = await telegram.wait_for("A preview")
    assert shown.labels == ()


async def test_declined_nothing_is_done(telegram: LocalTelegram, tmp_path: Path) -> None:
    rebalance = FakeRebalance(clock=SystemClock())
    async with running_edge(telegram, tmp_path, others={"rebalance": rebalance}):
        await telegram.say(OWNER, "/rebalance now")
        shown = await telegram.wait_for(lambda each: BUTTON in each.labels)
        await telegram.press(OWNER, "✖ Cancel")
        await telegram.wait_for("Cancelled. Nothing was done.")
        await press_by_hand(telegram, OWNER, shown)
        await telegram.wait_for("used already")
    assert rebalance.executed == []


async def test_an_expired_button_does_nothing(telegram: LocalTelegram, tmp_path: Path) -> None:
    rebalance = FakeRebalance(clock=SystemClock(), life_seconds=0.0)
    async with running_edge(telegram, tmp_path, others={"rebalance": rebalance}):
        await telegram.say(OWNER, "/rebalance")
        shown = await telegram.wait_for(lambda each: BUTTON in each.labels)
        await SystemClock().sleep(1.1)  # the shortest life a confirmation can have, and a bit
        await press_by_hand(telegram, OWNER, shown)
        await telegram.wait_for("expired")
    assert rebalance.executed == []


async def test_a_button_counts_for_its_owner_and_its_message_alone(tmp_path: Path) -> None:
    access = Access(owners=frozenset({OWNER, OTHER_OWNER}), viewers=frozenset(), chat_id=GROUP)
    rebalance = FakeRebalance(clock=SystemClock())
    async with (
        running_local_telegram(tmp_path / "telegram", groups=f"{GROUP}:Family") as telegram,
        running_edge(telegram, tmp_path, access=access, others={"rebalance": rebalance}),
    ):
        await telegram.say(OWNER, "/version", chat_id=GROUP)
        other = await telegram.wait_for("revision", chat_id=GROUP)
        await telegram.say(OWNER, "/rebalance", chat_id=GROUP)
        shown = await telegram.wait_for(lambda each: BUTTON in each.labels, chat_id=GROUP)
        await press_by_hand(telegram, OTHER_OWNER, shown)
        await telegram.wait_for("belongs to somebody else")
        await press_by_hand(telegram, OWNER, shown, message_id=other.message_id)
        await telegram.wait_for("belongs to another message")
        assert rebalance.executed == []
        await telegram.press(OWNER, BUTTON, shown.message_id, chat_id=GROUP)
        await telegram.wait_for("✅ Done", chat_id=GROUP)
        await telegram.child.kill()


async def test_a_plan_that_changed_is_shown_again_with_a_button_of_its_own(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    clock = SystemClock()
    rebalance = FakeRebalance(clock=clock, answer=proposal(clock, quantity="0.03"))
    async with running_edge(telegram, tmp_path, others={"rebalance": rebalance}):
        await telegram.say(OWNER, "/rebalance")
        first = await telegram.wait_for(lambda each: BUTTON in each.labels)
        await telegram.press(OWNER, BUTTON)
        await telegram.wait_for("Things have changed since", after=first.seq)
        again = await telegram.wait_for(lambda each: BUTTON in each.labels, after=first.seq)
        assert "sell 0.03 BTC/USD" in again.text
        assert data_of(again, BUTTON) != data_of(first, BUTTON)
        rebalance.answer = Denied(code=DenialCode.HALTED, reason="trading is halted")
        await telegram.press(OWNER, BUTTON)
        await telegram.wait_for("Not executed: trading is halted")
    assert len(rebalance.executed) == 2


async def test_an_interrupted_run_offers_a_fresh_plan(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    rebalance = FakeRebalance(clock=SystemClock())
    payload = {
        "run_id": "run-1",
        "venue": "kraken",
        "base": "USD",
        "trigger": "manual:1001",
        "started_at": "2026-01-05T12:00:00+00:00",
        "correlation_id": "tg7",
        "orders": [
            {
                "client_order_id": "sy1",
                "symbol": "BTC/USD",
                "side": "sell",
                "quantity": "0.5",
                "filled_quantity": "0.25",
                "cost": "10000",
                "fee": "26",
                "status": "cancelled",
                "note": None,
            }
        ],
    }
    async with running_edge(telegram, tmp_path, others={"rebalance": rebalance}) as run:
        notice = run.stores.rows.notice(kind="run_interrupted", payload=json.dumps(payload))
        await run.outbox.add([notice])
        told = await telegram.wait_for("Rebalance interrupted")
        assert "sell 0.5 BTC/USD: filled 0.25, cancelled" in told.text
        await telegram.press(OWNER, "▶ Continue with a fresh plan")
        await telegram.wait_for(lambda each: BUTTON in each.labels)
    assert rebalance.executed == []
