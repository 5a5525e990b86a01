"""Looks at what each API key may do, and lets none trade that could also withdraw."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from trading.clock import Clock
from trading.errors import VenueError, VenueFatal, VenueRejected
from trading.events import EventBus, OwnerNotice
from trading.model.identifiers import VenueName
from trading.risk.trading_state import HaltOutcome
from trading.risk.venue_conditions import VenueConditions
from trading.venues.port import KeyReport

_log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 30.0
_PAUSES_SECONDS = (1.0, 5.0)
"""Between the tries that trading waits for; a venue that tells nothing after them may be traded
at, and is asked on."""
_LATER_SECONDS = 60.0
_NOT_YET = "what its API key may do is being asked; nothing is sent before that is known"


class KeyTelling(Protocol):
    """What this asks of a venue."""

    async def fetch_key_report(self) -> KeyReport:
        """Return what the key may do."""
        ...


class Halting(Protocol):
    """What this asks of the trading gate."""

    async def halt(self, reason: str, by: str) -> HaltOutcome:
        """Stop everything new."""
        ...


class KeyGuard:
    """Asks at the start and whenever told to; `run` is a long-lived part."""

    def __init__(
        self,
        *,
        venues: Mapping[VenueName, KeyTelling],
        allowed: Mapping[VenueName, bool],
        conditions: VenueConditions,
        gate: Halting,
        bus: EventBus,
        clock: Clock,
    ) -> None:
        """Let no key trade before it was looked at; `allowed` names those that may withdraw."""
        self._venues = dict(venues)
        self._allowed = dict(allowed)
        self._conditions = conditions
        self._gate = gate
        self._bus = bus
        self._clock = clock
        self._is_wanted = asyncio.Event()
        self._is_wanted.set()
        for venue in self._venues:
            conditions.key_is_refused(venue, _NOT_YET)

    def look_again(self, allowed: Mapping[VenueName, bool]) -> None:
        """Have every key looked at again, by these rules; returns at once."""
        self._allowed = dict(allowed)
        self._is_wanted.set()

    async def run(self) -> None:
        """Look at every key whenever that is wanted, until cancelled."""
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            async with asyncio.TaskGroup() as group:
                looks = [group.create_task(self._look(venue)) for venue in self._venues]
            if not all(look.result() for look in looks):
                await self._wait_a_while()
                self._is_wanted.set()

    async def _wait_a_while(self) -> None:
        """Wait before the next try, or until somebody wants it now."""
        async with asyncio.TaskGroup() as group:
            pause = group.create_task(self._clock.sleep(_LATER_SECONDS))
            wanted = group.create_task(self._is_wanted.wait())
            await asyncio.wait((pause, wanted), return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
            wanted.cancel()

    async def _look(self, venue: VenueName) -> bool:
        """Judge one key; False when the venue did not tell, and may tell later."""
        for pause in (*_PAUSES_SECONDS, None):
            try:
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    report = await self._venues[venue].fetch_key_report()
            except (VenueFatal, VenueRejected) as error:
                # A key that may nothing can do no harm: its calls fail one by one, and say why.
                _log.warning("key rights not told venue=%s reason=%s", venue, error)
                self._conditions.key_is_fit(venue)
                return True
            except (VenueError, TimeoutError) as error:
                _log.warning("key rights not known venue=%s reason=%s", venue, error)
            else:
                await self._judge(venue, report)
                return True
            if pause is not None:
                await self._clock.sleep(pause)
        self._conditions.key_is_fit(venue)
        return False

    async def _judge(self, venue: VenueName, report: KeyReport) -> None:
        is_allowed = self._allowed.get(venue, False)
        if report.can_withdraw and not is_allowed:
            await self._refuse(venue)
            return
        if report.can_withdraw is None:
            _log.warning("the venue does not tell whether the key may withdraw venue=%s", venue)
        self._conditions.key_is_fit(venue)

    async def _refuse(self, venue: VenueName) -> None:
        reason = (
            "its API key may withdraw, which the bot never needs: nothing is traded with it. Make "
            "a key without that right, or set allow_withdrawal_key = true; then reload and resume"
        )
        self._conditions.key_is_refused(venue, reason)
        outcome = await self._gate.halt(f"{venue}: {reason}", "key guard")
        if outcome.was_halted:
            # A halt that changes nothing is told to nobody, and this must be.
            await self._bus.publish(
                OwnerNotice(
                    kind="key",
                    text=f"{venue}: {reason}",
                    at=self._clock.now(),
                    key=f"withdrawal-key:{venue}",
                )
            )
