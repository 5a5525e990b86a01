"""SIGTERM and SIGHUP on the whole bot."""

from dataclasses import replace
from pathlib import Path

from tests.support.local_telegram import OWNER, VIEWER, Shown
from tests.support.referee import compare
from tests.support.running_bot import BotSettings, RunningBot, running_bot, write_config
from tests.support.waiting import eventually

STOP_BOUND_SECONDS = 50.0


async def test_a_stop_in_a_rebalance_ends_in_time_and_is_accounted_for(tmp_path: Path) -> None:
    async with running_bot(tmp_path, latency_ms=60) as bot:
        plan = await bot.ask("/rebalance", wanted=_is_plan)
        mark = await bot.press(plan, "Place")
        await bot.telegram.wait_for("Confirmed", after=mark)
        assert await bot.stop(within=STOP_BOUND_SECONDS) == 0
        stopped = await bot.kraken.book()
        assert "Traceback" not in bot.log()
        await bot.start()
        await bot.settled()
        verdict = await compare(bot, owner=OWNER)
        assert verdict.problems == ()
        assert (await bot.kraken.book())["orders"] == stopped["orders"], "nothing is sent unasked"
        (run,) = bot.database.table("runs")
        assert run["status"] in ("done", "partial")
        said = await bot.telegram.transcript(OWNER, mark)
        assert any(run["run_id"] in each.text for each in said), "the result was still told"


async def test_a_stop_while_an_order_hangs_leaves_it_to_the_next_start(tmp_path: Path) -> None:
    settings = BotSettings(venue={"timeout": '"2s"'})
    async with running_bot(tmp_path, settings=settings, latency_ms=20) as bot:
        plan = await bot.ask("/rebalance", wanted=_is_plan)
        await bot.kraken.fault("hang_after", match="AddOrder", seconds=600)
        mark = await bot.press(plan, "Place")

        def is_on_its_way() -> bool:
            return any(row["status"] == "submitting" for row in bot.database.working())

        await eventually(is_on_its_way, because="the first order is sent")
        assert await bot.stop(within=STOP_BOUND_SECONDS) == 0
        await bot.kraken.clear_faults()
        await bot.start()
        await bot.settled()
        assert (await compare(bot, owner=OWNER)).problems == ()
        (run,) = bot.database.table("runs")
        said = [each.text for each in await bot.telegram.transcript(OWNER, mark)]
        assert any(run["run_id"] in each for each in said), said


async def test_a_good_file_is_put_in_force_as_far_as_it_can_be(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        changed = replace(
            bot.settings,
            targets={"BTC": "0.10", "ETH": "0.10"},
            viewers=(),
            bot={"log_level": '"warning"'},
            risk={"order_buffer": "0.03"},
        )
        mark = await bot.telegram.mark()
        bot.configure(changed)
        bot.hang_up()
        told = await bot.telegram.wait_for("restart", after=mark, chat_id=OWNER)
        for key in ("allocation.kraken.targets", "telegram.viewers", "bot.log_level"):
            assert key in told.text
        assert "risk.order_buffer" in told.text.partition("after a restart")[2]
        plan = await bot.ask("/rebalance", wanted=_is_plan)
        assert "SOL" not in plan.text
        assert "10.0%" in plan.text
        await _is_not_heard(bot, VIEWER)


async def test_a_bad_file_changes_nothing(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        good = bot.config.read_text()
        mark = await bot.telegram.mark()
        write_config(bot.config, good.replace("BTC = 0.40", "BTC = 1.40"))
        bot.hang_up()
        refused = await bot.telegram.wait_for("config.toml", after=mark, chat_id=OWNER)
        assert "targets" in refused.text
        assert "stay" in refused.text.lower()
        plan = await bot.ask("/rebalance", wanted=_is_plan)
        assert "40.0%" in plan.text
        mark = await bot.telegram.mark()
        write_config(bot.config, good)
        bot.hang_up()
        await bot.telegram.wait_for("nothing", after=mark, chat_id=OWNER)


async def _is_not_heard(bot: RunningBot, user: int) -> None:
    mark = await bot.telegram.mark()
    await bot.telegram.say(user, "/balance")
    await bot.ask("/version", wanted="steelyard")
    assert await bot.telegram.transcript(user, mark) == []


def _is_plan(shown: Shown) -> bool:
    return any("Place" in label for label in shown.labels)
