"""The emergency tool's requests, done: the same for the running bot and for a process without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from composition.emergency import EmergencyDesk
from handlers.http.answers import Answer, EmergencyAction, EmergencyRequest, Outcome
from handlers.parsing import parse_amount, parse_asset
from handlers.rendering import balances as balance_words
from handlers.rendering import closing as closing_words
from handlers.rendering import repair as repair_words
from handlers.rendering.balances import Now
from handlers.rendering.text import plain
from trading.clock import Clock
from trading.errors import CommandError, NotUnderstood
from trading.intents.balances import BalanceIntents, RefreshOutcome
from trading.intents.breakers import BreakerIntents
from trading.intents.closing import closing_payload
from trading.intents.closing_parts import ClosingRequest
from trading.intents.emergency import CancelAllOutcome
from trading.intents.repair import VenueRepair
from trading.model.identifiers import CorrelationId, VenueName


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyActions:
    """Does one request and answers in words and in JSON's own types."""

    venues: tuple[VenueName, ...]
    desk: EmergencyDesk
    balances: BalanceIntents
    breakers: BreakerIntents
    clock: Clock

    async def act(self, request: EmergencyRequest, *, by: str, correlation_id: str) -> Answer:
        """Do it; faults that are no outcome of it are raised."""
        venue, correlation = self._venue(request.venue), CorrelationId(correlation_id)
        match request.action:
            case EmergencyAction.REPAIR:
                return _repaired(await self.desk.repair.repair(venue, by, correlation))
            case EmergencyAction.RESET_BREAKER:
                return self._refreshed(
                    await self.breakers.reset(venue, by), "the breakers are closed"
                )
            case EmergencyAction.REFRESH:
                return self._refreshed(await self.balances.refresh(venue), "asked just now")
            case EmergencyAction.VERIFY:
                return await self._verified(venue, request)
            case EmergencyAction.CANCEL_ALL:
                return cancelled(await self.desk.cancelling.cancel_all(by))
            case EmergencyAction.PREVIEW_CLOSE_ALL:
                return await self._previewed(venue)
            case EmergencyAction.CLOSE_ALL:
                return await self._closed(venue, by, correlation)

    def _venue(self, name: str | None) -> VenueName | None:
        if name is None:
            return None
        for venue in self.venues:
            if venue.lower() == name.lower():
                return venue
        raise CommandError(
            f"there is no venue {name!r}, nothing was done; there is {', '.join(self.venues)}"
        )

    def _now(self) -> Now:
        return Now(wall=self.clock.now(), monotonic=self.clock.monotonic())

    def _refreshed(self, results: Sequence[RefreshOutcome], what: str) -> Answer:
        failed = any(each.error is not None for each in results)
        text = plain(balance_words.refreshed(results, self._now()))
        return Answer(
            outcome=Outcome.FAILED if failed else Outcome.DONE,
            message=f"{what}\n{text}",
            details={"venues": [_refresh_details(each) for each in results]},
        )

    async def _verified(self, venue: VenueName | None, request: EmergencyRequest) -> Answer:
        if venue is None:
            if len(self.venues) != 1:
                raise NotUnderstood(f"which venue? there is {', '.join(self.venues)}")
            venue = self.venues[0]
        asset, amount = parse_asset(request.asset or ""), parse_amount(request.amount or "")
        found = await self.balances.verify(venue, asset, amount)
        return Answer(
            outcome=Outcome.DONE if found.sufficient else Outcome.REFUSED,
            message=plain(balance_words.verification(found, self._now())),
            details={
                "venue": venue,
                "asset": asset,
                "sufficient": found.sufficient,
                "required": _text(found.required),
                "spendable": _text(found.spendable),
            },
        )

    async def _previewed(self, venue: VenueName | None) -> Answer:
        previews = await self.desk.closing.propose(venue)
        refused = all(each.refused is not None for each in previews)
        return Answer(
            outcome=Outcome.REFUSED if refused else Outcome.DONE,
            message=plain("\n".join(closing_words.preview(each) for each in previews)),
        )

    async def _closed(
        self, venue: VenueName | None, by: str, correlation: CorrelationId
    ) -> Answer:
        closings = await self.desk.closing.execute(
            ClosingRequest(venue=venue, by=by, correlation_id=correlation)
        )
        payloads = [closing_payload(each) for each in closings]
        outcome = Outcome.DONE if all(each.is_whole for each in closings) else Outcome.FAILED
        if all(each.refused is not None for each in closings):
            outcome = Outcome.REFUSED
        text = "\n".join(closing_words.result(each) for each in payloads)
        return Answer(outcome=outcome, message=plain(text), details={"venues": payloads})


def cancelled(outcomes: Sequence[CancelAllOutcome]) -> Answer:
    """Say how cancelling everything went, venue by venue."""
    lines = [
        f"{each.venue}: {each.cancelled} orders cancelled"
        if each.error is None
        else f"{each.venue}: not known what was cancelled: {each.error}"
        for each in outcomes
    ]
    failed = any(each.error is not None for each in outcomes)
    details = [
        {"venue": each.venue, "cancelled": each.cancelled, "error": each.error}
        for each in outcomes
    ]
    return Answer(
        outcome=Outcome.FAILED if failed else Outcome.DONE,
        message="\n".join(["trading is halted", *lines]),
        details={"venues": details},
    )


def _repaired(repairs: Sequence[VenueRepair]) -> Answer:
    steps = [
        {
            "venue": line.venue,
            "step": line.step,
            "outcome": line.outcome.value,
            "detail": line.detail,
            "seconds": round(line.duration_seconds, 3),
        }
        for repaired in repairs
        for line in repaired.lines
    ]
    is_well = all(each.is_well for each in repairs)
    return Answer(
        outcome=Outcome.DONE if is_well else Outcome.FAILED,
        message=plain(repair_words.result(repairs)),
        details={"steps": steps},
    )


def _refresh_details(each: RefreshOutcome) -> Mapping[str, object]:
    return {
        "venue": each.venue,
        "error": each.error,
        "attempts": each.attempts,
        "seconds": round(each.duration_seconds, 3),
    }


def _text(amount: Decimal) -> str:
    return f"{amount:f}"
