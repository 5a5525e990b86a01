"""A listing is the real one's, or one of those made up in any number."""

import pytest

from simulators.kraken.catalogue import Catalogue, UnknownListingError


def test_made_up_markets_are_listed_in_any_number_and_only_when_asked_for() -> None:
    names = [f"TOY{number:03}/USD" for number in range(100)]
    catalogue = Catalogue(symbols=("BTC/USD", *names))
    assert [pair.symbol for pair in catalogue.pairs] == ["BTC/USD", *names]
    found = catalogue.named_pair("TOY042USD")
    assert found is catalogue.pair("TOY042/USD")
    assert Catalogue(symbols=("BTC/USD",)).named_pair("TOY042USD") is None
    with pytest.raises(UnknownListingError, match="no listing for TOY1/USD"):
        Catalogue(symbols=("TOY1/USD",))
