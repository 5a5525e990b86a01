"""The sum of all venues: complete or said not to be, each rate with its source."""

from dataclasses import replace
from decimal import Decimal

from handlers.rendering.tables import PHONE_WIDTH
from handlers.rendering.text import plain
from handlers.rendering.whole import brief, whole
from tests.support.clock import FakeClock
from tests.support.telegram_services import verified_status
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.valuation import TotalValue, UnitPrice, Valuation, VenueShare

USD, USDT = Asset("USD"), Asset("USDT")
AT = FakeClock().now()


def share(name: str, value: str, rate: UnitPrice) -> VenueShare:
    valuation = Valuation(
        venue=VenueName(name),
        base=USDT if rate.via else USD,
        lines=(),
        priced_value=Decimal(value) / rate.value,
        unpriced=(),
        status=verified_status(),
        at=AT,
    )
    return VenueShare(
        venue=VenueName(name), valuation=valuation, rate=rate, value=Decimal(value), missing=()
    )


SAME = UnitPrice(value=Decimal(1), as_of=AT, via=())
TETHER = UnitPrice(
    value=Decimal("0.998"),
    as_of=AT,
    via=(Symbol.parse("USDT/USD"),),
    venue=VenueName("kraken"),
)
KRAKEN, BINANCE = share("kraken", "7500", SAME), share("binance", "2500", TETHER)


def total(*shares: VenueShare) -> TotalValue:
    return TotalValue(base=USD, shares=shares, at=AT)


def test_the_sum_names_every_part_and_at_what_rate_it_was_converted() -> None:
    words = plain(whole(total(KRAKEN, BINANCE)))
    head, *lines = words.splitlines()
    assert head == "All venues 10,000.00 USD"
    assert [line.split() for line in lines[1:3]] == [
        ["kraken", "7,500.00", "75.0%"],
        ["binance", "2,500.00", "25.0%"],
    ]
    assert all(len(line) <= PHONE_WIDTH for line in lines[:3])
    assert "binance: 1 USDT = 0.998, USDT/USD at kraken" in words
    assert "A stablecoin is never taken for 1." in words


def test_a_sum_with_a_part_unknown_is_incomplete_and_has_no_shares() -> None:
    unknown = replace(BINANCE, valuation=None, rate=None, value=None, missing=("binance: down",))
    for words in map(plain, (whole(total(KRAKEN, unknown)), brief(total(KRAKEN, unknown)))):
        assert words.startswith("⚠ All venues: incomplete. Known of it: 7,500.00 USD")
        assert "not in it: binance: down" in words
        assert "75" not in words.split("USD", 1)[1].split("not in it")[0].replace("7,500.00", "")
        assert "0.00 USD" not in words.replace("7,500.00 USD", ""), "unknown is no zero"


def test_a_part_that_is_not_verified_is_said_to_be_that() -> None:
    assert BINANCE.valuation is not None
    status = replace(BINANCE.valuation.status, venue=VenueName("binance"), verified=False)
    doubtful = replace(BINANCE, valuation=replace(BINANCE.valuation, status=status))
    assert "binance ⚠ not verified" in plain(brief(total(KRAKEN, doubtful)))
