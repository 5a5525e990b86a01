"""Instruments carry the fees of this account, and the highest ones while those are not known."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.haste import hasten
from tests.support.local_kraken import running_local_kraken
from tests.trading.venues.kraken.samples import BTC_USD, DOGE_USD, ETH_BTC, PAIRS, pair
from tests.trading.venues.scripted_venue import (
    HANG,
    Heard,
    Reply,
    ScriptedVenue,
    errors,
    html,
    result,
)
from trading.clock import SystemClock
from trading.model.identifiers import VenueName
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings

HIGHEST = (Decimal("0.004"), Decimal("0.0025"))
SECOND = (Decimal("0.0035"), Decimal("0.002"))


def volume(amount: str, **fees: Any) -> Reply:
    return result({"currency": "ZUSD", "volume": amount, **fees})


async def fees(adapter: KrakenAdapter) -> Mapping[str, tuple[Decimal, Decimal]]:
    return {
        str(symbol): (each.taker_fee_fraction, each.maker_fee_fraction)
        for symbol, each in (await adapter.fetch_instruments()).items()
    }


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("0", HIGHEST), ("9999.99", HIGHEST), ("10000", SECOND), ("5e6", SECOND)],
)
async def test_the_tier_that_the_volume_reached_counts(
    adapter: KrakenAdapter,
    venue: ScriptedVenue,
    amount: str,
    expected: tuple[Decimal, Decimal],
) -> None:
    venue.on("TradeVolume", volume(amount))
    assert set((await fees(adapter)).values()) == {expected}


async def test_what_kraken_says_of_a_pair_in_use_is_better_than_its_schedule(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    venue.on(
        "TradeVolume",
        volume("20000"),
        volume(
            "20000",
            fees={"XXBTZUSD": {"fee": "0.1", "minfee": "0.1"}},
            fees_maker={"XXBTZUSD": {"fee": "-0.02"}},
        ),
    )
    await adapter.fetch_prices([BTC_USD])
    await clock.sleep(61)
    first, second = venue.calls("TradeVolume"), await fees(adapter)
    assert first == []
    assert second[str(BTC_USD)] == SECOND
    assert venue.calls("TradeVolume")[0].form["pair"] == "XXBTZUSD"
    await clock.sleep(601)
    third = await fees(adapter)
    assert third[str(BTC_USD)] == (Decimal("0.001"), Decimal("-0.0002"))
    assert third[str(DOGE_USD)] == SECOND


async def test_a_pair_taken_off_the_list_does_not_cost_the_others_their_fees(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    def answer(heard: Heard) -> Reply:
        if "pair" in heard.form:
            return errors("EQuery:Unknown asset pair")
        return volume("10000")

    venue.compute("TradeVolume", answer)
    await adapter.fetch_prices([BTC_USD])
    assert (await fees(adapter))[str(ETH_BTC)] == SECOND


@pytest.mark.parametrize(
    "reply",
    [
        errors("EGeneral:Permission denied"),
        errors("EService:Unavailable"),
        html(502),
        result({"volume": "1"}),
        result({"currency": "ZUSD", "volume": "much"}),
        volume("20000", fees={"XXBTZUSD": {"fee": "250"}}),
        HANG,
    ],
    ids=["denied", "down", "html", "no currency", "no number", "absurd", "hangs"],
)
async def test_without_an_answer_the_highest_fee_is_taken_and_nothing_waits(
    adapter: KrakenAdapter, venue: ScriptedVenue, settings: KrakenSettings, reply: Reply
) -> None:
    if reply.hang:
        hasten(settings, timeout_seconds=0.4)
    venue.on("TradeVolume", reply)
    assert set((await fees(adapter)).values()) == {HIGHEST}


async def test_what_was_known_outlives_a_question_that_fails(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    venue.on("TradeVolume", volume("10000"), html(502))
    await fees(adapter)
    await clock.sleep(601)
    assert set((await fees(adapter)).values()) == {SECOND}


async def test_a_volume_in_another_currency_moves_nothing(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    other = pair("XBTUSD", "XXBT", "ZUSD", fee_volume_currency="ZEUR")
    venue.on("AssetPairs", result({**PAIRS, "XXBTZUSD": other}))
    venue.on("TradeVolume", volume("10000"))
    found = await fees(adapter)
    assert found[str(BTC_USD)] == HIGHEST
    assert found[str(DOGE_USD)] == SECOND


async def test_on_the_local_kraken_trading_lowers_the_fee(tmp_path: Path) -> None:
    balances = {"USD": "100000", "BTC": "1"}
    async with running_local_kraken(
        tmp_path / "kraken", balances=balances, fees="tiered"
    ) as kraken:
        settings = KrakenSettings(key=kraken.key, secret=kraken.secret, rest_url=kraken.rest_url)
        adapters = [
            KrakenAdapter(
                name=VenueName("kraken"),
                settings=settings,
                clock=SystemClock(),
                nonce_directory=tmp_path,
            )
            for _ in range(2)
        ]
        async with adapters[0] as before, adapters[1] as after:
            assert (await fees(before))[str(BTC_USD)] == HIGHEST
            await kraken.order_by_hand(pair="BTC/USD", side="sell", type="market", volume="0.5")
            told = (await after.fetch_instruments())[BTC_USD].taker_fee_fraction
            assert told < HIGHEST[0]
            book = await kraken.book()
            await kraken.order_by_hand(pair="BTC/USD", side="sell", type="market", volume="0.1")
            charged = [
                fill for fill in (await kraken.book())["fills"] if fill not in book["fills"]
            ]
    assert charged
    for fill in charged:
        assert Decimal(fill["fee"]) == pytest.approx(
            Decimal(fill["cost"]) * told, rel=Decimal("1e-4")
        )
