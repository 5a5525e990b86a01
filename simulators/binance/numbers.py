"""How the venue prints numbers and times: eight decimals, milliseconds."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from simulators.exchange.numbers import fixed, microseconds

PRECISION = 8


def eight(value: Decimal) -> str:
    return fixed(value, PRECISION)


def milliseconds(at: datetime) -> int:
    return microseconds(at) // 1000


def from_milliseconds(value: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
