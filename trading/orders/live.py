"""Whether a venue's orders go and come over a live stream at this moment."""

from __future__ import annotations

from trading.venues.port import VenueAdapter


def has_live_orders(venue: VenueAdapter) -> bool:
    """Return True while its private stream is live: orders pipeline there, and news is pushed."""
    return venue.traits.has_streams and any(
        stream.name == "private" and stream.is_live for stream in venue.stream_status()
    )
