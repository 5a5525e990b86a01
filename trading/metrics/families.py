"""What a metric is called, what it means and which labels it has: the one description of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a value behaves."""

    COUNTER = "counter"
    """Only rises, and starts from zero with the process."""
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    """How often something took at most so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One metric; its series differ by their labels alone, each from a fixed set of words."""

    name: str
    kind: Kind
    about: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    def sample(self, value: float, *labels: str) -> Sample:
        """Return one value of it; ValueError when the labels are not those that it has."""
        if len(labels) != len(self.labels):
            message = f"{self.name} has the labels {self.labels}, was given {labels}"
            raise ValueError(message)
        return Sample(family=self, labels=labels, value=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value of one series, as it is now."""

    family: Family
    labels: tuple[str, ...]
    value: float
