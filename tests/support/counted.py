"""Instruments, and what they show."""

from prometheus_client import CollectorRegistry

from tests.support.clock import FakeClock
from trading.metrics.instruments import Bounds, Instruments

BOUNDS = Bounds(
    venues=frozenset({"kraken", "memory"}),
    commands=frozenset({"balance"}),
    jobs=frozenset({"cleanup", "job"}),
)


class Counted:
    """Instruments, and what they show."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.registry = CollectorRegistry()
        self.meter = Instruments(registry=self.registry, bounds=BOUNDS, clock=self.clock)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"steelyard_{name}", labels)

    def series(self) -> set[tuple[str, frozenset[tuple[str, str]]]]:
        return {
            (sample.name, frozenset(sample.labels.items()))
            for metric in self.registry.collect()
            for sample in metric.samples
        }
