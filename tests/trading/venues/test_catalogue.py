"""A configured venue becomes an adapter, and its library is imported only then."""

from pathlib import Path

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


async def test_the_library_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, trading.venues.catalogue; sys.exit('krakenex' in sys.modules)"
    child = await run("-c", code)
    assert child.returncode == 0, child.said()
