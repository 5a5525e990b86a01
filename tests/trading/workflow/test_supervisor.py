"""One part's end is nobody else's, and never the end of that part."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.support.clock import FakeClock
from tests.support.waiting import eventually, settle
from trading.workflow.supervisor import Backoff, PartTrouble, Supervisor


class Part:
    """Falls as often as it is told to, then runs for ever; `fall` ends it by hand."""

    def __init__(self, *errors: BaseException | None) -> None:
        self._errors = list(errors)
        self._fall = asyncio.Event()
        self._error: BaseException | None = None
        self.starts = 0

    def fall(self, error: BaseException | None) -> None:
        self._error = error
        self._fall.set()

    async def run(self) -> None:
        self.starts += 1
        error: BaseException | None
        if self._errors:
            error = self._errors.pop(0)
        else:
            await self._fall.wait()
            self._fall.clear()
            error = self._error
        if error is not None:
            raise error


class Watch:
    """A supervisor on a fake clock, and what it told."""

    def __init__(self, clock: FakeClock, *, jitter: float = 1.0) -> None:
        self.clock = clock
        self.told: list[PartTrouble] = []
        self.failure: Exception | None = None
        self.supervisor = Supervisor(clock=clock, jitter=lambda: jitter, on_trouble=self._tell)

    async def _tell(self, trouble: PartTrouble) -> None:
        self.told.append(trouble)
        if self.failure is not None:
            raise self.failure

    @property
    def verdicts(self) -> list[tuple[str, bool]]:
        return [(each.name, each.is_over) for each in self.told]


@asynccontextmanager
async def running(watch: Watch, **parts: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    for name, part in parts.items():
        watch.supervisor.add(name, part)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watch.supervisor.run())
        await settle()
        yield
        task.cancel()
    assert task.cancelled()


async def test_a_part_that_falls_leaves_the_others_alone_and_starts_again() -> None:
    watch = Watch(FakeClock())
    weak, strong = Part(OSError("gone")), Part()
    async with running(watch, weak=weak.run, strong=strong.run):
        states = watch.supervisor.states
        assert (states["weak"].is_running, states["weak"].last_error) == (False, "OSError: gone")
        await watch.clock.advance(0.5)
        await settle()
        assert (weak.starts, strong.starts) == (2, 1)
        state = watch.supervisor.states["weak"]
        assert (state.is_running, state.restarts, state.last_error) == (True, 1, "OSError: gone")
    assert watch.told == []


async def test_a_part_that_returns_has_fallen_too() -> None:
    watch = Watch(FakeClock())
    part = Part(None)
    async with running(watch, part=part.run):
        assert watch.supervisor.states["part"].last_error == "it returned"
        await watch.clock.advance(0.5)
        assert part.starts == 2


async def test_a_cancellation_that_leaks_out_of_a_part_does_not_end_it_for_good() -> None:
    watch = Watch(FakeClock())
    part = Part(asyncio.CancelledError())
    async with running(watch, part=part.run):
        await watch.clock.advance(0.5)
        await settle()
        assert part.starts == 2
        assert watch.supervisor.states["part"].last_error == "CancelledError"


async def test_pauses_double_up_to_the_longest_and_never_fall_in_step() -> None:
    clock = FakeClock(instant=True)
    watch = Watch(clock, jitter=1.1)
    part = Part(*[OSError(str(number)) for number in range(10)])
    async with running(watch, part=part.run):
        await eventually(lambda: part.starts == 11)
        expected = [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
        pauses = [slept / 1.1 for slept in clock.slept if slept != 60.0]
        assert pauses == pytest.approx(expected)


async def test_trouble_is_told_once_and_once_when_it_is_over() -> None:
    watch = Watch(FakeClock())
    part = Part(*[OSError("gone")] * 5)
    async with running(watch, part=part.run):
        await watch.clock.advance(0.5)
        assert watch.verdicts == []
        await watch.clock.advance(1 + 2 + 4 + 8)
        await settle()
        assert part.starts == 6
        assert watch.verdicts == [("part", False)]
        assert (watch.told[0].error, watch.told[0].falls) == ("OSError: gone", 3)
        await watch.clock.advance(59)
        assert watch.verdicts == [("part", False)]
        await watch.clock.advance(1)
        assert watch.verdicts == [("part", False), ("part", True)]
        await watch.clock.advance(600)
        assert len(watch.told) == 2


async def test_a_part_that_ran_well_starts_from_the_first_pause() -> None:
    watch = Watch(FakeClock())
    part = Part(*[OSError("gone")] * 5)
    async with running(watch, part=part.run):
        await watch.clock.advance(0.5 + 1 + 2 + 4 + 8)
        await watch.clock.advance(60)
        part.fall(OSError("again"))
        await settle()
        await watch.clock.advance(0.5)
        await settle()
        state = watch.supervisor.states["part"]
        assert (part.starts, state.restarts, state.last_error) == (7, 1, "OSError: again")
    assert watch.verdicts == [("part", False), ("part", True)]


async def test_trouble_out_of_a_group_is_told_in_its_own_words() -> None:
    watch = Watch(FakeClock())
    fault = ExceptionGroup("outer", [ExceptionGroup("inner", [ValueError("the fault itself")])])
    async with running(watch, part=Part(fault).run):
        state = watch.supervisor.states["part"]
        assert state.last_error == "ValueError: the fault itself"


async def test_a_part_in_trouble_that_falls_while_it_is_watched_is_not_well() -> None:
    watch = Watch(FakeClock())
    part = Part(*[OSError("gone")] * 3)
    async with running(watch, part=part.run):
        await watch.clock.advance(0.5 + 1 + 2)
        await watch.clock.advance(30)
        part.fall(ValueError("worse"))
        await settle()
        assert watch.supervisor.states["part"].last_error == "ValueError: worse"
        await watch.clock.advance(4 + 40)
        assert watch.verdicts == [("part", False)]
        await watch.clock.advance(30)
        assert watch.verdicts == [("part", False), ("part", True)]


async def test_a_messenger_that_fails_is_not_the_parts_trouble() -> None:
    watch = Watch(FakeClock())
    watch.failure = RuntimeError("nobody hears")
    part = Part(*[OSError("gone")] * 3)
    async with running(watch, part=part.run):
        await watch.clock.advance(0.5 + 1 + 2)
        await watch.clock.advance(61)
        await settle()
        assert part.starts == 4
        assert watch.supervisor.states["part"].is_running
    assert len(watch.told) == 2


async def test_the_policy_can_be_another() -> None:
    told: list[PartTrouble] = []

    async def tell(trouble: PartTrouble) -> None:
        told.append(trouble)

    clock = FakeClock(instant=True)
    supervisor = Supervisor(
        clock=clock,
        jitter=lambda: 1.0,
        on_trouble=tell,
        backoff=Backoff(first_seconds=3, longest_seconds=3, well_after_seconds=9, trouble_after=2),
    )
    part = Part(OSError("a"), OSError("b"))
    supervisor.add("part", part.run)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervisor.run())
        await eventually(lambda: len(told) == 2)
        task.cancel()
    assert [trouble.is_over for trouble in told] == [False, True]
    assert clock.slept[:2] == [3, 3]


def test_two_parts_of_one_name_are_refused() -> None:
    supervisor = Watch(FakeClock()).supervisor
    supervisor.add("part", Part().run)
    with pytest.raises(ValueError, match="two parts called part"):
        supervisor.add("part", Part().run)


async def test_cancelling_ends_every_part() -> None:
    watch = Watch(FakeClock())
    ended: list[str] = []

    def part(name: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(name)

        return run

    async with running(watch, one=part("one"), two=part("two")):
        assert ended == []
    assert sorted(ended) == ["one", "two"]
