"""The bad names of a batch are found in few calls, and hurt no other."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.errors import VenueError, VenueRejected, VenueUnavailable
from trading.venues.halving import ask_by_halves


class Batch:
    """Answers each number with its double, but no batch that holds a bad one."""

    def __init__(self, *bad: int) -> None:
        self.bad = set(bad)
        self.asked: list[tuple[int, ...]] = []

    async def __call__(self, names: Sequence[int]) -> Mapping[int, int]:
        self.asked.append(tuple(names))
        if self.bad & set(names):
            raise VenueRejected("memory", "unknown name")
        return {name: name * 2 for name in names}


@given(count=st.integers(1, 60), bad=st.sets(st.integers(0, 59), max_size=5))
async def test_every_name_has_its_answer_and_only_the_bad_ones_a_fault(
    count: int, bad: set[int]
) -> None:
    answers = await ask_by_halves(list(range(count)), Batch(*bad))
    assert list(answers) == list(range(count))
    for name, answer in answers.items():
        assert isinstance(answer, VenueRejected) if name in bad else answer == name * 2


async def test_all_good_is_one_call_and_one_bad_among_a_hundred_some_fourteen_more() -> None:
    good, spoilt = Batch(), Batch(37)
    await ask_by_halves(list(range(100)), good)
    await ask_by_halves(list(range(100)), spoilt)
    assert len(good.asked) == 1
    assert len(spoilt.asked) <= 15


async def test_a_venue_that_is_down_is_no_bad_name() -> None:
    async def down(names: Sequence[int]) -> Mapping[int, int]:
        raise VenueUnavailable("memory", f"down for {len(names)}")

    with pytest.raises(VenueUnavailable):
        await ask_by_halves([1, 2, 3], down)


async def test_a_half_that_fails_otherwise_fails_alone() -> None:
    async def ask(names: Sequence[int]) -> Mapping[int, int]:
        if len(names) == 4:
            raise VenueRejected("memory", "one of them")
        if 1 in names:
            raise VenueUnavailable("memory", "down")
        return dict.fromkeys(names, 0)

    answers = await ask_by_halves([1, 2, 3, 4], ask)
    assert [isinstance(each, VenueError) for each in answers.values()] == [
        True,
        True,
        False,
        False,
    ]
