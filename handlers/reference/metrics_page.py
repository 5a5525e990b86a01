"""The page of metrics, from the same catalogue that they are made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trading.metrics.catalogue import OBSERVED, READ
from trading.metrics.families import Family

_HEAD = """# Metrics

Generated from the code by `make docs`. `GET /metrics` shows these where there is an `[http]` table
in the configuration; [the guide](guide.md#watching-it-from-outside) says how to have them scraped.

No label can take a word that the bot does not know beforehand: venues and jobs are those of the
configuration, commands those of the bot, everything else is a fixed list. Whatever else comes is
counted as `other`. Nothing here tells an amount of money."""
_OBSERVED = """
## Counted while it happens

| name | kind | labels | what it says |
|---|---|---|---|"""
_READ = """
## Read when a scrape asks

A part that cannot be read is missing from the page, and its `steelyard_metrics_source_up` is 0.

| name | kind | labels | what it says |
|---|---|---|---|"""
_FOREIGN = """
## Of the process

From prometheus-client, under the names that every dashboard knows: `process_cpu_seconds_total`,
`process_resident_memory_bytes`, `process_virtual_memory_bytes`, `process_start_time_seconds`,
`process_open_fds`, `process_max_fds`, `python_info`, `python_gc_objects_collected_total`,
`python_gc_objects_uncollectable_total` and `python_gc_collections_total`."""


def metrics_page() -> str:
    """Return the page."""
    return "\n".join((_HEAD, _OBSERVED, *_rows(OBSERVED), _READ, *_rows(READ), _FOREIGN, ""))


def _rows(families: Iterable[Family]) -> Iterator[str]:
    for family in families:
        labels = ", ".join(f"`{label}`" for label in family.labels) or "–"
        yield f"| `{family.name}` | {family.kind} | {labels} | {family.about} |"
