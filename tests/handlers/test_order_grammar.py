"""What is typed after /buy and /sell: one meaning is taken, two are asked about."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.order_grammar import parse_order
from trading.errors import NotUnderstood
from trading.intents.manual_model import ManualRequest, Size
from trading.model.identifiers import Asset, VenueName
from trading.model.instrument import Side
from trading.model.order import TimeInForce

KRAKEN, OTHER = VenueName("kraken"), VenueName("Second")
ALONE = (KRAKEN,)
BOTH = (KRAKEN, OTHER)


def of(text: str, venues: tuple[VenueName, ...] = ALONE, side: Side = Side.BUY) -> ManualRequest:
    return parse_order(side, text.split(), venues)


def wish(base: str, size: Size, **more: Any) -> ManualRequest:
    quote = more.pop("quote", None)
    given_: dict[str, Any] = {
        "venue": KRAKEN,
        "side": Side.BUY,
        "base": Asset(base),
        "quote": None if quote is None else Asset(quote),
        "size": size,
        **more,
    }
    return ManualRequest(**given_)


def much(amount: str, unit: str | None = None) -> Size:
    return Size(amount=Decimal(amount), unit=None if unit is None else Asset(unit))


def part(fraction: str) -> Size:
    return Size(fraction=Decimal(fraction))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BTC 0.01", wish("BTC", much("0.01"))),
        ("btc 0.01", wish("BTC", much("0.01"))),
        ("0.01 btc", wish("BTC", much("0.01"))),
        ("0.01btc", wish("BTC", much("0.01"))),
        ("BTC 0.01 BTC", wish("BTC", much("0.01", "BTC"))),
        ("BTC 100 USD", wish("BTC", much("100", "USD"), quote="USD")),
        ("BTC 100usd", wish("BTC", much("100", "USD"), quote="USD")),
        ("100 USD BTC", wish("BTC", much("100", "USD"), quote="USD")),
        ("BTC 100 eur", wish("BTC", much("100", "EUR"), quote="EUR")),
        ("ETH all", wish("ETH", part("1"))),
        ("all ETH", wish("ETH", part("1"))),
        ("ETH MAX", wish("ETH", part("1"))),
        ("ETH 50%", wish("ETH", part("0.5"))),
        ("ETH 12.5 %", wish("ETH", part("0.125"))),
        ("100% eth", wish("ETH", part("1"))),
        ("ETH/BTC 2", wish("ETH", much("2"), quote="BTC")),
        ("eth-btc 2", wish("ETH", much("2"), quote="BTC")),
        ("1INCH 5", wish("1INCH", much("5"))),
        ("BTC 1e-3", wish("BTC", much("0.001"))),
        ("kraken BTC 1", wish("BTC", much("1"))),
        ("BTC 1 KRAKEN", wish("BTC", much("1"))),
        (
            "BTC 0.01 limit 60000",
            wish("BTC", much("0.01"), limit_price=Decimal(60_000)),
        ),
        (
            "0.01btc limit 60000.5 GTC",
            wish(
                "BTC",
                much("0.01"),
                limit_price=Decimal("60000.5"),
                time_in_force=TimeInForce.GTC,
            ),
        ),
        (
            "BTC 0.01 @60000 ioc",
            wish(
                "BTC",
                much("0.01"),
                limit_price=Decimal(60_000),
                time_in_force=TimeInForce.IOC,
            ),
        ),
        ("BTC 0.01 ioc", wish("BTC", much("0.01"), time_in_force=TimeInForce.IOC)),
    ],
)
def test_what_is_meant(text: str, expected: ManualRequest) -> None:
    assert of(text) == expected


def test_a_venue_by_name_where_there_are_several() -> None:
    assert of("BTC 1 second", BOTH).venue == OTHER
    assert of("SECOND BTC 100 USD limit 5", BOTH).venue == OTHER


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "How much?"),
        ("BTC", "How much?"),
        ("0.5", "Which asset?"),
        ("BTC 0,01", "can mean two things"),
        ("BTC 1,000 USD", "can mean two things"),
        ("BTC 1'000 USD", "can mean two things"),
        ("BTC -1", "is not an amount"),
        ("BTC 0", "is not an amount"),
        ("BTC 0%", "is not an amount"),
        ("BTC 101%", "more than all there is"),
        ("BTC 1 2", "There are two amounts"),
        ("BTC 1 all", "There are two amounts"),
        ("BTC 1 limit", "limit needs a price"),
        ("BTC 1 limit cheap", "is not an amount"),
        ("BTC 1 limit 5 limit 6", "the limit is there twice"),
        ("BTC 1 gtc", "needs its price"),
        ("BTC 1 limit 5 gtc ioc", "gtc or ioc is there twice"),
        ("BTC 1 kraken kraken", "the venue is there twice"),
        ("BTC 1 USD krakn", "Did you mean kraken?"),
        ("BTC/BTC 1", "an asset against itself"),
        ("B$C 1", "is not an asset"),
    ],
)
def test_what_cannot_be_meant(text: str, words: str) -> None:
    with pytest.raises(NotUnderstood, match=words.replace("?", r"\?")):
        of(text)


def test_without_a_venue_where_there_are_several_it_asks() -> None:
    with pytest.raises(NotUnderstood, match="At which venue"):
        of("BTC 1", BOTH)


@given(
    words=st.lists(
        st.sampled_from(
            ["BTC", "USD", "ETH/BTC", "0.01", "5usd", "1INCH", "all", "50%", "%", "limit", "@7",
             "gtc", "ioc", "kraken", "0,5", "-", "@", "/", "😀", "1e9", "e", "."]
        ),
        max_size=7,
    ),
    side=st.sampled_from(Side),
)  # fmt: skip
def test_any_words_are_understood_or_refused_and_survive_the_button(
    words: list[str], side: Side
) -> None:
    """What is understood can be kept with its confirmation and read back the same."""
    said: ManualRequest | str
    try:
        said = parse_order(side, words, ALONE)
    except NotUnderstood as refusal:
        said = str(refusal)
    if isinstance(said, str):
        assert "Nothing was done" in said
    else:
        assert ManualRequest.of_payload(said.as_payload()) == said
