"""Between table rows and frozen records: same names, nothing in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import Field, fields
from typing import Any, ClassVar, Protocol, TypeVar

from sqlalchemy import ColumnElement, Row, Select, Table, select


class Record(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


R = TypeVar("R", bound=Record)


def columns(table: Table, kind: type[Record]) -> tuple[ColumnElement[Any], ...]:
    """Return the columns that a record holds, in its order."""
    return tuple(table.c[field.name] for field in fields(kind))


def select_records(table: Table, kind: type[Record]) -> Select[Any]:
    """Select what a record holds."""
    return select(*columns(table, kind))


def values(record: Record) -> dict[str, Any]:
    """Return a record's fields by name, to be written."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def record(kind: type[R], row: Row[Any]) -> R:
    """Make one record."""
    return kind(**row._asdict())


def records(kind: type[R], rows: Iterable[Row[Any]]) -> tuple[R, ...]:
    """Make a record of each row."""
    return tuple(record(kind, row) for row in rows)
