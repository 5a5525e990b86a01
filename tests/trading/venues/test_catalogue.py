"""A configured venue becomes an adapter, and its library is imported only then."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.processes import run
from trading.config.secret import Secret
from trading.config.venues import KrakenVenue, Venue
from trading.model.identifiers import VenueName
from trading.venues.catalogue import build_adapter
from trading.venues.port import VenueAdapter

SECRET = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="


def build(venue: Venue, folder: Path) -> VenueAdapter:
    return build_adapter(
        name=VenueName("mine"), venue=venue, clock=FakeClock(), nonce_directory=folder
    )


def test_kraken(tmp_path: Path) -> None:
    venue = KrakenVenue(kind="kraken", key=Secret("key"), secret=Secret(SECRET), tier="pro")
    adapter = build(venue, tmp_path)
    assert (adapter.name, adapter.traits.kind) == ("mine", "kraken")
    assert adapter.traits.absence.provable


def test_kraken_without_a_key_answers_public_questions_only(tmp_path: Path) -> None:
    assert build(KrakenVenue(kind="kraken"), tmp_path).name == "mine"


REAL = ("wss://ws.kraken.com/v2", "wss://ws-auth.kraken.com/v2")
LOCAL = ("ws://127.0.0.1:9/v2", "ws://127.0.0.1:9/auth")


@pytest.mark.parametrize(
    ("keys", "urls"),
    [
        pytest.param({}, REAL, id="Kraken's own"),
        pytest.param({"streams": False}, None, id="not wanted"),
        pytest.param({"rest_url": "http://127.0.0.1:9"}, None, id="REST elsewhere"),
        pytest.param(
            {"rest_url": "http://127.0.0.1:9", "ws_url": LOCAL[0], "ws_auth_url": LOCAL[1]},
            LOCAL,
            id="all elsewhere",
        ),
        pytest.param(
            {"ws_auth_url": "wss://uws.kraken.com/v2/auth"},
            (REAL[0], "wss://uws.kraken.com/v2/auth"),
            id="another of Kraken's",
        ),
    ],
)
def test_nothing_is_streamed_from_another_venue_than_rest_asks(
    tmp_path: Path, keys: dict[str, Any], urls: tuple[str, str] | None
) -> None:
    venue = KrakenVenue(kind="kraken", key=Secret("key"), secret=Secret(SECRET), **keys)
    adapter = build(venue, tmp_path)
    assert venue.stream_urls == urls
    assert adapter.traits.has_streams is (urls is not None)
    assert len(adapter.stream_status()) == (0 if urls is None else 2)


async def test_the_library_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, trading.venues.catalogue; sys.exit('krakenex' in sys.modules)"
    child = await run("-c", code)
    assert child.returncode == 0, child.said()
