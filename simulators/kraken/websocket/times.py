"""Times as the socket writes them: RFC 3339 in UTC, to the microsecond."""

from datetime import UTC, datetime


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def nanoseconds(at: datetime) -> str:
    """Write nine decimals, as candles have them."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
