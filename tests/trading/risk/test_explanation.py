"""What the ledger says about changed amounts, however far behind or ahead it is."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import START
from trading.model.identifiers import Asset, VenueName
from trading.model.ledger import LedgerEntry, LedgerKind
from trading.risk.explanation import Explanation, change_of, explain

BTC, USD = Asset("BTC"), Asset("USD")
MARGIN = timedelta(seconds=60)


def row(
    number: int,
    amount: str,
    *,
    seconds: float = 100,
    asset: Asset = USD,
    kind: LedgerKind = LedgerKind.DEPOSIT,
    fee: str = "0",
) -> LedgerEntry:
    return LedgerEntry(
        venue=VenueName("kraken"),
        ledger_id=f"L{number}",
        kind=kind,
        asset=asset,
        amount=Decimal(amount),
        fee=Decimal(fee),
        balance=Decimal(0),
        at=START + timedelta(seconds=seconds),
    )


def told(
    before: dict[Asset, str], after: dict[Asset, str], rows: Sequence[LedgerEntry]
) -> Explanation:
    return explain(
        {asset: Decimal(total) for asset, total in before.items()},
        {asset: Decimal(total) for asset, total in after.items()},
        rows,
        first_at=START,
        grey=MARGIN,
        is_noise=lambda _, amount: abs(amount) < Decimal("0.001"),
    )


def ids(rows: Sequence[LedgerEntry]) -> list[str]:
    return [each.ledger_id for each in rows]


def test_a_deposit_explains_its_change() -> None:
    found = told({USD: "1000"}, {USD: "1500"}, [row(1, "500")])
    assert found.is_whole
    assert ids(found.flows) == ["L1"]


def test_a_change_that_the_ledger_does_not_tell_yet_is_left_over() -> None:
    found = told({USD: "1000"}, {USD: "1500"}, [])
    assert not found.is_whole
    assert found.left_over == {USD: Decimal(500)}


def test_a_row_that_the_balance_does_not_show_yet_is_left_for_the_next_time() -> None:
    rows = [row(1, "500"), row(2, "30", seconds=110)]
    found = told({USD: "1000"}, {USD: "1500"}, rows)
    assert found.is_whole
    assert ids(found.done) == ["L1"]


def test_a_row_that_was_in_the_first_reading_already_is_passed_over() -> None:
    rows = [row(1, "500", seconds=20), row(2, "-300", kind=LedgerKind.WITHDRAWAL)]
    found = told({USD: "1500"}, {USD: "1200"}, rows)
    assert found.is_whole
    assert ids(found.flows) == ["L2"]
    assert ids(found.done) == ["L1", "L2"]


def test_a_row_of_later_cannot_be_passed_over() -> None:
    rows = [row(1, "500", seconds=90), row(2, "-300", kind=LedgerKind.WITHDRAWAL)]
    assert not told({USD: "1500"}, {USD: "1200"}, rows).is_whole


def test_trades_and_rewards_explain_and_are_no_flows() -> None:
    rows = [
        row(1, "0.1", asset=BTC, kind=LedgerKind.TRADE),
        row(2, "-5000", fee="13", kind=LedgerKind.TRADE),
        row(3, "0.002", asset=BTC, kind=LedgerKind.REWARD),
        row(4, "-100", fee="2.5", kind=LedgerKind.WITHDRAWAL),
    ]
    found = told({USD: "6000"}, {USD: "884.5", BTC: "0.102"}, rows)
    assert found.is_whole
    assert ids(found.flows) == ["L4"]
    assert len(found.between) == 4


def test_what_is_left_over_is_beyond_all_the_rows() -> None:
    rows = [row(1, "-5000", kind=LedgerKind.TRADE), row(2, "0.1", asset=BTC)]
    found = told({USD: "6000"}, {USD: "2000", BTC: "0.1"}, rows)
    assert found.left_over == {USD: Decimal(1000)}
    assert sorted(ids(found.between)) == ["L1", "L2"]


def test_rows_from_before_are_not_part_of_what_is_left_over() -> None:
    rows = [row(1, "5000", seconds=-30), row(2, "-10", kind=LedgerKind.TRADE)]
    found = told({USD: "6000"}, {USD: "6990"}, rows)
    assert found.left_over == {USD: Decimal(1000)}
    assert ids(found.between) == ["L2"]
    assert ids(found.done) == ["L1", "L2"]


def test_dust_needs_no_explanation_but_never_hides_one() -> None:
    assert told({USD: "1000"}, {USD: "1000.0005"}, []).is_whole
    found = told({USD: "1000"}, {USD: "1000.0005"}, [row(1, "0.0005", kind=LedgerKind.REWARD)])
    assert ids(found.between) == ["L1"]


def test_rows_of_what_is_held_elsewhere_explain_nothing_here() -> None:
    found = told({USD: "1"}, {USD: "1"}, [row(1, "5", asset=Asset("DOT.S"))])
    assert found.is_whole
    assert found.done == ()


moves = st.lists(
    st.tuples(
        st.sampled_from([BTC, USD]),
        st.decimals("-100", "100", places=2),
        st.sampled_from(list(LedgerKind)),
    ),
    max_size=8,
)


@given(moves=moves, cut=st.integers(0, 8), before=st.integers(0, 3))
def test_whatever_happened_the_rows_of_it_are_found(
    moves: list[tuple[Asset, Decimal, LedgerKind]], cut: int, before: int
) -> None:
    """Some rows were in the first reading, the last ones are not in the second yet."""
    rows = [
        row(number, str(amount), asset=asset, kind=kind, seconds=30 if number < before else 100)
        for number, (asset, amount, kind) in enumerate(moves)
    ]
    inside = rows[before:cut]
    first = {BTC: Decimal(1000), USD: Decimal(1000)}
    second = dict(first)
    for each in inside:
        second[each.asset] += change_of(each)
    found = explain(
        first,
        second,
        rows,
        first_at=START,
        grey=MARGIN,
        is_noise=lambda _, amount: amount == 0,
    )
    assert found.is_whole
    for asset, total in first.items():
        counted = sum(change_of(each) for each in found.between if each.asset == asset)
        assert total + counted == second[asset]
    assert {each.ledger_id for each in found.between} <= {each.ledger_id for each in found.done}


@pytest.mark.parametrize("amount", ["500", "-500"])
def test_nothing_is_whole_while_a_row_is_missing(amount: str) -> None:
    rows = [row(1, "3"), row(2, "7", asset=BTC)]
    after = {USD: str(1000 + 3 + int(amount)), BTC: "7"}
    assert told({USD: "1000"}, after, rows).left_over == {USD: Decimal(amount)}
