"""`python -m bench.healing`: every failure that must be survived, befalling the whole bot.

Each one befalls a healthy bot in the situation where it hurts most, and is taken away after a
while where it does not pass by itself. Healed is: nothing under way, the streams live and the
balances theirs, verified and those of the venue, trading active, and three books equal to the
satoshi; nobody pressed anything for it. A lockout, which has worlds of its own, is over when the
key is used again: a quarter of an hour, as long as all the others take.
"""

import argparse
import asyncio
import re
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from itertools import count
from pathlib import Path

from bench.healing_cases import LOCKOUT_SECONDS, failures
from bench.healing_report import HEAD, Found, in_short, rows, summary
from bench.healing_values import MODES, Door, Failure, Situation
from bench.healing_world import EVER, World, healthy_world, orders_of
from bench.measures import table
from simulators.clock import Clock, RealClock
from tests.support.local_telegram import Shown
from tests.support.waiting import eventually

STRIKES_SECONDS = 45.0
WELL_SECONDS = 90.0
MOST_IN_A_WORLD = 5
"""Whoever doubts a stream again and again waits ever longer: no failure suffers for the last."""
CHANGED = "Things have changed since"
SETTLES_SECONDS = 3.0
"""What was on its way when a lockout began has come back by then."""


def is_long(failure: Failure) -> bool:
    return failure.within > LOCKOUT_SECONDS


class Struck:
    """When the first of the faults struck, and whether they were to be taken away since."""

    def __init__(self, world: World, failure: Failure, clock: Clock) -> None:
        self._world = world
        self._failure = failure
        self._clock = clock
        self.at = clock.now()
        self.monotonic = clock.monotonic()
        self._over_at = self.at

    @property
    def must_ask_since(self) -> datetime:
        """Since when balances must have been asked for to count; a stream confirms its own."""
        return EVER if self._failure.door is Door.SOCKET else self._over_at

    async def befall(self) -> None:
        """Put it in force; what is no fault of the venue is done here."""
        kraken = self._world.bot.kraken
        self._note()
        for each in self._failure.faults:
            await kraken.fault(
                each.name, count=each.count, match=each.match, **dict(each.parameters)
            )
        if self._failure.act is not None:
            self._note()
            await self._failure.act(kraken)

    async def until_first(self) -> None:
        """Wait until it has struck once; AssertionError when it did not."""
        if any(each.name not in MODES for each in self._failure.faults):
            await eventually(
                self._has_struck, within=STRIKES_SECONDS, every=0.02, because="it has struck"
            )
            self._note()

    async def until_each(self) -> None:
        """Wait until every one of its faults has struck once."""

        async def has_each() -> bool:
            untouched = {(each.name, each.count) for each in self._failure.faults}
            return not untouched & set(await self._left())

        await eventually(
            has_each, within=STRIKES_SECONDS, every=0.02, because="every fault has struck"
        )

    async def over(self) -> None:
        """Take it away when its time is over; one that passes by itself has passed."""
        if self._failure.lasts is not None:
            waited = self._clock.monotonic() - self.monotonic
            await self._clock.sleep(max(0.0, self._failure.lasts - waited))
            await self._world.bot.kraken.clear_faults()
            self._over_at = self._clock.now()
        if is_long(self._failure):
            await self._clock.sleep(SETTLES_SECONDS)
            await self._world.until_asked(within=self._failure.within)

    async def _has_struck(self) -> bool:
        return await self._left() != sorted(
            (each.name, each.count) for each in self._failure.faults
        )

    async def _left(self) -> list[tuple[str, int | None]]:
        answer = await self._world.bot.kraken.control("GET", "/faults")
        return sorted((each["name"], each["count"]) for each in answer["faults"])

    def _note(self) -> None:
        self.at = self._over_at = self._clock.now()
        self.monotonic = self._clock.monotonic()


async def suffer(world: World, failure: Failure, clock: Clock) -> Found:
    """Let one failure befall a healthy world, and watch it until it is healthy again.

    Where the prices moved between plan and press nothing is done, so that nothing strikes: then
    once more.
    """
    found = await _suffer(world, failure, clock)
    is_spared = found.healed_seconds is None and CHANGED in found.said
    return await _suffer(world, failure, clock) if is_spared else found


async def _suffer(world: World, failure: Failure, clock: Clock) -> Found:
    struck = Struck(world, failure, clock)
    mark = await world.bot.telegram.mark()
    why_not, healed = "", None
    try:
        await world.bot.kraken.clear_faults()
        await world.until_well(within=WELL_SECONDS)
        shown = await world.prepare(failure.situation)
        mark = await world.bot.telegram.mark()
        update = await _act(world, failure, shown, struck)
        await struck.over()
        if update is not None:
            await eventually(lambda: world.is_answered(update), within=failure.within)
        await world.until_well(within=failure.within, since=struck.must_ask_since)
        healed = clock.monotonic() - struck.monotonic
    except AssertionError as still:
        why_not = str(still)
    said = await world.said(mark)
    return Found(
        failure=failure,
        healed_seconds=healed,
        told_seconds=_told(failure, said, struck),
        said=in_short(said),
        why_not=why_not,
    )


async def _act(world: World, failure: Failure, shown: Shown | None, struck: Struck) -> int | None:
    """Press, and let it happen where it hurts; return the update that was pressed."""
    before = orders_of(await world.bot.kraken.book())
    is_between = failure.situation is Situation.BETWEEN
    if not is_between:
        await struck.befall()
    update = None if shown is None else await world.press(shown)
    if is_between:
        await _order_comes(world, before)
        await struck.befall()
    await struck.until_first()
    if failure.situation in (Situation.QUIET, Situation.CANCEL):
        await struck.until_each()
    if failure.situation is Situation.KILL:
        await world.bot.kill()
        await world.bot.start()
    return update


async def _order_comes(world: World, before: int) -> None:
    async def has_come() -> bool:
        return orders_of(await world.bot.kraken.book()) > before

    await eventually(has_come, within=30.0, every=0.01, because="the first order")


def _told(failure: Failure, said: Sequence[Shown], struck: Struck) -> float | None:
    """Return how long after the first strike the owner read of it."""
    if failure.told is None:
        return None
    began = struck.at.timestamp()
    for each in said:
        if re.search(failure.told, each.text):
            return max(0.0, each.at - began)
    return None


async def lane(folder: Path, chosen: Sequence[Failure], clock: Clock) -> list[Found]:
    """A few failures in each world; after one that does not heal the next gets a new one."""
    found: list[Found] = []
    left = list(chosen)
    for number in count():
        if not left:
            break
        async with AsyncExitStack() as stack:
            entered = healthy_world(folder / str(number), left[0].door)
            world = await stack.enter_async_context(entered)
            for failure in left[:MOST_IN_A_WORLD]:
                left.remove(failure)
                found.append(await suffer(world, failure, clock))
                _say(found[-1])
                if found[-1].healed_seconds is None:
                    break
    return found


def _say(found: Found) -> None:
    (row,) = rows([found])
    words = (row.name, f"healed: {row.value}", f"told: {row.aim}", row.note)
    print(" | ".join(words), file=sys.stderr, flush=True)


async def measure(folder: Path, chosen: Sequence[Failure], clock: Clock) -> list[Found]:
    """Run both doors side by side, and each lockout in a world of its own."""
    long = [each for each in chosen if is_long(each)]
    lanes = [
        [each for each in chosen if each.door is door and each not in long] for door in Door
    ] + [[each] for each in long]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(lane(folder / f"lane-{number}", each, clock))
            for number, each in enumerate(lanes)
            if each
        ]
    found = [each for task in tasks for each in task.result()]
    return sorted(found, key=lambda each: chosen.index(each.failure))


def main(arguments: Sequence[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.healing", description=__doc__)
    parser.add_argument("only", nargs="*", help="words of the names of some failures")
    words = parser.parse_args(arguments).only
    chosen = [each for each in failures() if not words or any(word in each.name for word in words)]
    if not chosen:
        parser.error("no failure has a name with these words")
    with tempfile.TemporaryDirectory(prefix="steelyard-bench-") as folder:
        found = asyncio.run(measure(Path(folder), chosen, RealClock()))
    print(table(rows(found), HEAD))
    print(table(summary(found)))
    return int(any(each.fits is False for each in summary(found)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
