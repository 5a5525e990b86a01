"""The names keep to Prometheus's own conventions."""

import re

import pytest

from trading.metrics.catalogue import FAMILIES, ORDERS
from trading.metrics.families import Family, Kind

RESERVED = {"job", "instance", "le", "quantile"}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_name_says_what_is_measured_in_which_unit(family: Family) -> None:
    assert re.fullmatch(r"steelyard_[a-z][a-z_]*[a-z]", family.name)
    assert family.name.endswith("_total") is (family.kind is Kind.COUNTER)
    assert bool(family.buckets) is (family.kind is Kind.HISTOGRAM)
    assert list(family.buckets) == sorted(set(family.buckets))
    assert family.kind is not Kind.HISTOGRAM or family.name.endswith("_seconds")
    assert not re.search(r"_(ms|millis|percent|kb|minutes)(_|$)", family.name)
    assert not RESERVED & set(family.labels)
    assert family.about.endswith(".")


def test_no_name_is_taken_twice() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_a_sample_has_exactly_the_labels_of_its_family() -> None:
    assert ORDERS.sample(1.0, "kraken", "open").labels == ("kraken", "open")
    with pytest.raises(ValueError, match="has the labels"):
        ORDERS.sample(1.0, "kraken")
