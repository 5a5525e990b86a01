"""A configuration is tried before the bot depends on it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from trading.intents.checks import (
    VenueExpectation,
    Verdict,
    judge_clock,
    judge_key,
    judge_state,
    venue_checks,
)
from trading.model.identifiers import Asset
from trading.venues.port import KeyReport, VenueState

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
USD, BTC, ETH = Asset("USD"), Asset("BTC"), Asset("ETH")


def report(**rights: bool | None) -> KeyReport:
    usual: Mapping[str, bool | None] = {
        "can_query_balances": True,
        "can_query_orders": True,
        "can_query_ledger": True,
        "can_stream": True,
        "can_trade": True,
        "can_withdraw": False,
    }
    return KeyReport(**{**usual, **rights})


@pytest.mark.parametrize(
    ("key", "verdict", "words"),
    [
        (report(), Verdict.OK, "may not withdraw"),
        (report(can_withdraw=True), Verdict.PROBLEM, "the key may withdraw"),
        (report(can_trade=False), Verdict.PROBLEM, "lacks the right to: trade"),
        (
            report(can_query_balances=False, can_query_orders=False),
            Verdict.PROBLEM,
            "query balances, query orders",
        ),
        (report(can_query_ledger=False), Verdict.PROBLEM, "query the ledger"),
        (report(can_stream=False), Verdict.WARNING, "Get WebSocket Token"),
        (report(can_withdraw=None), Verdict.WARNING, "make sure it cannot withdraw"),
        (report(can_trade=None), Verdict.WARNING, "does not tell every right"),
    ],
)
def test_a_key_may_do_what_is_needed_and_no_more(
    key: KeyReport, verdict: Verdict, words: str
) -> None:
    found = judge_key(key)
    assert found.verdict is verdict
    assert words in found.text


def test_an_owner_may_allow_a_key_that_can_withdraw_and_is_warned() -> None:
    found = judge_key(report(can_withdraw=True), allows_withdrawal=True)
    assert found.verdict is Verdict.WARNING
    assert "withdraw too" in found.text
    lacking = judge_key(report(can_withdraw=True, can_trade=False), allows_withdrawal=True)
    assert lacking.verdict is Verdict.PROBLEM


@pytest.mark.parametrize(
    ("their_offset", "verdict", "words"),
    [
        (0.2, Verdict.OK, "-0.2 s"),
        (-0.9, Verdict.OK, "+0.9 s"),
        (2, Verdict.WARNING, "-2.0 s"),
        (-30, Verdict.PROBLEM, "+30.0 s"),
    ],
)
def test_clocks_are_compared(their_offset: float, verdict: Verdict, words: str) -> None:
    answered = AT + timedelta(seconds=4)
    theirs = AT + timedelta(seconds=2 + their_offset)  # half of the answer's time has passed
    found = judge_clock(theirs, AT, answered)
    assert found.verdict is verdict
    assert words in found.text


@pytest.mark.parametrize("state", VenueState)
def test_only_a_venue_that_is_online_is_fine(state: VenueState) -> None:
    is_fine = judge_state(state).verdict is Verdict.OK
    assert is_fine == (state is VenueState.ONLINE)


async def tried(
    venue: MemoryVenue, clock: FakeClock, *targets: Asset, is_live: bool = True
) -> dict[str, tuple[Verdict, str]]:
    expected = VenueExpectation(base=USD, targets=targets, is_live=is_live)
    found = {}
    for check in venue_checks(venue, expected, clock):
        finding = await check.probe()
        found[check.name] = (finding.verdict, finding.text)
    return found


async def test_a_good_venue_passes_every_check() -> None:
    clock = FakeClock()
    venue = MemoryVenue(clock=clock)
    venue.list_instrument("BTC/USD", "99", "101")
    venue.deposit("USD", "1000")
    venue.deposit("BTC", "0")
    found = await tried(venue, clock, BTC)
    assert {name: verdict for name, (verdict, _) in found.items()} == {
        "memory reach": Verdict.OK,
        "memory clock": Verdict.OK,
        "memory targets": Verdict.OK,
        "memory key": Verdict.OK,
        "memory balances": Verdict.OK,
    }
    assert found["memory balances"][1] == "read: USD"


async def test_a_target_without_a_market_and_an_empty_account_are_told() -> None:
    clock = FakeClock()
    venue = MemoryVenue(clock=clock)
    venue.list_instrument("BTC/USD", "99", "101")
    found = await tried(venue, clock, ETH, BTC, Asset("XMR"))
    assert found["memory targets"] == (Verdict.PROBLEM, "no market against USD for: ETH, XMR")
    assert found["memory balances"][0] is Verdict.WARNING


async def test_a_market_the_other_way_round_is_a_market() -> None:
    clock = FakeClock()
    venue = MemoryVenue(clock=clock)
    venue.list_instrument("USD/JPY", "150", "151")
    found = await tried(venue, clock, Asset("JPY"))
    assert found["memory targets"][0] is Verdict.OK


async def test_without_live_nothing_private_is_asked() -> None:
    clock = FakeClock()
    venue = MemoryVenue(clock=clock)
    await tried(venue, clock, is_live=False)
    assert {"fetch_balances", "fetch_key_report"} & set(venue.calls) == set()
    assert len(venue.calls) == 3
