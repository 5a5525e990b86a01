"""How much may still be asked of a venue, by our own reckoning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What the calls of one venue came to so far."""

    left: Mapping[str, float] = field(default_factory=dict)
    """Of each call limit, by the adapter's fixed name for it: 1 all of it, 0 nothing."""
    retries: int = 0
    """Questions asked again since the start."""
