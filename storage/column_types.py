"""Column types that keep money exact and time unambiguous."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Dialect, Integer, Text, TypeDecorator

from storage.errors import StoredValueInvalid


class Amount(TypeDecorator[Decimal]):
    """A finite Decimal as text, digit for digit; SQL never calculates with it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Refuse what is not exact: floats, whole numbers, NaN and infinities."""
        del dialect
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise StoredValueInvalid(
                f"an amount was {value!r} ({type(value).__name__}); only finite Decimals are "
                "stored, so nothing was written"
            )
        return str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Refuse text that is no finite number."""
        del dialect
        if value is None:
            return None
        try:
            amount = Decimal(value)
        except (InvalidOperation, TypeError, ValueError) as error:
            raise _unreadable("amount", value) from error
        if not amount.is_finite():
            raise _unreadable("amount", value)
        return amount


class Moment(TypeDecorator[datetime]):
    """An aware datetime as ISO text in UTC with microseconds, so that text order is time order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Refuse a time without a zone."""
        del dialect
        if value is None:
            return None
        if not isinstance(value, datetime) or value.utcoffset() is None:
            raise StoredValueInvalid(
                f"a time was {value!r}; only datetimes with a time zone are stored, so nothing "
                "was written"
            )
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read back UTC; refuse text that is no time or has no zone."""
        del dialect
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise _unreadable("time", value) from error
        if moment.tzinfo is None:
            raise _unreadable("time", value)
        return moment.astimezone(UTC)


class Flag(TypeDecorator[bool]):
    """True or false as 1 or 0: strict tables know no BOOLEAN."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Refuse anything but a bool."""
        del dialect
        if value is None:
            return None
        if not isinstance(value, bool):
            raise StoredValueInvalid(f"a flag was {value!r}; it must be true or false")
        return int(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        """Refuse numbers other than 0 and 1."""
        del dialect
        if value is None:
            return None
        if value not in (0, 1):
            raise _unreadable("flag", value)
        return bool(value)


def _unreadable(kind: str, value: object) -> StoredValueInvalid:
    return StoredValueInvalid(
        f"the stored {kind} {value!r} cannot be read; nothing was changed. The database was "
        "edited by hand or written by another version: restore a backup"
    )
