"""The sockets tell the venue's mode, so that nobody needs to ask for it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.local_kraken import running_local_kraken
from tests.support.waiting import eventually
from trading.clock import SystemClock
from trading.model.identifiers import VenueName
from trading.venues.decoding import Row
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.pushed_state import PushedState
from trading.venues.kraken.settings import KrakenSettings
from trading.venues.port import VenueState


class Deaf:
    """A listener to whom nothing matters."""

    def account_pushed(self, pushed: object) -> None: ...
    def account_confirmed(self, venue: object, at: object, monotonic: float) -> None: ...
    def account_lost(self, venue: object, reason: str) -> None: ...
    def order_pushed(self, order: object) -> None: ...
    def fill_pushed(self, fill: object) -> None: ...
    def price_pushed(self, price: object) -> None: ...


def said(data: Any, channel: str = "status") -> Row:
    return Row.of({"channel": channel, "type": "update", "data": data}, "a frame")


@pytest.mark.parametrize(
    ("data", "state"),
    [
        ([{"system": "maintenance", "version": "2.0.0"}], VenueState.MAINTENANCE),
        ([{"system": "online"}, {"system": "post_only"}], VenueState.POST_ONLY),
        ([{"system": "on holiday"}], None),
        ([{"version": "2.0.0"}], VenueState.ONLINE),
        ([], VenueState.ONLINE),
        ("nonsense", VenueState.ONLINE),
        ([7], VenueState.ONLINE),
    ],
    ids=str,
)
def test_the_last_word_counts_and_an_unknown_one_is_no_word(
    data: Any, state: VenueState | None
) -> None:
    pushed, heard = PushedState(), list[Row]()
    hear = pushed.beside(heard.append)
    frames = [said([{"system": "online"}]), said(data), said([{"system": "x"}], "ticker")]
    for frame in frames:
        hear(frame)
    assert pushed.state is state
    assert heard == frames, "everybody else hears every frame"


async def test_while_a_socket_is_live_the_mode_costs_no_request(tmp_path: Path) -> None:
    async with running_local_kraken(tmp_path / "kraken") as kraken:
        settings = KrakenSettings(
            key=kraken.key,
            secret=kraken.secret,
            rest_url=kraken.rest_url,
            ws_url=kraken.ws_url,
            ws_auth_url=kraken.ws_auth_url,
        )
        async with (
            KrakenAdapter(
                name=VenueName("kraken"),
                settings=settings,
                clock=SystemClock(),
                nonce_directory=tmp_path,
            ) as adapter,
            asyncio.TaskGroup() as group,
        ):
            assert adapter.pushed_state() is None
            running = group.create_task(adapter.run_streams(Deaf()))
            await eventually(lambda: any(each.is_live for each in adapter.stream_status()))
            assert adapter.pushed_state() is VenueState.ONLINE
            await kraken.fault("status", status="cancel_only")
            await eventually(lambda: adapter.pushed_state() is VenueState.CANCEL_ONLY)
            assert "SystemStatus" not in (await kraken.current())["calls"]["rest"]
            running.cancel()
