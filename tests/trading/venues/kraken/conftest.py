"""An adapter talking to a scripted Kraken."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.trading.venues.kraken.samples import KEY, SECRET, serve_reference_data
from tests.trading.venues.scripted_venue import ScriptedVenue, scripted_venue
from trading.model.identifiers import VenueName
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings


@pytest.fixture
async def venue() -> AsyncIterator[ScriptedVenue]:
    async with scripted_venue() as scripted:
        serve_reference_data(scripted)
        yield scripted


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(instant=True)


@pytest.fixture
async def adapter(
    venue: ScriptedVenue, clock: FakeClock, tmp_path: Path
) -> AsyncIterator[KrakenAdapter]:
    settings = KrakenSettings(
        key=KEY,
        secret=SECRET,
        rest_url=venue.url,
        timeout_seconds=0.4,
        emergency_timeout_seconds=0.4,
        emergency_patience_seconds=0.1,
        queue_timeout_seconds=2.0,
    )
    async with KrakenAdapter(
        name=VenueName("kraken"), settings=settings, clock=clock, nonce_directory=tmp_path
    ) as entered:
        yield entered
