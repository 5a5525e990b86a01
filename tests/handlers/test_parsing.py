"""Command lines and arguments: read whole, or refused with a reason."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.parsing import (
    CommandLine,
    nearest,
    parse_amount,
    parse_asset,
    parse_command,
    parse_count,
)
from trading.errors import NotUnderstood


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("/balance", CommandLine(name="balance"), id="bare"),
        pytest.param(
            "  /Price@My_Bot  btc \n kraken ",
            CommandLine(name="price", arguments=("btc", "kraken"), bot="my_bot"),
            id="addressed, with arguments",
        ),
        pytest.param("balance", None, id="no slash"),
        pytest.param("/ balance", None, id="slash alone"),
        pytest.param("/1", None, id="no name"),
        pytest.param("/balance.", None, id="punctuation"),
        pytest.param("see /balance", None, id="in the middle"),
        pytest.param("", None, id="empty"),
    ],
)
def test_command_lines(text: str, expected: CommandLine | None) -> None:
    assert parse_command(text) == expected


@given(st.text(max_size=300))
def test_any_text_is_a_command_or_not_and_reads_the_same_again(text: str) -> None:
    line = parse_command(text)
    if line is not None:
        assert parse_command(str(line)) == CommandLine(name=line.name, arguments=line.arguments)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("balanec", "balance", id="swapped"),
        pytest.param("rebal", "rebalance", id="beginning"),
        pytest.param("xyz", None, id="nothing near"),
    ],
)
def test_nearest(name: str, expected: str | None) -> None:
    assert nearest(name, ["balance", "rebalance", "halt"]) == expected


@pytest.mark.parametrize("text", ["0.25", "1", "1e-8", "100000000"])
def test_amounts(text: str) -> None:
    assert parse_amount(text) == Decimal(text)


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "NaN", "Infinity", "1e999", "1_000", "ten", "0x1", "1,5"]
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(NotUnderstood):
        parse_amount(text)


def test_assets_and_counts() -> None:
    assert parse_asset("btc") == "BTC"
    with pytest.raises(NotUnderstood):
        parse_asset("<b>")
    assert parse_count("50", largest=50) == 50
    for text in ("0", "51", "-1", "x", "٣"):
        with pytest.raises(NotUnderstood):
            parse_count(text, largest=50)
