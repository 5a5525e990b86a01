"""No snapshot turns something held into nothing unless something else explains it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trading.balances.provenance import (
    NO_EVIDENCE,
    Acceptance,
    Believed,
    Evidence,
    Questioned,
    change_by_fills,
    judge,
    left_by_ledger,
    lost_assets,
)
from trading.model.balance import BalanceReading, BalanceSnapshot, BalanceSource, VenueBalance
from trading.model.fill import Fill
from trading.model.identifiers import Asset, FillId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Side
from trading.model.ledger import LedgerEntry, LedgerKind

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
VENUE = VenueName("v")
BTC, ETH, USD = Asset("BTC"), Asset("ETH"), Asset("USD")
ZERO = Decimal(0)

amounts = st.decimals(min_value=0, max_value=10**9, places=8)
accounts = st.dictionaries(
    st.sampled_from([BTC, ETH, USD, Asset("SOL"), Asset("EUR")]), st.tuples(amounts, amounts)
)


def snapshot_of(
    account: Mapping[Asset, tuple[Decimal, Decimal]],
    *,
    elsewhere: Mapping[str, Decimal] | None = None,
) -> BalanceSnapshot:
    return BalanceSnapshot(
        venue=VENUE,
        balances={
            asset: VenueBalance(asset=asset, free=free, locked=locked)
            for asset, (free, locked) in account.items()
        },
        received_at=START + timedelta(minutes=1),
        received_monotonic=60.0,
        held_elsewhere=elsewhere or {},
    )


def readings_of(
    account: Mapping[Asset, tuple[Decimal, Decimal]],
) -> dict[Asset, BalanceReading]:
    return {
        asset: BalanceReading(
            venue=VENUE,
            asset=asset,
            free=free,
            locked=locked,
            source=BalanceSource.EXCHANGE,
            verified=True,
            changed_at=START,
            confirmed_at=START,
            confirmed_monotonic=0.0,
        )
        for asset, (free, locked) in account.items()
    }


def held(**amounts: str) -> dict[Asset, tuple[Decimal, Decimal]]:
    return {Asset(code): (Decimal(amount), ZERO) for code, amount in amounts.items()}


@given(before=accounts, after=accounts)
def test_without_evidence_nothing_held_is_believed_gone(
    before: dict[Asset, tuple[Decimal, Decimal]], after: dict[Asset, tuple[Decimal, Decimal]]
) -> None:
    assume(before)
    previous, snapshot = readings_of(before), snapshot_of(after)
    gone = {asset for asset, r in previous.items() if r.total and sum(after.get(asset, ())) == 0}

    verdict = judge(previous, snapshot)

    assert lost_assets(previous, snapshot) == gone
    match verdict:
        case Believed():
            assert not gone
        case Questioned():
            assert verdict.suspects.keys() == gone
            assert not verdict.empty_account


@given(before=accounts, after=accounts)
def test_what_is_believed_is_exactly_what_the_venue_said(
    before: dict[Asset, tuple[Decimal, Decimal]], after: dict[Asset, tuple[Decimal, Decimal]]
) -> None:
    previous = readings_of(before)
    accepted = Acceptance(assets=frozenset(before), empty_account=True)

    verdict = judge(previous, snapshot_of(after), NO_EVIDENCE, accepted)

    assert isinstance(verdict, Believed)
    assert verdict.readings.keys() == before.keys() | after.keys()
    for asset, reading in verdict.readings.items():
        assert (reading.free, reading.locked) == after.get(asset, (ZERO, ZERO))
        assert reading.verified
        assert reading.source is BalanceSource.EXCHANGE
        unchanged = before.get(asset) == (reading.free, reading.locked)
        assert (reading.changed_at == START) == unchanged


@given(before=accounts, after=accounts, again=st.integers(1, 5))
def test_hearing_it_again_proves_nothing(
    before: dict[Asset, tuple[Decimal, Decimal]],
    after: dict[Asset, tuple[Decimal, Decimal]],
    again: int,
) -> None:
    assume(before)
    previous = readings_of(before)

    verdicts = [judge(previous, snapshot_of(after)) for _ in range(again + 1)]

    assert all(verdict == verdicts[0] for verdict in verdicts)


@given(before=accounts, totals=st.dictionaries(st.sampled_from([BTC, ETH, USD]), amounts))
def test_a_second_endpoint_that_still_shows_it_is_stronger_than_any_excuse(
    before: dict[Asset, tuple[Decimal, Decimal]], totals: dict[Asset, Decimal]
) -> None:
    previous = readings_of(before)
    shown = {a for a, r in previous.items() if r.total and totals.get(a)}
    assume(shown)
    excuses = Evidence(
        fills={asset: -r.total for asset, r in previous.items()},
        ledger=dict.fromkeys(previous, ZERO),
        totals=totals,
    )

    verdict = judge(previous, snapshot_of({}), excuses)

    assert isinstance(verdict, Questioned)
    assert verdict.suspects.keys() == shown


BEFORE = readings_of(held(BTC="0.5", USD="100"))
AFTER = snapshot_of(held(USD="100"))


@pytest.mark.parametrize(
    ("evidence", "is_believed"),
    [
        (Evidence(fills={BTC: Decimal("-0.5")}), True),
        (Evidence(fills={BTC: Decimal("-0.4")}), False),
        (Evidence(fills={USD: Decimal(-100)}), False),
        (Evidence(ledger={BTC: ZERO}), True),
        (Evidence(ledger={BTC: Decimal("0.1")}), False),
        (Evidence(ledger={USD: ZERO}), False),
        (Evidence(totals={USD: Decimal(100)}), False),
        (Evidence(totals={USD: Decimal(100), BTC: ZERO}), True),
        (Evidence(totals={USD: Decimal(100), BTC: Decimal("0.5")}), False),
        (Evidence(totals={}), False),
        (Evidence(totals={USD: ZERO, BTC: ZERO}), False),
        (Evidence(failures=("the ledger could not be read",)), False),
    ],
    ids=[
        "sold all",
        "sold some",
        "other asset sold",
        "ledger leaves nothing",
        "ledger leaves some",
        "ledger of another asset",
        "totals silent as well",
        "totals with its zero",
        "totals still show it",
        "totals empty",
        "totals all zero",
        "nothing could be looked up",
    ],
)
def test_what_explains_a_loss(evidence: Evidence, *, is_believed: bool) -> None:
    assert isinstance(judge(BEFORE, AFTER, evidence), Believed) is is_believed


@pytest.mark.parametrize(
    ("account", "elsewhere", "accepted", "is_believed"),
    [
        ({}, {}, False, False),
        (held(USD="0"), {}, False, False),
        ({}, {}, True, True),
        ({}, {"ETH.S": Decimal(1)}, False, True),
        (held(USD="1"), {}, False, True),
    ],
    ids=["empty", "all zero", "accepted", "staked only", "something"],
)
def test_a_first_answer(
    account: dict[Asset, tuple[Decimal, Decimal]],
    elsewhere: dict[str, Decimal],
    *,
    accepted: bool,
    is_believed: bool,
) -> None:
    snapshot = snapshot_of(account, elsewhere=elsewhere)

    verdict = judge({}, snapshot, NO_EVIDENCE, Acceptance(empty_account=accepted))

    assert isinstance(verdict, Believed) is is_believed
    if isinstance(verdict, Questioned):
        assert verdict.empty_account
        assert verdict.problems


def test_the_owners_word_covers_only_what_he_was_told() -> None:
    verdict = judge(
        BEFORE, snapshot_of(held(ETH="1")), NO_EVIDENCE, Acceptance(assets=frozenset({BTC}))
    )

    assert isinstance(verdict, Questioned)
    assert verdict.suspects.keys() == {BTC, USD}


FILL = Fill(
    venue=VENUE,
    fill_id=FillId("1"),
    venue_order_id=VenueOrderId("o"),
    client_order_id=None,
    symbol=Symbol(BTC, USD),
    side=Side.SELL,
    quantity=Decimal("0.5"),
    price=Decimal(100),
    cost=Decimal(50),
    fee=Decimal("0.2"),
    fee_asset=USD,
    executed_at=START,
)


@pytest.mark.parametrize(
    ("fill", "asset", "change"),
    [
        (FILL, BTC, "-0.5"),
        (FILL, USD, "49.8"),
        (replace(FILL, side=Side.BUY), BTC, "0.5"),
        (replace(FILL, side=Side.BUY), USD, "-50.2"),
        (replace(FILL, fee_asset=BTC), BTC, "-0.7"),
        (replace(FILL, executed_at=START - timedelta(seconds=1)), BTC, "0"),
        (FILL, ETH, "0"),
    ],
    ids=["sold", "earned", "bought", "paid", "fee in base", "before", "other asset"],
)
def test_fills_change_balances(fill: Fill, asset: Asset, change: str) -> None:
    assert change_by_fills([fill], asset, since=START) == Decimal(change)


def test_the_newest_ledger_row_counts() -> None:
    rows = [
        LedgerEntry(
            venue=VENUE,
            ledger_id=str(minute),
            kind=LedgerKind.WITHDRAWAL,
            asset=BTC,
            amount=Decimal(-1),
            fee=ZERO,
            balance=Decimal(balance),
            at=START + timedelta(minutes=minute),
        )
        for minute, balance in [(2, 0), (1, 5)]
    ]

    assert left_by_ledger(rows, {BTC, ETH}) == {BTC: ZERO}
