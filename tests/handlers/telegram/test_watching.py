"""What is shown beside the doing never keeps it from being done."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from handlers.telegram.watching import watched
from tests.support.waiting import eventually
from trading.errors import CommandError

Note = Callable[[str], Awaitable[None]]


class Screen:
    """Remembers what it was shown, or breaks."""

    def __init__(self, *, is_broken: bool = False) -> None:
        self.shown: list[str] = []
        self.told = asyncio.Event()
        self._is_broken = is_broken

    async def progress(self, text: str) -> None:
        self.told.set()
        if self._is_broken:
            raise RuntimeError("a bug in the showing")
        self.shown.append(text)


def joined(steps: Sequence[str]) -> str:
    return " ".join(steps)


@pytest.mark.parametrize("is_broken", [False, True], ids=["well", "broken"])
async def test_what_is_done_ends_whatever_becomes_of_the_showing(*, is_broken: bool) -> None:
    screen = Screen(is_broken=is_broken)

    async def run(note: Note) -> str:
        await note("one")
        await screen.told.wait()
        await note("two")
        await eventually(lambda: is_broken or len(screen.shown) == 2)
        return "done"

    assert await watched(screen, joined, run) == "done"
    assert screen.shown == ([] if is_broken else ["one", "one two"])


async def test_a_fault_of_what_is_done_comes_out_as_it_is() -> None:
    async def run(note: Note) -> str:
        await note("one")
        raise CommandError("no")

    with pytest.raises(CommandError, match="no"):
        await watched(Screen(), joined, run)
