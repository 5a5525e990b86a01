"""A refused nonce all the same: the bot moves on within bounds, and its owner hears of it once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.waiting import eventually
from tests.trading.venues.kraken.samples import BTC_USD, KEY, KRAKEN, SECRET, buy_order
from tests.trading.venues.scripted_venue import (
    HANG,
    Heard,
    Reply,
    ScriptedVenue,
    errors,
    result,
)
from trading.clock import SystemClock
from trading.errors import NonceRefused, VenueUnavailable
from trading.events import OwnerNotice
from trading.model.identifiers import Asset
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings
from trading.venues.nonce import nonce_path
from trading.venues.nonce_recovery import RIVAL

REFUSED = errors("EAPI:Invalid nonce")
GOOD = result({"XXBT": {"balance": "1.5", "hold_trade": "0.5"}})
CANCELLED = result({"count": 2})


@pytest.fixture
def told() -> list[OwnerNotice]:
    return []


@pytest.fixture
async def troubled(
    venue: ScriptedVenue, clock: FakeClock, tmp_path: Path, told: list[OwnerNotice]
) -> AsyncIterator[KrakenAdapter]:
    settings = KrakenSettings(key=KEY, secret=SECRET, rest_url=venue.url)
    async with KrakenAdapter(
        name=KRAKEN,
        settings=settings,
        clock=clock,
        nonce_directory=tmp_path,
        on_trouble=told.append,
    ) as entered:
        yield entered


async def test_the_owner_is_told_once_what_is_probably_wrong(
    troubled: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock, told: list[OwnerNotice]
) -> None:
    for _ in range(5):
        venue.on("BalanceEx", REFUSED, GOOD)
        assert (await troubled.fetch_balances()).balances[Asset("BTC")].total == 1.5
        await clock.sleep(600)
    assert len(told) == 1
    assert "another program uses this API key" in told[0].text
    assert told[0].key == "nonce:kraken"


async def test_it_is_told_again_only_after_it_was_well_in_between(
    troubled: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock, told: list[OwnerNotice]
) -> None:
    for pause in (899.0, 901.0):
        venue.on("BalanceEx", REFUSED, GOOD)
        await troubled.fetch_balances()
        await clock.sleep(pause)
        await troubled.fetch_balances()
    assert len(told) == 1
    venue.on("BalanceEx", REFUSED, GOOD)
    await troubled.fetch_balances()
    assert len(told) == 2


@pytest.mark.parametrize("case", [(60.0, 1), (200.0, 0)], ids=["often", "rarely"])
async def test_who_is_overtaken_again_and_again_has_a_rival(
    troubled: KrakenAdapter,
    venue: ScriptedVenue,
    clock: FakeClock,
    told: list[OwnerNotice],
    case: tuple[float, int],
) -> None:
    """Once is a relic of the past; five times within ten minutes is somebody at work."""
    pause, rivals = case
    for _ in range(6):
        venue.on("BalanceEx", REFUSED, GOOD)
        await troubled.fetch_balances()
        await clock.sleep(pause)
    said = [notice for notice in told if (notice.key or "").startswith(RIVAL)]
    assert len(said) == rivals
    assert all("second copy" in notice.text for notice in said)


async def test_what_may_be_done_twice_is_tried_again_and_an_order_is_not(
    troubled: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("CancelAll", REFUSED, REFUSED, CANCELLED)
    venue.on("AddOrder", REFUSED, result({"txid": ["OAAAAA-BBBBB-CCCCCC"]}))
    assert await troubled.cancel_all() == 2
    with pytest.raises(NonceRefused):
        await troubled.submit(buy_order())
    assert len(venue.calls("AddOrder")) == 1


async def test_after_a_hunt_that_found_nothing_only_emergencies_go_on_for_a_while(
    troubled: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock, told: list[OwnerNotice]
) -> None:
    venue.on("BalanceEx", REFUSED)
    venue.on("CancelAll", CANCELLED)
    for _ in range(10):
        with pytest.raises(NonceRefused):
            await troubled.fetch_balances()
    assert len(venue.calls("BalanceEx")) == 4, "one hunt, then stillness"
    await clock.sleep(61)
    for _ in range(10):
        with pytest.raises(NonceRefused):
            await troubled.fetch_balances()
    nonces = [int(heard.form["nonce"]) for heard in venue.calls("BalanceEx")]
    assert len(nonces) == 5, "then one try a minute"
    assert nonces[4] - nonces[3] < 120 * 10**9, "and no second hunt, which would run away"
    assert await troubled.cancel_all() == 2
    venue.on("BalanceEx", GOOD)
    await troubled.fetch_balances()
    assert len(told) == 1


async def test_who_was_overtaken_by_an_emergency_blames_nobody(
    venue: ScriptedVenue, tmp_path: Path, told: list[OwnerNotice]
) -> None:
    """The hanging call arrives after the emergency beside it, and is refused: our own doing."""
    settings = KrakenSettings(
        key=KEY, secret=SECRET, rest_url=venue.url, emergency_patience_seconds=0.05
    )
    replies = [HANG, GOOD]

    def answer(heard: Heard) -> Reply:
        del heard
        return replies.pop(0)

    venue.compute("BalanceEx", answer)
    venue.on("CancelAll", CANCELLED)
    venue.after_hang = REFUSED
    async with (
        KrakenAdapter(
            name=KRAKEN,
            settings=settings,
            clock=SystemClock(),
            nonce_directory=tmp_path,
            on_trouble=told.append,
        ) as adapter,
        asyncio.TaskGroup() as group,
    ):
        reading = group.create_task(adapter.fetch_balances())
        await eventually(lambda: bool(venue.calls("BalanceEx")))
        assert await adapter.cancel_all() == 2
        venue.released.set()
        assert (await reading).balances[Asset("BTC")].total == 1.5
    first, second = (int(heard.form["nonce"]) for heard in venue.calls("BalanceEx"))
    (beside,) = (int(heard.form["nonce"]) for heard in venue.calls("CancelAll"))
    assert first < beside < second
    assert told == []


async def test_calls_that_hang_leave_a_connection_for_the_emergency(
    venue: ScriptedVenue, tmp_path: Path
) -> None:
    at_once = 20  # the adapter lets no more of these questions go together
    settings = KrakenSettings(key=KEY, secret=SECRET, rest_url=venue.url)
    venue.on("Depth", HANG)
    venue.on("CancelAll", CANCELLED)
    async with (
        KrakenAdapter(
            name=KRAKEN, settings=settings, clock=FakeClock(instant=True), nonce_directory=tmp_path
        ) as adapter,
        asyncio.TaskGroup() as group,
    ):
        readings = [group.create_task(adapter.fetch_books([BTC_USD])) for _ in range(30)]
        await eventually(lambda: len(venue.calls("Depth")) == at_once)
        assert await adapter.cancel_all() == 2
        assert not any(reading.done() for reading in readings)
        for reading in readings:
            reading.cancel()


async def test_an_emergency_goes_although_the_nonces_cannot_be_written(
    venue: ScriptedVenue, clock: FakeClock, tmp_path: Path
) -> None:
    settings = KrakenSettings(key=KEY, secret=SECRET, rest_url=venue.url)
    venue.on("CancelAll", CANCELLED)
    venue.on("BalanceEx", GOOD)
    async with KrakenAdapter(
        name=KRAKEN, settings=settings, clock=clock, nonce_directory=tmp_path
    ) as adapter:
        await adapter.fetch_balances()
        path = nonce_path(tmp_path, KEY)
        held = path.read_bytes()
        path.write_bytes(b"%020d %020d\n" % (2**64 - 1, 2**64 - 1))  # as good as a broken disk
        with pytest.raises(VenueUnavailable, match="used up"):
            await adapter.fetch_balances()
        assert await adapter.cancel_all() == 2
        path.write_bytes(held)
        await adapter.fetch_balances()
    nonces = [int(heard.form["nonce"]) for heard in venue.heard if heard.body]
    assert len(nonces) == 3
    assert nonces == sorted(set(nonces))
