"""How soon a new baseline is asked for: at once, but never over and over."""

from __future__ import annotations

_PAUSES_SECONDS = (0.0, 1.0, 5.0, 30.0, 120.0, 600.0)
_PEACE_SECONDS = 900.0
"""A baseline that stood so long ends the row; longer than the referee's own interval."""


class DoubtPacer:
    """Counts doubts that follow each other; outlives connections."""

    def __init__(self) -> None:
        """Begin in peace."""
        self._row = 0
        self._is_excused = False

    def pause_after(self, stood_seconds: float) -> float:
        """Return how long to leave the account unproved after a baseline stood for so long.

        An account that is doubted again and again is better read by REST, which is what the core
        does meanwhile.
        """
        if self._is_excused:
            self._is_excused = False
            return 0.0
        if stood_seconds >= _PEACE_SECONDS:
            self._row = 0
        pause = _PAUSES_SECONDS[min(self._row, len(_PAUSES_SECONDS) - 1)]
        self._row += 1
        return pause

    def excuse(self) -> None:
        """Have the next baseline at once, and uncounted: it is wanted, and nothing is doubted."""
        self._is_excused = True

    def forgive(self) -> None:
        """Begin in peace again, when a person asks for a new connection."""
        self._row = 0
