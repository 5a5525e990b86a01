"""Approval: funds, proof, steps and gates; a batch never promises the same money twice."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.model.balance import BalanceReading, BalanceSource, BalanceStatus, VenueBalances
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, CorrelationId, Symbol, VenueName
from trading.model.instrument import Instrument, InstrumentStatus, Side
from trading.model.order import OrderIntent, OrderOrigin, OrderType, TimeInForce
from trading.orders.verification import Approved, Conditions, approve, approve_all

VENUE = VenueName("kraken")
BTC = Symbol.parse("BTC/USD")
ETH = Symbol.parse("ETH/USD")
AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def instrument(symbol: Symbol) -> Instrument:
    return Instrument(
        venue=VENUE,
        symbol=symbol,
        lot_step=Decimal("0.001"),
        tick_size=Decimal("0.1"),
        min_quantity=Decimal("0.01"),
        min_notional=Decimal(5),
        cost_step=Decimal("0.01"),
        taker_fee_fraction=Decimal("0.004"),
        maker_fee_fraction=Decimal("0.0025"),
    )


def reading(asset: str, free: str, *, confirmed: float | None = 100.0) -> BalanceReading:
    is_live = confirmed is not None
    return BalanceReading(
        venue=VENUE,
        asset=Asset(asset),
        free=Decimal(free),
        locked=Decimal(0),
        source=BalanceSource.EXCHANGE if is_live else BalanceSource.FALLBACK,
        verified=is_live,
        changed_at=AT,
        confirmed_at=AT,
        confirmed_monotonic=confirmed,
    )


def balances(
    *readings: BalanceReading, reserved: dict[Asset, Decimal] | None = None
) -> VenueBalances:
    return VenueBalances(
        status=BalanceStatus(
            venue=VENUE,
            verified=True,
            since=AT,
            source=BalanceSource.EXCHANGE,
            fallback_in_use=False,
            age_seconds=0.0,
            problems=(),
        ),
        readings={each.asset: each for each in readings},
        held_elsewhere={},
        reserved=reserved or {},
    )


def conditions(held: VenueBalances | Denied | None = None) -> Conditions:
    return Conditions(
        venue=VENUE,
        balances=held or balances(reading("USD", "1000"), reading("BTC", "1")),
        instruments={BTC: instrument(BTC), ETH: instrument(ETH)},
        unknown=frozenset(),
        reconciled=True,
        buffer_fraction=Decimal("0.02"),
        freshness_seconds=60,
        monotonic=110.0,
    )


def wish(
    side: Side = Side.SELL, quantity: str = "0.5", price: str | None = "1000", symbol: Symbol = BTC
) -> OrderIntent:
    return OrderIntent(
        venue=VENUE,
        symbol=symbol,
        side=side,
        quantity=Decimal(quantity),
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        time_in_force=TimeInForce.IOC,
        limit_price=None if price is None else Decimal(price),
        reserve_asset=symbol.base if side is Side.SELL else symbol.quote,
        reserve_amount=Decimal(0) if price is not None else Decimal(500),
        origin=OrderOrigin.MANUAL,
        reason="test",
        run_id=None,
        correlation_id=CorrelationId("c"),
    )


def refusal(intent: OrderIntent, under: Conditions) -> DenialCode | None:
    verdict = approve(intent, under, {})
    return verdict.code if isinstance(verdict, Denied) else None


def test_a_sell_reserves_its_quantity_and_says_what_it_rests_on() -> None:
    verdict = approve(wish(), conditions(), {})
    assert isinstance(verdict, Approved)
    assert (verdict.intent.reserve_asset, verdict.intent.reserve_amount) == ("BTC", Decimal("0.5"))
    assert verdict.evidence["free"] == "1"
    assert verdict.evidence["source"] == "exchange"
    assert verdict.evidence["age_seconds"] == "10.0"


def test_the_planners_reserve_is_not_trusted() -> None:
    verdict = approve(wish(Side.BUY, "0.5", "1000"), conditions(), {})
    assert isinstance(verdict, Approved)
    assert verdict.intent.reserve_amount >= Decimal(510)


@pytest.mark.parametrize(
    ("intent", "under", "code"),
    [
        (wish(), replace(conditions(), reconciled=False), DenialCode.NOT_RECONCILED),
        (wish(), replace(conditions(), unknown=frozenset({BTC})), DenialCode.INSTRUMENT_BUSY),
        (wish(symbol=Symbol.parse("XMR/USD")), conditions(), DenialCode.NO_INSTRUMENT),
        (wish(quantity="0.0001"), conditions(), DenialCode.PLAN_CHANGED),
        (wish(price="1000.05"), conditions(), DenialCode.PLAN_CHANGED),
        (wish(quantity="0.009"), conditions(), DenialCode.BELOW_MINIMUM_QUANTITY),
        (wish(quantity="0.01", price="100"), conditions(), DenialCode.BELOW_MINIMUM_NOTIONAL),
        (wish(quantity="1.001"), conditions(), DenialCode.INSUFFICIENT_FREE),
        (wish(Side.BUY, "0.99", "1000"), conditions(), DenialCode.INSUFFICIENT_FREE),
        (
            wish(),
            conditions(balances(reading("BTC", "1", confirmed=None))),
            DenialCode.BALANCE_UNVERIFIED,
        ),
        (
            wish(),
            conditions(balances(reading("BTC", "1", confirmed=49.0))),
            DenialCode.BALANCE_STALE,
        ),
        (wish(), conditions(balances(reading("USD", "1"))), DenialCode.BALANCE_UNKNOWN),
        (
            wish(),
            conditions(balances(reading("BTC", "1"), reserved={BTC.base: Decimal("0.6")})),
            DenialCode.INSUFFICIENT_FREE,
        ),
        (
            wish(),
            conditions(Denied(code=DenialCode.BALANCE_UNVERIFIED, reason="no answer")),
            DenialCode.BALANCE_UNVERIFIED,
        ),
        (wish(Side.BUY, "0.5", None), conditions(), None),
        (wish(Side.SELL, "1", None), conditions(), None),
        (wish(quantity="1"), conditions(), None),
    ],
)
def test_each_rule_refuses_by_its_own_name(
    intent: OrderIntent, under: Conditions, code: DenialCode | None
) -> None:
    assert refusal(intent, under) is code


@pytest.mark.parametrize(
    ("status", "price", "code"),
    [
        (InstrumentStatus.LIMIT_ONLY, "1000", None),
        (InstrumentStatus.LIMIT_ONLY, None, DenialCode.INSTRUMENT_NOT_TRADABLE),
        (InstrumentStatus.CANCEL_ONLY, "1000", DenialCode.INSTRUMENT_NOT_TRADABLE),
        (InstrumentStatus.POST_ONLY, "1000", DenialCode.INSTRUMENT_NOT_TRADABLE),
        (InstrumentStatus.OFFLINE, "1000", DenialCode.INSTRUMENT_NOT_TRADABLE),
    ],
)
def test_the_instruments_state_counts(
    status: InstrumentStatus, price: str | None, code: DenialCode | None
) -> None:
    under = replace(conditions(), instruments={BTC: replace(instrument(BTC), status=status)})
    assert refusal(wish(price=price), under) is code


wishes = st.builds(
    wish,
    st.sampled_from(list(Side)),
    st.decimals("0.01", "2", places=3).map(str),
    st.sampled_from(["100", "999.9", "1000"]),
    st.sampled_from([BTC, ETH]),
)
free = st.decimals("0", "3000", places=2).map(str)


@given(st.lists(wishes, max_size=12), free, free, free)
def test_a_batch_never_promises_more_than_there_is(
    intents: list[OrderIntent], usd: str, btc: str, reserved: str
) -> None:
    held = balances(
        reading("USD", usd), reading("BTC", btc), reserved={BTC.quote: Decimal(reserved)}
    )
    verdicts = approve_all(intents, conditions(held))
    promised = {Asset("USD"): Decimal(reserved), Asset("BTC"): Decimal(0)}
    for verdict in verdicts:
        if isinstance(verdict, Approved):
            asset = verdict.intent.reserve_asset
            promised[asset] = promised[asset] + verdict.intent.reserve_amount
    if any(isinstance(verdict, Approved) for verdict in verdicts):
        assert promised[Asset("BTC")] <= Decimal(btc)
        assert promised[Asset("USD")] <= max(Decimal(usd), Decimal(reserved))
