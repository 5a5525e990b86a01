"""Trying a configuration before the bot depends on it: each check is one question, one answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.clock import Clock
from trading.model.balance import BalanceSnapshot
from trading.model.identifiers import Asset, Symbol
from trading.model.instrument import Instrument
from trading.venues.port import KeyReport, VenueAdapter, VenueState

_CLOCK_WARNING_SECONDS = 1.0
_CLOCK_PROBLEM_SECONDS = 10.0


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    WARNING = "warning"
    """Works, and should be known."""
    PROBLEM = "problem"
    """The bot would not work, or not safely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer of a check in one line."""

    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing to try; a fault is raised as a typed error."""

    name: str
    probe: Callable[[], Awaitable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueExpectation:
    """What the configuration needs of a venue."""

    base: Asset
    targets: Collection[Asset]
    is_live: bool
    """False: no private request is made."""
    allows_withdrawal: bool = False
    """True: the owner lets the bot trade with a key that may withdraw."""


def venue_checks(
    adapter: VenueAdapter, expected: VenueExpectation, clock: Clock
) -> tuple[Check, ...]:
    """Return the checks of one venue; the adapter is entered by who runs them."""
    name = str(adapter.name)

    async def reach() -> Finding:
        return judge_state(await adapter.fetch_state())

    async def time() -> Finding:
        asked = clock.now()
        theirs = await adapter.fetch_time()
        return judge_clock(theirs, asked, clock.now())

    async def instruments() -> Finding:
        return judge_instruments(await adapter.fetch_instruments(), expected)

    async def key() -> Finding:
        return judge_key(
            await adapter.fetch_key_report(), allows_withdrawal=expected.allows_withdrawal
        )

    async def balances() -> Finding:
        return judge_balances(await adapter.fetch_balances())

    public = (
        Check(name=f"{name} reach", probe=reach),
        Check(name=f"{name} clock", probe=time),
        Check(name=f"{name} targets", probe=instruments),
    )
    private = (
        Check(name=f"{name} key", probe=key),
        Check(name=f"{name} balances", probe=balances),
    )
    return public + private if expected.is_live else public


def judge_state(state: VenueState) -> Finding:
    """Say whether the venue takes orders now."""
    if state is VenueState.ONLINE:
        return Finding(verdict=Verdict.OK, text="online")
    return Finding(verdict=Verdict.WARNING, text=f"the venue is in {state.value} now")


def judge_clock(theirs: datetime, asked: datetime, answered: datetime) -> Finding:
    """Compare clocks; half of the time that the answer took is taken off."""
    ours = asked + (answered - asked) / 2
    offset = (theirs - ours).total_seconds()
    size = abs(offset)
    if size >= _CLOCK_PROBLEM_SECONDS:
        text = f"this machine's clock is {-offset:+.1f} s off; orders would miss their deadlines"
        return Finding(verdict=Verdict.PROBLEM, text=text)
    verdict = Verdict.WARNING if size >= _CLOCK_WARNING_SECONDS else Verdict.OK
    return Finding(verdict=verdict, text=f"this machine's clock is {-offset:+.1f} s off")


def judge_instruments(
    instruments: Mapping[Symbol, Instrument], expected: VenueExpectation
) -> Finding:
    """Say whether every target can be traded against the base currency, either way round."""
    missing = [
        target
        for target in expected.targets
        if Symbol(target, expected.base) not in instruments
        and Symbol(expected.base, target) not in instruments
    ]
    if missing:
        text = f"no market against {expected.base} for: {', '.join(sorted(missing))}"
        return Finding(verdict=Verdict.PROBLEM, text=text)
    count = len(expected.targets)
    return Finding(verdict=Verdict.OK, text=f"{count} targets, each with a market")


def judge_key(report: KeyReport, *, allows_withdrawal: bool = False) -> Finding:
    """Say whether the key may do what the bot needs, and nothing dangerous."""
    rights = {
        "query balances": report.can_query_balances,
        "query orders": report.can_query_orders,
        "query the ledger": report.can_query_ledger,
        "trade": report.can_trade,
    }
    lacking = [right for right, granted in rights.items() if granted is False]
    if report.can_withdraw and not allows_withdrawal:
        text = (
            "the key may withdraw; the bot never needs that and will not trade with it: make a "
            "key without it, or set allow_withdrawal_key = true"
        )
        return Finding(verdict=Verdict.PROBLEM, text=text)
    if lacking:
        text = f"the key lacks the right to: {', '.join(lacking)}"
        return Finding(verdict=Verdict.PROBLEM, text=text)
    if None in rights.values() or report.can_withdraw is None:
        text = "the venue does not tell every right of the key; make sure it cannot withdraw"
        return Finding(verdict=Verdict.WARNING, text=text)
    if report.can_withdraw:
        text = "may query and trade, and withdraw too, as allow_withdrawal_key lets it"
        return Finding(verdict=Verdict.WARNING, text=text)
    if report.can_stream is False:
        text = (
            "may query and trade, may not withdraw, but may not open streams (at Kraken: Get "
            "WebSocket Token): balances and orders are asked for again and again instead"
        )
        return Finding(verdict=Verdict.WARNING, text=text)
    return Finding(verdict=Verdict.OK, text="may query and trade, may not withdraw")


def judge_balances(snapshot: BalanceSnapshot) -> Finding:
    """Say that balances can be read, and of what; an empty account is worth knowing."""
    held = [str(each.asset) for each in snapshot.balances.values() if each.total > Decimal(0)]
    if not held:
        return Finding(verdict=Verdict.WARNING, text="read, and the account is empty")
    return Finding(verdict=Verdict.OK, text=f"read: {', '.join(sorted(held))}")
