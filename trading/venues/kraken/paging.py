"""Reads lists that Kraken hands out fifty rows at a time, to their end or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.session import KrakenSession, PrivateCall

_MOST_PAGES = 400


async def read_all(session: KrakenSession, call: PrivateCall, name: str) -> Mapping[str, Row]:
    """Return every row by its id.

    New rows come in at the front while one reads: they push old ones to the next page, where
    they are seen twice and counted once; none can be missed.
    """
    rows: dict[str, Row] = {}
    offset = 0
    for _ in range(_MOST_PAGES):
        page_call = replace(call, parameters={**call.parameters, "ofs": str(offset)})
        page = Row.of(await session.private(page_call), call.method)
        count = page.integer("count")
        found = dict(page.row(name).rows())
        rows.update(found)
        offset += len(found)
        if offset >= count:
            return rows
        if not found:
            raise Malformed(f"{call.method} ended at row {offset} of {count}")
    raise Malformed(f"{call.method} has no end: more than {_MOST_PAGES} pages")
