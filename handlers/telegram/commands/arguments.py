"""Arguments that need to know the configuration: venues by name."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.parsing import nearest, parse_asset
from trading.errors import NotUnderstood
from trading.model.identifiers import Asset, VenueName


def find_venue(text: str, venues: Sequence[VenueName]) -> VenueName | None:
    """Return the configured venue of that name, in any case; None when there is none."""
    for venue in venues:
        if venue.lower() == text.lower():
            return venue
    return None


def require_venue(text: str, venues: Sequence[VenueName]) -> VenueName:
    """Return the venue, or say which there are."""
    venue = find_venue(text, venues)
    if venue is None:
        near = nearest(text, venues)
        hint = f"Did you mean {near}?" if near else f"There are: {', '.join(venues) or 'none'}."
        raise NotUnderstood(f"There is no venue {text!r}. Nothing was done. {hint}")
    return venue


def the_venue(text: str | None, venues: Sequence[VenueName]) -> VenueName:
    """Return the named venue; without a name, the only one there is."""
    if text is not None:
        return require_venue(text, venues)
    if len(venues) == 1:
        return venues[0]
    raise NotUnderstood(
        f"Which venue? Nothing was done. There are: {', '.join(venues) or 'none'}."
    )


def venue_or_asset(
    text: str | None, venues: Sequence[VenueName]
) -> tuple[VenueName | None, Asset | None]:
    """Read an argument that may be either; a venue's name wins."""
    if text is None:
        return None, None
    venue = find_venue(text, venues)
    if venue is not None:
        return venue, None
    return None, parse_asset(text)
