"""Two venues in one bot: one view of both, and neither waits for the other."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.local_telegram import Shown
from tests.support.nursery import Nursery
from tests.support.running_bot import BotSettings, RunningBot, running_bot
from tests.support.waiting import eventually

OTHER = {"USD": "2000", "BTC": "0.02"}
JOBS = {"balance_sync": '"1s"', "trading_loop": '"1s"', "price_scan": '"1s"'}


@asynccontextmanager
async def two_venues(
    folder: Path, nursery: Nursery
) -> AsyncIterator[tuple[RunningBot, LocalKraken]]:
    """Run a bot with a second Kraken, which is asked by REST alone, under a name of its own."""
    async with (
        running_local_kraken(folder / "other", balances=OTHER, seed=7) as other,
        running_bot(folder, started=False, nursery=nursery, latency_ms=10) as bot,
    ):
        venue = {
            "kind": '"kraken"',
            "key": json.dumps(other.key),
            "secret": json.dumps(other.secret),
            "rest_url": json.dumps(other.rest_url),
            "streams": "false",
        }
        allocation = {"targets": "{ BTC = 0.5 }"}
        bot.configure(
            BotSettings(jobs=JOBS, more={"venues.other": venue, "allocation.other": allocation})
        )
        await bot.allow_trading()
        await bot.start()
        yield bot, other


async def test_one_view_of_both_and_a_plan_for_each(tmp_path: Path, nursery: Nursery) -> None:
    async with two_venues(tmp_path, nursery) as (bot, other):
        whole = await bot.ask("/portfolio", wanted="All venues")
        assert "incomplete" not in whole.text, whole.text
        assert whole.text.index("All venues") < whole.text.index("kraken ")
        balance = await bot.ask("/balance", wanted="All venues")
        assert "kraken ✅ verified" in balance.text
        assert "other ✅ verified" in balance.text
        assert "All venues" not in (await bot.ask("/balance other", wanted="verified")).text

        mark = await bot.telegram.mark()
        await bot.telegram.say(1001, "/rebalance")
        plans = [
            await bot.telegram.wait_for(partial(_is_plan_of, venue), after=mark)
            for venue in ("kraken", "other")
        ]
        for plan in plans:
            pressed = await bot.press(plan, "Place")
            done = await bot.telegram.wait_for("Cost ", after=pressed)
            assert "Done" in done.text, done.text
        await bot.settled()
        for venue in (bot.kraken, other):
            assert (await venue.book())["orders"], "each was traded at its own venue"
            assert await venue.audit() == []
        jobs = (await bot.ask("/jobs", wanted="balance_sync")).text
        assert {"balance_sync_kraken", "rebalance_other"} <= set(jobs.split())


async def test_a_venue_that_hangs_keeps_nothing_of_the_other(
    tmp_path: Path, nursery: Nursery
) -> None:
    async with two_venues(tmp_path, nursery) as (bot, other):
        await bot.ask("/portfolio", wanted="All venues")
        await other.fault("hang_before", seconds=60.0)
        mark = await bot.telegram.mark()
        await bot.telegram.say(1001, "/rebalance")
        plan = await bot.telegram.wait_for(partial(_is_plan_of, "kraken"), after=mark)
        shown = await bot.telegram.transcript(1001, mark)
        assert not [each for each in shown if "other ❌" in each.text], "the other still hangs"
        pressed = await bot.press(plan, "Place")
        done = await bot.telegram.wait_for("Cost ", after=pressed)
        assert "Done" in done.text, done.text
        await bot.ask("/balance kraken", wanted="verified")
        late = await bot.telegram.wait_for("other ❌ No plan", after=mark)
        assert "Nothing was done there" in late.text
        whole = await bot.ask("/portfolio", wanted="All venues")
        assert "incomplete" in whole.text or "not verified" in whole.text, whole.text

        async def synced() -> bool:
            return "kraken ✅ verified" in (await bot.ask("/balance", wanted="kraken")).text

        await eventually(synced)
        assert (await other.book())["orders"] == []
        await bot.kill()  # how it stops is not the matter here, and it would wait for the other


def _is_plan_of(venue: str, shown: Shown) -> bool:
    return venue in shown.text and any("Place" in label for label in shown.labels)
