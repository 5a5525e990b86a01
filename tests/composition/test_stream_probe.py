"""What /status says of streams: live ones, lost ones, and those that nobody wants."""

import pytest

from composition.streams import streams_probe
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from trading.model.identifiers import VenueName
from trading.venues.streaming import StreamStatus


@pytest.mark.parametrize(
    ("name", "is_live", "down_for", "healthy"),
    [
        ("private", True, 0, True),
        ("private", False, 59, True),
        ("private", False, 60, False),
        ("public", False, 3600, True),
    ],
    ids=["live", "lost just now", "lost", "not wanted"],
)
async def test_a_stream_is_trouble_once_it_stays_down(
    name: str, down_for: float, *, is_live: bool, healthy: bool
) -> None:
    clock = FakeClock()
    venue = MemoryVenue(clock=clock)
    venue.streams = (
        StreamStatus(
            name=name, is_live=is_live, since=clock.now(), reconnects=2, detail="so it is"
        ),
    )
    await clock.advance(down_for)

    def is_wanted(asked: VenueName, stream: str) -> bool:
        assert asked == venue.name
        return stream == "private"

    (found,) = await streams_probe({venue.name: venue}, is_wanted=is_wanted, clock=clock)()

    assert (found.name, found.healthy) == (f"memory {name} stream", healthy)
    down = "" if is_live or name == "public" else "DOWN: "
    assert found.detail == f"{down}so it is, reconnected 2x"


async def test_a_venue_without_streams_is_not_mentioned() -> None:
    clock = FakeClock()
    venue = MemoryVenue(clock=clock)
    probe = streams_probe({venue.name: venue}, is_wanted=lambda *_: True, clock=clock)
    assert await probe() == ()
