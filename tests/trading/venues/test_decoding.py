"""Numbers and times come off the wire exactly, or not at all."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.venues.decoding import Malformed, Row, decode_json, to_decimal, to_seconds, to_time

NUMBERS = st.decimals(-(10**15), 10**15, places=10)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = st.integers(0, 4 * 10**15).map(lambda micros: EPOCH + timedelta(microseconds=micros))


@given(NUMBERS)
def test_a_number_in_text_and_a_bare_one_are_the_same(number: Decimal) -> None:
    assert to_decimal(decode_json(f'"{number:f}"'.encode()), "x") == number
    assert to_decimal(decode_json(f"{number:f}".encode()), "x") == number
    assert to_decimal(decode_json(f"{number:e}".encode()), "x") == number


@given(st.text(max_size=20))
def test_text_is_a_number_only_if_it_is_written_like_one(text: str) -> None:
    try:
        number = to_decimal(text, "x")
    except Malformed:
        return
    assert number.is_finite()
    assert set(text) <= set("0123456789+-.eE")


@pytest.mark.parametrize("value", [None, True, [], {}, 0.1, "", " 1", "1 ", "0x10", "١", "--1"])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(Malformed, match="x is not a number"):
        to_decimal(value, "x")


@given(TIMES)
def test_times_survive_to_the_microsecond(at: datetime) -> None:
    assert to_time(to_seconds(at), "x") == at
    assert to_time(str(to_seconds(at)), "x") == at


def test_times_that_a_float_would_spoil() -> None:
    body = b"1688585840.8921001"
    assert to_time(decode_json(body), "x") == datetime(2023, 7, 5, 19, 37, 20, 892100, tzinfo=UTC)


@pytest.mark.parametrize("value", ["soon", None, 10**20, -(10**20)])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        to_time(value, "x")


@pytest.mark.parametrize("digits", [5000, 100_000])
def test_a_number_of_absurd_length_does_not_cost_us_the_loop(digits: int) -> None:
    with pytest.raises(Malformed):
        to_decimal(decode_json(b"9" * digits), "x")


def test_complaints_say_where() -> None:
    row = Row.of(json.loads('{"descr": {"price": "much", "note": ""}}'), "OpenOrders.O1")
    with pytest.raises(Malformed, match=r"OpenOrders\.O1\.descr\.price is not a number"):
        row.row("descr").decimal("price")
    with pytest.raises(Malformed, match="has no field vol"):
        row.text("vol")
    with pytest.raises(Malformed, match=r"descr\.note is not a text"):
        row.row("descr").text("note")
    with pytest.raises(Malformed, match="is not an array"):
        row.array("descr")
    assert row.row("descr").optional_text("note") is None
    assert row.row("descr").optional_decimal("gone") is None


def test_a_whole_number_is_whole() -> None:
    row = Row.of({"a": 5, "b": "5.0", "c": Decimal("5.5")}, "x")
    assert (row.integer("a"), row.integer("b")) == (5, 5)
    with pytest.raises(Malformed, match="whole"):
        row.integer("c")


def test_an_hour_is_an_hour() -> None:
    start = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert to_seconds(start + timedelta(hours=1)) - to_seconds(start) == 3600


def test_of_a_long_answer_only_the_names_that_are_read_are_kept() -> None:
    body = b'{"kept": [{"a": 1.50, "b": {"a": 2, "c": 3}}], "a": {"a": "x", "d": 4}, "e": 5}'
    assert decode_json(body, only=frozenset({"kept", "a"})) == {
        "kept": [{"a": Decimal("1.50")}],
        "a": {"a": "x"},
    }
    with pytest.raises(Malformed):
        decode_json(b'{"a": 1, "a": 2}', only=frozenset({"a"}))
