"""What an answer to batch_add says of each order of the batch, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from trading.model.identifiers import ClientOrderId
from trading.venues.decoding import Malformed, Row

SMALLEST, LARGEST = 2, 15


def rows_by_order(result: object, ids: Sequence[ClientOrderId]) -> tuple[Row | None, ...]:
    """Return the row of each order; None where the answer does not say which it is.

    Recorded answers hold their rows in an object, the documentation shows a bare list. Rows that
    carry no ids stand in the order of the request, if there are as many.
    """
    rows = _rows(result)
    names = [row.fields.get("cl_ord_id") for row in rows]
    if not any(names) and len(rows) == len(ids):
        return tuple(rows)
    return tuple(rows[names.index(each)] if names.count(each) == 1 else None for each in ids)


def _rows(result: object) -> list[Row]:
    found = result
    if isinstance(result, dict):
        found = Row.of(result, "batch_add").array("orders")
    if not isinstance(found, list):
        raise Malformed("batch_add is neither a list nor an object with one")
    return [Row.of(each, "batch_add.orders") for each in found]
