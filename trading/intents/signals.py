"""What can be asked of signals, from any door: many symbols at once, perhaps with a quantity."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from storage.workflow import WorkflowRepository, WorkflowRow
from trading.errors import CommandError, VenueError
from trading.intents.manual_model import ManualPreview, ManualRequest, ManualResult
from trading.intents.rebalance_model import OnProgress
from trading.intents.signal_targets import Listings, SignalTargets, traded_as
from trading.intents.symbol_names import find_listed, parse_name
from trading.intents.symbol_workflow import Planner, SymbolWorkflow
from trading.intents.workflow_model import Asked, SymbolWish, WorkflowRun
from trading.model.denial import Denied
from trading.model.identifiers import Asset, Symbol, VenueName

MOST_SYMBOLS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedWish:
    """A market as it was typed, perhaps with how much of it is to be traded."""

    name: str
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalsView:
    """One run a venue; what was not found is named."""

    runs: tuple[WorkflowRun, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalParts:
    """Whom the intents work with."""

    workflow: SymbolWorkflow
    targets: SignalTargets
    planner: Planner
    market: Listings
    store: WorkflowRepository
    bases: Mapping[VenueName, Asset]


class SignalIntents:
    """Finds what is meant at which venue, and takes all of it through the workflow at once."""

    def __init__(self, parts: SignalParts) -> None:
        """Take the parts."""
        self._parts = parts

    async def show(
        self, wishes: Sequence[NamedWish], venue: VenueName | None, asked: Asked
    ) -> SignalsView:
        """Run the workflow; without names, for every asset that a signal may move or has a target.

        It trades nothing: a quantity comes back as an order to be confirmed.
        """
        if len(wishes) > MOST_SYMBOLS:
            raise CommandError(f"{len(wishes)} symbols at once; at most {MOST_SYMBOLS}")
        venues = tuple(self._parts.bases) if venue is None else (venue,)
        listed, problems = await self._listings(venues)
        found: dict[VenueName, dict[Symbol, SymbolWish]] = {}
        if not wishes:
            found = {name: self._own(name, listed[name]) for name in listed}
        for wish in wishes:
            place = self._find(wish.name, listed)
            if place is None:
                problems.append(f"{wish.name.upper()}: {', '.join(venues)} does not list it")
            else:
                name, symbol = place
                found.setdefault(name, {}).setdefault(
                    symbol, SymbolWish(symbol=symbol, quantity=wish.quantity)
                )
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._parts.workflow.run(name, tuple(wanted.values()), asked))
                for name, wanted in found.items()
                if wanted
            ]
        return SignalsView(runs=tuple(task.result() for task in tasks), problems=tuple(problems))

    async def order(
        self,
        run_id: str,
        request: ManualRequest,
        plan_hash: str,
        asked: Asked,
        on_progress: OnProgress | None = None,
    ) -> ManualResult | Denied | ManualPreview:
        """Send what was confirmed."""
        return await self._parts.workflow.order(run_id, request, plan_hash, asked, on_progress)

    async def recent(self, limit: int) -> tuple[WorkflowRow, ...]:
        """Return what was decided last, newest first."""
        return await self._parts.store.recent(limit)

    async def _listings(
        self, venues: Sequence[VenueName]
    ) -> tuple[dict[VenueName, Collection[Symbol]], list[str]]:
        """Ask every venue what it lists; one that does not answer leaves the others."""
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(self._listing(name)) for name in venues}
        answers = {name: task.result() for name, task in tasks.items()}
        listed = {name: each for name, each in answers.items() if not isinstance(each, str)}
        return listed, [each for each in answers.values() if isinstance(each, str)]

    async def _listing(self, venue: VenueName) -> Collection[Symbol] | str:
        try:
            return (await self._parts.market.instruments(venue)).keys()
        except VenueError as error:
            return str(error)

    def _find(
        self, text: str, listed: Mapping[VenueName, Collection[Symbol]]
    ) -> tuple[VenueName, Symbol] | None:
        wanted = parse_name(text)
        for venue, symbols in listed.items():
            symbol = find_listed(wanted, symbols, self._parts.bases.get(venue))
            if symbol is not None:
                return venue, symbol
        return None

    def _own(self, venue: VenueName, listed: Collection[Symbol]) -> dict[Symbol, SymbolWish]:
        """Return the symbols of the venue's own assets: those with bounds, or all with targets."""
        allocation = self._parts.planner.allocations.get(venue)
        if allocation is None:
            return {}
        rules = self._parts.targets.rules(venue)
        assets = tuple(allocation.targets.weights if rules is None else rules.bounds)
        symbols = [traded_as(asset, allocation.targets.base, listed) for asset in assets]
        return {symbol: SymbolWish(symbol=symbol) for symbol in symbols if symbol is not None}
