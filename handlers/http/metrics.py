"""GET /metrics: what was counted and what is read now, in the words of Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from trading.metrics.families import Family, Kind, Sample

_MADE_AT = "_created"
"""When each series was made: a series of its own for each, of which nobody here makes use."""

Read = Callable[[], Awaitable[Sequence[Sample]]]


class MetricsPage:
    """Answers one scrape at a time."""

    def __init__(self, *, registry: CollectorRegistry, read: Read) -> None:
        """`registry` holds what was counted, `read` asks the bot's parts how they are now."""
        self._registry = registry
        self._read = read
        self._lock = asyncio.Lock()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Return the page, in the format that the other side prefers."""
        encode, content_type = choose_encoder(request.headers.get(hdrs.ACCEPT, ""))
        async with self._lock:
            page = _Page(self._registry, await self._read())
        return web.Response(body=encode(page), headers={hdrs.CONTENT_TYPE: content_type})


class _Page(Collector):
    """One moment; never registered anywhere."""

    def __init__(self, registry: CollectorRegistry, samples: Iterable[Sample]) -> None:
        self._registry = registry
        self._samples = tuple(samples)

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [each for each in metric.samples if not _is_date(metric, each.name)]
            yield metric
        found: dict[Family, CounterMetricFamily | GaugeMetricFamily] = {}
        for sample in self._samples:
            family = sample.family
            if family not in found:
                found[family] = _metric(family)
            found[family].add_metric(sample.labels, sample.value)
        yield from found.values()


def _metric(family: Family) -> CounterMetricFamily | GaugeMetricFamily:
    if family.kind is Kind.COUNTER:
        return CounterMetricFamily(family.name, family.about, labels=family.labels)
    return GaugeMetricFamily(family.name, family.about, labels=family.labels)


def _is_date(metric: Metric, name: str) -> bool:
    return name == metric.name + _MADE_AT
