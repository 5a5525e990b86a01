"""How the venue prints numbers and times."""

from datetime import UTC, datetime
from decimal import Decimal

from simulators.exchange.numbers import fixed

LEAST_MARKET_DECIMALS = 5  # tickers and books print at least five, whatever the pair's tick


def market_price(value: Decimal, decimals: int) -> str:
    return fixed(value, max(LEAST_MARKET_DECIMALS, decimals))


def unix(at: datetime) -> float:
    """Give Unix seconds as a JSON number, to four decimals as the venue prints them."""
    return round(at.timestamp(), 4)


def rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
