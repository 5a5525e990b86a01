"""SIGKILL at random moments of a rebalance: nothing lost, nothing twice, three equal books."""

import asyncio
import contextlib
import random
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.binance_bot import running_binance_bot
from tests.support.local_telegram import OWNER, Shown
from tests.support.nursery import Nursery, running_nursery
from tests.support.referee import Verdict, compare
from tests.support.running_bot import BotSettings, RunningBot, running_bot
from tests.support.waiting import eventually
from trading.clock import SystemClock

PRICES = {"BTC": 64_000, "ETH": 3_100, "SOL": 145}
SETTINGS = BotSettings(
    rebalance={"max_turnover": "1.0", "band_abs": "0.002", "min_order": "1"},
    risk={"price_max_age": '"1s"'},  # the test moves prices faster than life
)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the rounds of all worlds came to."""

    rounds: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    in_doubt: Counter[str] = field(default_factory=Counter)
    """How the orders ended of which the restarted bot did not know whether they had been sent."""
    fills: int = 0
    messages: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        self.lost += verdict.lost
        self.doubled += verdict.doubled
        self.differing += verdict.differing

    def __str__(self) -> str:
        moments = ", ".join(f"{count} {name}" for name, count in sorted(self.moments.items()))
        doubts = ", ".join(f"{count} {name}" for name, count in sorted(self.in_doubt.items()))
        return (
            f"{self.rounds} kills ({moments}); {self.orders} orders "
            f"(once in doubt: {doubts or 'none'}), {self.fills} fills, "
            f"{self.messages} messages about them; lost {len(self.lost)}, twice "
            f"{len(self.doubled)}, differing {len(self.differing)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the bot trades, in how many worlds side by side, and which share of the rounds."""

    venue: str
    quote: str
    open: Callable[..., AbstractAsyncContextManager[RunningBot]]
    worlds: int
    share: float


KRAKEN = Place(venue="kraken", quote="USD", open=running_bot, worlds=5, share=1.0)
BINANCE = Place(venue="binance", quote="USDT", open=running_binance_bot, worlds=5, share=0.4)


@pytest.mark.soak
@pytest.mark.timeout(0)  # every wait in a round has its own deadline; how many rounds, who knows
@pytest.mark.parametrize("place", [KRAKEN, BINANCE], ids=lambda place: place.venue)
async def test_a_rebalance_survives_kills_at_random_moments(
    tmp_path: Path, soak_rounds: int, capsys: pytest.CaptureFixture[str], place: Place
) -> None:
    began = SystemClock().monotonic()
    tally = Tally()
    rounds_in_all = round(soak_rounds * place.share)
    shares = [len(range(world, rounds_in_all, place.worlds)) for world in range(place.worlds)]
    # Side by side: most of a round is waiting for proofs. Not a TaskGroup: one world that fails
    # must not cut the others off among their processes.
    async with running_nursery(tmp_path / "nursery") as nursery:
        worlds = [
            _world(tmp_path / str(world), nursery, (world, rounds), tally, place)
            for world, rounds in enumerate(shares)
        ]
        ended = await asyncio.gather(*worlds, return_exceptions=True)
    with capsys.disabled():
        sys.stdout.write(f"\n{tally}; {SystemClock().monotonic() - began:.0f} s\n")
    for failure in ended:
        if failure is not None:
            raise failure
    assert tally.rounds == rounds_in_all
    assert (tally.lost, tally.doubled, tally.differing) == ([], [], [])


async def _world(
    folder: Path, nursery: Nursery, seeded: tuple[int, int], tally: Tally, place: Place
) -> None:
    """Rounds on one venue, one chat and one state directory; the bot is killed in each."""
    seed, rounds = seeded
    folder.mkdir()
    dice = random.Random(seed)
    async with place.open(
        folder, settings=SETTINGS, nursery=nursery, latency_ms=60, seed=seed
    ) as bot:
        duration = await _rebalance(bot)
        for number in range(1, rounds + 1):
            plan = await _unsettled(bot, dice, number, place.quote)
            moment = dice.uniform(0, duration)
            tally.moments[await _killed_in_the_middle(bot, plan, moment)] += 1
            verdict = await compare(bot, owner=OWNER)
            tally.rounds += 1
            tally.add(verdict)
            assert not verdict.problems, f"world {seed}, round {number}: {verdict}\n{bot.log()}"
        verdict = await compare(bot, owner=OWNER)
        tally.in_doubt.update(_ends_of_doubts(bot))
        tally.orders += verdict.orders
        tally.fills += verdict.fills
        tally.messages += verdict.messages


async def _unsettled(bot: RunningBot, dice: random.Random, number: int, quote: str) -> Shown:
    """Move the prices until there is something to sell and something to buy.

    A round killed before its run leaves the portfolio as it was for older prices: the dice may
    throw just those again.
    """
    sign = 1 if number % 2 else -1
    for _ in range(5):
        for direction, (base, price) in zip((sign, -sign, sign), PRICES.items(), strict=True):
            moved = price * (1 + direction * dice.uniform(0.04, 0.08))
            await bot.kraken.market(pair=f"{base}/{quote}", price=f"{moved:.1f}")
        with contextlib.suppress(AssertionError):
            return await _plan(bot)
    raise AssertionError("five throws of the dice moved nothing out of its band")


async def _plan(bot: RunningBot) -> Shown:
    """Ask until the bot has seen the new prices: it may plan on prices of a moment ago."""

    async def plan() -> Shown | None:
        shown = await bot.ask("/rebalance", wanted=_is_plan)
        return shown if shown.buttons else None

    because = "the moved prices need a rebalance"
    found: Shown | None = await eventually(plan, within=6.0, because=because)
    assert found is not None
    return found


def _is_plan(shown: Shown) -> bool:
    return "goal" in shown.text and "Rebalance " in shown.text


async def _rebalance(bot: RunningBot) -> float:
    """Run one undisturbed and return how long it took from the press on."""
    plan = await _plan(bot)
    clock = SystemClock()
    began = clock.monotonic()
    mark = await bot.press(plan, "Place")
    done = await bot.telegram.wait_for("Cost ", after=mark)
    assert "Done" in done.text, done.text
    return clock.monotonic() - began


async def _killed_in_the_middle(bot: RunningBot, plan: Shown, moment: float) -> str:
    """Kill so long after the press, start again, and hold it to its word; return what it cut."""
    known = {row["run_id"] for row in bot.database.table("runs")}
    mark = await bot.press(plan, "Place")
    await SystemClock().sleep(moment)
    await bot.kill()
    await bot.start()
    await bot.settled()
    said = await bot.telegram.transcript(OWNER, mark)
    runs = [row for row in bot.database.table("runs") if row["run_id"] not in known]
    assert len(runs) <= 1, f"one press made {len(runs)} runs"
    if not runs:
        assert any("the new plan" in each.text or _is_cut_off(each) for each in said), said
        return "before the run"
    (run,) = runs
    about = [each for each in said if run["run_id"] in each.text]
    if run["status"] == "interrupted":
        assert any("Rebalance interrupted" in each.text for each in about), (run, said)
        return "in the run"
    assert about or any(map(_is_cut_off, said)), (run, said)
    return "after the run"


def _ends_of_doubts(bot: RunningBot) -> list[str]:
    rows = bot.database.rows("SELECT status FROM order_events WHERE previous = 'unknown'")
    return [str(row["status"]) for row in rows]


def _is_cut_off(shown: Shown) -> bool:
    return "Interrupted." in shown.text and "the Confirm button" in shown.text
