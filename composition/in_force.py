"""The configuration that is in force now; a reload puts another in its place."""

from __future__ import annotations

from dataclasses import dataclass

from trading.config.configuration import Configuration


@dataclass(slots=True)
class InForce:
    """Read it anew each time: the object changes hands, a configuration never changes."""

    configuration: Configuration
