"""A balance answer is read whole or refused whole, however its numbers are written."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trading.venues.kraken.samples import ASSETS
from trading.model.balance import VenueBalance
from trading.model.identifiers import Asset
from trading.venues.decoding import Malformed, decode_json
from trading.venues.kraken.balances import parse_extended_balances, parse_totals
from trading.venues.kraken.codes import AssetCodes

CODES = AssetCodes.parse(ASSETS)
AMOUNTS = st.decimals(0, 10**9, places=10)


def row(balance: Any, hold: Any = "0", **more: Any) -> dict[str, Any]:
    return {"balance": balance, "hold_trade": hold, **more}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        pytest.param('"0.5"', "0.5", id="text"),
        pytest.param("0.5", "0.5", id="fraction"),
        pytest.param("0.1", "0.1", id="fraction that no float holds"),
        pytest.param("3", "3", id="integer"),
        pytest.param("1e-05", "0.00001", id="exponent"),
        pytest.param('"1e-05"', "0.00001", id="exponent in text"),
        pytest.param('"1.5E+2"', "150", id="large exponent"),
        pytest.param('"0.0000000000"', "0", id="zero"),
        pytest.param('"123456789012345678.1234567890"', "123456789012345678.123456789", id="long"),
    ],
)  # fmt: skip
def test_numbers_are_exact_however_they_are_written(text: str, amount: str) -> None:
    answer = decode_json(f'{{"XXBT":{{"balance":{text},"hold_trade":"0"}}}}'.encode())
    parsed = parse_extended_balances(answer, CODES)
    assert parsed.balances[Asset("BTC")].total == Decimal(amount)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="array"),
        pytest.param("", id="text"),
        pytest.param({"XXBT": "1"}, id="row is no object"),
        pytest.param({"XXBT": {"balance": "1"}}, id="no hold"),
        pytest.param({"XXBT": {"hold_trade": "0"}}, id="no balance"),
        pytest.param({"XXBT": row(None)}, id="null amount"),
        pytest.param({"XXBT": row("")}, id="empty amount"),
        pytest.param({"XXBT": row("NaN")}, id="not a number"),
        pytest.param({"XXBT": row("Infinity")}, id="infinite"),
        pytest.param({"XXBT": row("1,5")}, id="comma"),
        pytest.param({"XXBT": row("1_000")}, id="underscore"),
        pytest.param({"XXBT": row("1e99")}, id="absurd"),
        pytest.param({"XXBT": row("1.00000000000000000000000000001")}, id="too long to add up"),
        pytest.param({"XXBT": row(True)}, id="boolean"),
        pytest.param({"XXBT": row("-1")}, id="negative"),
        pytest.param({"XXBT": row("1", "2")}, id="more held than there is"),
        pytest.param({"XXBT": row("1", "-1")}, id="negative hold"),
        pytest.param({"XXBT": row("1"), "XBT": row("1")}, id="one asset under two names"),
        pytest.param({"ZUSD": row("1"), "XXBT": {}}, id="good row beside an empty one"),
    ],
)
def test_a_doubtful_answer_is_refused_whole(answer: Any) -> None:
    with pytest.raises(Malformed):
        parse_extended_balances(answer, CODES)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": ',
        b"<html>",
        b"\xff\xfe\x00",
        b"",
        b"[" * 100_000,
    ],
)
def test_json_that_hides_something_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        decode_json(body)


def test_what_cannot_be_spent_is_kept_apart() -> None:
    answer = {
        "XXBT": row("1", "0.25"),
        "XBT.F": row("0.5"),
        "ADA.S": row("100"),
        "ETH.B": row("1"),
        "DOT.M": row("2"),
        "ZUSD.HOLD": row("3"),
        "AAPLx.T": row("4"),
    }
    parsed = parse_extended_balances(answer, CODES)
    assert parsed.balances == {
        Asset("BTC"): VenueBalance(
            asset=Asset("BTC"), free=Decimal("0.75"), locked=Decimal("0.25")
        )
    }
    assert parsed.held_elsewhere == {
        "BTC (earning)": Decimal("0.5"), "ADA (earning)": 100, "ETH (earning)": 1,
        "DOT (earning)": 2, "USD (on hold)": 3, "AAPLx (tokenised)": 4,
    }  # fmt: skip


def test_what_earns_in_several_ways_is_one_sum() -> None:
    answer = {"XBT.F": row("0.5"), "XBT.M": row("0.25", "0.05"), "XXBT": row("1")}
    parsed = parse_extended_balances(answer, CODES)
    assert parsed.held_elsewhere == {"BTC (earning)": Decimal("0.75")}


def test_credit_counts_as_free_and_used_credit_does_not() -> None:
    answer = {"ZUSD": row("100", "10", credit="50", credit_used="20")}
    balance = parse_extended_balances(answer, CODES).balances[Asset("USD")]
    assert (balance.free, balance.locked) == (Decimal(120), Decimal(10))


def test_an_empty_answer_is_an_empty_snapshot_for_others_to_judge() -> None:
    assert parse_extended_balances({}, CODES).balances == {}


def test_totals_are_those_of_spendable_assets() -> None:
    assert parse_totals({"XXBT": "1.5", "XBT.F": "1", "XXDG": 7, "WHAT": "1"}, CODES) == {
        Asset("BTC"): Decimal("1.5"),
        Asset("DOGE"): Decimal(7),
    }


@given(total=AMOUNTS, part=st.decimals(0, 1, places=6))
def test_free_and_locked_always_make_up_the_total(total: Decimal, part: Decimal) -> None:
    hold = total * part
    answer: Mapping[str, Any] = {"XXBT": row(f"{total:f}", f"{hold:f}")}
    balance = parse_extended_balances(answer, CODES).balances[Asset("BTC")]
    assert balance.free + balance.locked == total
    assert balance.locked == hold


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.decimals(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["XXBT", "ZUSD", "balance", "hold_trade", "credit"]),
                inner,
                max_size=3,
            )
        ),
    )
)
def test_no_answer_makes_the_reader_fall_over(answer: Any) -> None:
    try:
        parsed = parse_extended_balances(answer, CODES)
    except Malformed:
        return
    assert len(parsed.balances) + len(parsed.held_elsewhere) == len(answer)
