"""The mode that Kraken's sockets say it is in: the first frame of each, and every change."""

from __future__ import annotations

import logging
from collections.abc import Callable

from trading.venues.decoding import Row
from trading.venues.port import VenueState

_log = logging.getLogger(__name__)

_CHANNEL = "status"

Hear = Callable[[Row], None]


class PushedState:
    """Holds while one of the sockets is live: what changed would have been said there."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self._state: VenueState | None = None

    @property
    def state(self) -> VenueState | None:
        """What was said last; None before that, and for a word that is not known."""
        return self._state

    def beside(self, hear: Hear) -> Hear:
        """Return a listener that takes note of the mode and hands every frame on."""

        def listen(frame: Row) -> None:
            if frame.fields.get("channel") == _CHANNEL:
                self._take(frame)
            hear(frame)

        return listen

    def _take(self, frame: Row) -> None:
        data = frame.fields.get("data")
        rows = data if isinstance(data, list) else []
        words = [row["system"] for row in rows if isinstance(row, dict) and "system" in row]
        if not words:
            return
        try:
            self._state = VenueState(words[-1])
        except ValueError:
            # REST is asked instead, and says that it is not understood.
            _log.warning("venue mode not understood word=%r", words[-1])
            self._state = None
