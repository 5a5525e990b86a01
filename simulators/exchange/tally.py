"""How often what was asked, over which door: for whoever counts the calls of a client."""

from collections import Counter


class Tally:
    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, door: str, name: str) -> None:
        """Count a call; `door` is "rest" or "stream"."""
        self._counts[door, name] += 1

    def of(self, door: str) -> dict[str, int]:
        counts = self._counts.items()
        return {name: number for (where, name), number in sorted(counts) if where == door}
