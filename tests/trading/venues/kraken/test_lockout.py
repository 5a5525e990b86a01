"""After a temporary lockout the bot keeps still: each call would make it longer."""

from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.trading.venues.kraken.samples import KEY, SECRET
from tests.trading.venues.scripted_venue import ScriptedVenue, errors, result
from trading.errors import VenueUnavailable
from trading.events import OwnerNotice
from trading.model.identifiers import VenueName
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings
from trading.venues.port import Priority

GOOD = result({"XXBT": {"balance": "1.5", "hold_trade": "0.5"}})


async def test_after_a_lockout_nothing_but_an_emergency_is_sent(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    venue.on("BalanceEx", errors("EGeneral:Temporary lockout"), GOOD)
    with pytest.raises(VenueUnavailable):
        await adapter.fetch_balances()
    with pytest.raises(VenueUnavailable, match="nothing was sent") as caught:
        await adapter.fetch_balances()
    assert caught.value.retry_after_seconds == pytest.approx(900)
    assert len(venue.calls("BalanceEx")) == 1
    await clock.sleep(901)
    await adapter.fetch_balances()
    assert len(venue.calls("BalanceEx")) == 2


async def test_public_answers_do_not_end_a_lockout(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("BalanceEx", errors("EGeneral:Temporary lockout"), GOOD)
    venue.on("SystemStatus", result({"status": "online"}))
    with pytest.raises(VenueUnavailable):
        await adapter.fetch_balances()
    await adapter.fetch_state()
    with pytest.raises(VenueUnavailable, match="nothing was sent"):
        await adapter.fetch_balances()
    assert len(venue.calls("BalanceEx")) == 1


async def test_one_emergency_may_try_during_a_lockout_and_no_more(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    lockout = errors("EGeneral:Temporary lockout")
    venue.on("CancelAll", lockout)
    for _ in range(3):
        with pytest.raises(VenueUnavailable):
            await adapter.cancel_all()
    assert len(venue.calls("CancelAll")) == 2, "the one that met it, and one more try"
    await clock.sleep(901)
    venue.on("CancelAll", lockout, result({"count": 1}))
    with pytest.raises(VenueUnavailable):
        await adapter.cancel_all()
    assert await adapter.cancel_all() == 1, "a new lockout has a new try"


async def test_an_emergency_may_try_during_a_lockout_and_ends_it(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    venue.on("BalanceEx", errors("EGeneral:Temporary lockout"), GOOD)
    with pytest.raises(VenueUnavailable):
        await adapter.fetch_balances()
    await adapter.fetch_balances(priority=Priority.EMERGENCY)
    await adapter.fetch_balances()
    assert len(venue.calls("BalanceEx")) == 3


async def test_each_lockout_is_told_once(
    venue: ScriptedVenue, clock: FakeClock, tmp_path: Path
) -> None:
    venue.on("BalanceEx", errors("EGeneral:Temporary lockout"))
    told: list[OwnerNotice] = []
    settings = KrakenSettings(key=KEY, secret=SECRET, rest_url=venue.url)
    async with KrakenAdapter(
        name=VenueName("kraken"),
        settings=settings,
        clock=clock,
        nonce_directory=tmp_path,
        on_trouble=told.append,
    ) as adapter:
        for _ in range(2):
            for priority in (Priority.BALANCES, Priority.BALANCES, Priority.EMERGENCY):
                with pytest.raises(VenueUnavailable):
                    await adapter.fetch_balances(priority=priority)
            await clock.sleep(901)
    assert [each.kind for each in told] == ["lockout"] * 2
    assert "15 minutes" in told[0].text
    assert told[0].key != told[1].key
