"""An adapter talking to a scripted Kraken."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.waiting import PATIENCE_SECONDS
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
def settings(venue: ScriptedVenue) -> KrakenSettings:
    """Of the adapter; a test whose calls are to hang hastens them."""
    return KrakenSettings(
        key=KEY,
        secret=SECRET,
        rest_url=venue.url,
        timeout_seconds=PATIENCE_SECONDS,
        answer_seconds=PATIENCE_SECONDS,
        emergency_timeout_seconds=PATIENCE_SECONDS,
        emergency_patience_seconds=0.1,
        queue_timeout_seconds=PATIENCE_SECONDS,
    )


@pytest.fixture
async def adapter(
    settings: KrakenSettings, clock: FakeClock, tmp_path: Path
) -> AsyncIterator[KrakenAdapter]:
    async with KrakenAdapter(
        name=VenueName("kraken"), settings=settings, clock=clock, nonce_directory=tmp_path
    ) as entered:
        yield entered
