"""Names of things: distinct types, so that one cannot stand in for another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NewType

Asset = NewType("Asset", str)
"""Canonical asset code, upper case: "BTC", "USD", "DOGE". Venue codes never leave an adapter."""

VenueName = NewType("VenueName", str)
"""The name the owner gave a venue in the configuration: the NAME of `[venues.NAME]`."""

ClientOrderId = NewType("ClientOrderId", str)
"""Ours; comes from the journal row; sent at most once, ever."""

VenueOrderId = NewType("VenueOrderId", str)
"""Theirs."""

FillId = NewType("FillId", str)
"""The venue's own id of a fill; unique within a venue."""

RunId = NewType("RunId", str)
"""One rebalance run."""

CorrelationId = NewType("CorrelationId", str)
"""Follows a command or job from its door to the wire."""

_ASSET = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,19}")


def asset(code: str) -> Asset:
    """Return the canonical asset of a code; ValueError when it is no asset code at all."""
    upper = code.strip().upper()
    if not _ASSET.fullmatch(upper):
        message = f"an asset code was {code!r}; it is letters and digits such as BTC or USD"
        raise ValueError(message)
    return Asset(upper)


@dataclass(frozen=True, slots=True, order=True)
class Symbol:
    """What is traded against what: one unit of `base` is priced in `quote`."""

    base: Asset
    quote: Asset

    def __post_init__(self) -> None:
        """Refuse a symbol of an asset against itself."""
        if self.base == self.quote:
            message = f"a symbol was {self.base}/{self.quote}; its two assets must differ"
            raise ValueError(message)

    def __str__(self) -> str:
        """Return the canonical form, such as BTC/USD."""
        return f"{self.base}/{self.quote}"

    @classmethod
    def parse(cls, text: str) -> Symbol:
        """Read "BTC/USD" (any case); ValueError when it is not two assets."""
        base, separator, quote = text.partition("/")
        if not separator:
            message = f"a symbol was {text!r}; it is BASE/QUOTE such as BTC/USD"
            raise ValueError(message)
        return cls(asset(base), asset(quote))
