"""Builds the adapter of a configured venue; imports a venue's library only when it is used."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import assert_never

from trading.clock import Clock
from trading.config.binance import BinanceVenue
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
        case BinanceVenue():
            return _build_binance(name, venue, clock, on_trouble)
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
        _tell_of_no_streams(name, venue.rest_url)
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


def _build_binance(
    name: VenueName, venue: BinanceVenue, clock: Clock, on_trouble: OnTrouble | None
) -> VenueAdapter:
    from trading.venues.binance.adapter import BinanceAdapter
    from trading.venues.binance.settings import BinanceSettings

    addresses = venue.addresses
    if addresses.ws_api_url is None and venue.streams:
        _tell_of_no_streams(name, venue.rest_url)
    settings = BinanceSettings(
        key=venue.key.reveal() if venue.key else "",
        secret=venue.secret.reveal() if venue.secret else "",
        rest_url=addresses.rest_url,
        has_wallet=not venue.testnet,
        timeout_seconds=venue.timeout.total_seconds(),
        ws_url=addresses.ws_url,
        ws_api_url=addresses.ws_api_url,
    )
    return BinanceAdapter(name=name, settings=settings, clock=clock, on_trouble=on_trouble)


def _tell_of_no_streams(name: VenueName, rest_url: str) -> None:
    _log.warning(
        "nothing is streamed: rest_url is not the venue's own, and the addresses of its sockets "
        "are not set venue=%s rest_url=%s",
        name, rest_url,
    )  # fmt: skip
