"""Builds the adapter of a configured venue; imports a venue's library only when it is used."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import assert_never

from trading.clock import Clock
from trading.config.venues import KrakenVenue, Venue
from trading.model.identifiers import VenueName
from trading.venues.nonce_recovery import OnTrouble
from trading.venues.port import VenueAdapter

_log = logging.getLogger(__name__)


def build_adapter(
    *,
    name: VenueName,
    venue: Venue,
    clock: Clock,
    nonce_directory: Path,
    on_trouble: OnTrouble | None = None,
) -> VenueAdapter:
    """Return the adapter, not entered yet; ConfigurationError says what is missing.

    `on_trouble` hears what its owner should know of; without it that is only logged.
    """
    match venue:
        case KrakenVenue():
            return _build_kraken(name, venue, clock, nonce_directory, on_trouble)
        case _:
            assert_never(venue)


def _build_kraken(
    name: VenueName,
    venue: KrakenVenue,
    clock: Clock,
    nonce_directory: Path,
    on_trouble: OnTrouble | None,
) -> VenueAdapter:
    from trading.venues.kraken.adapter import KrakenAdapter
    from trading.venues.kraken.settings import KrakenSettings, Tier

    urls = venue.stream_urls
    if urls is None and venue.streams:
        _log.warning(
            "nothing is streamed: rest_url is not Kraken's, and ws_url and ws_auth_url are not "
            "set venue=%s rest_url=%s",
            name, venue.rest_url,
        )  # fmt: skip
    settings = KrakenSettings(
        key=venue.key.reveal() if venue.key else "",
        secret=venue.secret.reveal() if venue.secret else "",
        rest_url=venue.rest_url,
        tier=Tier(venue.tier),
        timeout_seconds=venue.timeout.total_seconds(),
        nonce_buffer_microseconds=venue.nonce_buffer_microseconds,
        ws_url=urls[0] if urls else None,
        ws_auth_url=urls[1] if urls else None,
    )
    return KrakenAdapter(
        name=name,
        settings=settings,
        clock=clock,
        nonce_directory=nonce_directory,
        on_trouble=on_trouble,
    )
