"""Client order ids are ours to recognise, fit every venue, and are never made twice."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.orders import client_ids

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
rows = st.tuples(st.integers(0, 10**12), st.integers(1, 10**9))


def _number(row: tuple[int, int]) -> int:
    return row[1] % 36**3


def make(milliseconds: int, sequence: int) -> str:
    return client_ids.make("ab12", START + timedelta(milliseconds=milliseconds), sequence)


def test_an_id_is_lower_case_and_eighteen_characters() -> None:
    assert make(0, 1) == "syab12-mk13z400001"


@given(rows)
def test_every_id_fits_and_is_recognised(row: tuple[int, int]) -> None:
    made = make(*row)
    assert re.fullmatch(r"[0-9a-z-]{18}", made)
    assert client_ids.is_ours(made)
    assert client_ids.instance_of(made) == "ab12"


@given(st.lists(rows, unique_by=_number, min_size=2, max_size=20))
def test_rows_near_each_other_never_share_an_id(rows: list[tuple[int, int]]) -> None:
    assert len({make(*row) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    "stranger",
    [None, "", "SYab12-mk13z400001", "syab12mk13z4000012", "web-1", "syab12-mk13z4000011"],
)
def test_strangers_are_not_ours(stranger: str | None) -> None:
    assert not client_ids.is_ours(stranger)


def test_a_tag_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(ValueError, match="four of"):
        client_ids.make("AB12", START, 1)


def test_a_new_tag_uses_the_dice_it_is_given() -> None:
    assert client_ids.new_instance_tag(lambda digits: digits[-1]) == "zzzz"


def test_who_made_an_order_without_a_row_is_said_with_what_to_do() -> None:
    made = client_ids.make("ab12", START, 1)
    own = client_ids.suspicion(made, "ab12")
    assert "restored backup" in own
    other = client_ids.suspicion(made, "zz99")
    assert "another Steelyard (tag ab12, ours is zz99)" in other
    assert "Stop one of the two" in other
