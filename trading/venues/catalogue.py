"""Builds the adapter of a configured venue; imports a venue's library only when it is used."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from trading.clock import Clock
from trading.config.venues import KrakenVenue, Venue
from trading.model.identifiers import VenueName
from trading.venues.port import VenueAdapter


def build_adapter(
    *, name: VenueName, venue: Venue, clock: Clock, nonce_directory: Path
) -> VenueAdapter:
    """Return the adapter, not entered yet; ConfigurationError says what is missing."""
    match venue:
        case KrakenVenue():
            return _build_kraken(name, venue, clock, nonce_directory)
        case _:
            assert_never(venue)


def _build_kraken(
    name: VenueName, venue: KrakenVenue, clock: Clock, nonce_directory: Path
) -> VenueAdapter:
    from trading.venues.kraken.adapter import KrakenAdapter
    from trading.venues.kraken.settings import KrakenSettings, Tier

    settings = KrakenSettings(
        key=venue.key.reveal() if venue.key else "",
        secret=venue.secret.reveal() if venue.secret else "",
        rest_url=venue.rest_url,
        tier=Tier(venue.tier),
        timeout_seconds=venue.timeout.total_seconds(),
        nonce_buffer_microseconds=venue.nonce_buffer_microseconds,
    )
    return KrakenAdapter(
        name=name, settings=settings, clock=clock, nonce_directory=nonce_directory
    )
