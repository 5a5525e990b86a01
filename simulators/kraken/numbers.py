"""How the venue prints numbers: strings with a fixed count of decimals, cut, never rounded up."""

from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal

LEAST_MARKET_DECIMALS = 5  # tickers and books print at least five, whatever the pair's tick


def fixed(value: Decimal, decimals: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_DOWN):f}"


def market_price(value: Decimal, decimals: int) -> str:
    return fixed(value, max(LEAST_MARKET_DECIMALS, decimals))


def unix(at: datetime) -> float:
    """Give Unix seconds as a JSON number, to four decimals as the venue prints them."""
    return round(at.timestamp(), 4)


def microseconds(at: datetime) -> int:
    delta = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_microseconds(value: int) -> datetime:
    seconds, rest = divmod(value, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
