"""The running numbers of the private channels: what is missing and what is said twice."""

from __future__ import annotations

from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.stream_account import Doubt


class Sequences:
    """One connection's numbers; each channel counts by itself."""

    def __init__(self) -> None:
        """Expect snapshots."""
        self._last: dict[str, int] = {}
        self._awaited: set[str] = set()

    def expect_snapshots(self, channels: frozenset[str]) -> None:
        """Let nothing of these channels pass before a snapshot."""
        self._awaited = set(channels)

    @property
    def is_complete(self) -> bool:
        """True once every awaited snapshot has come."""
        return not self._awaited

    def admits(self, channel: str, frame: Row) -> bool:
        """Say whether a frame is to be read: in its turn, and not for the second time.

        Raises Doubt when one before it is missing.
        """
        number = frame.raw("sequence")
        if not isinstance(number, int) or isinstance(number, bool):
            raise Malformed(f"the sequence of {channel} was {number!r}")
        if channel in self._awaited:
            if frame.raw("type") != "snapshot":
                return False
            self._awaited.discard(channel)
            self._last[channel] = number
            return True
        if number <= self._last[channel]:
            return False
        if number != self._last[channel] + 1:
            raise Doubt(f"{channel} went from number {self._last[channel]} to {number}")
        self._last[channel] = number
        return True
