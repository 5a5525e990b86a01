"""An answer judges the streamed account: a channel can fall silent on a living connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from trading.clock import Clock
from trading.errors import VenueError
from trading.model.balance import BalanceSnapshot
from trading.model.identifiers import Asset
from trading.venues.observation import Observation

_log = logging.getLogger(__name__)

_MOMENT_SECONDS = 2.0
"""How long a change may take from one channel to the other."""

AskBalances = Callable[[], Awaitable[BalanceSnapshot]]
Disagreed = Callable[[str], None]


class ObservedAccount(Protocol):
    """What is asked of a streamed account, so that it can be judged."""

    is_started: bool

    def observe(self) -> Observation:
        """Keep every state from now on, until `unobserve`."""
        ...

    def is_observing(self, observation: Observation) -> bool:
        """Tell whether it was kept without a break: a new baseline ends all of them."""
        ...

    def unobserve(self, observation: Observation) -> None:
        """Stop keeping them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Suspicion:
    """An answer that the stream did not show while it was asked for."""

    observation: Observation
    answer: BalanceSnapshot


class Referee:
    """Compares each answer with every state that the stream went through around it.

    A difference counts when it outlives a moment and a second answer: everything else was on its
    way.
    """

    def __init__(self, *, account: ObservedAccount, clock: Clock, source: str) -> None:
        """Take the account that is judged, and the name of what judges it."""
        self._source = source
        self._account = account
        self._clock = clock
        self._suspicions: asyncio.Queue[_Suspicion] = asyncio.Queue(maxsize=1)

    async def watch(self, ask: AskBalances) -> BalanceSnapshot:
        """Ask, and compare the answer if the stream is there to be compared with."""
        if not self._account.is_started:
            return await ask()
        observation = self._account.observe()
        try:
            answer = await ask()
        except BaseException:
            self._account.unobserve(observation)
            raise
        if not self._differing(observation, answer) or self._suspicions.full():
            self._account.unobserve(observation)
        else:
            self._suspicions.put_nowait(_Suspicion(observation=observation, answer=answer))
        return answer

    async def run(self, ask: AskBalances, disagreed: Disagreed) -> None:
        """Follow up suspicions; `disagreed` is told what the difference is."""
        while not self._suspicions.empty():
            self._account.unobserve(self._suspicions.get_nowait().observation)
        while True:
            suspicion = await self._suspicions.get()
            assets = await self._follow_up(suspicion)
            if assets:
                assets &= await self._again(ask)
                if assets:
                    disagreed(f"{self._source} says otherwise of {', '.join(sorted(assets))}")

    async def _again(self, ask: AskBalances) -> frozenset[Asset]:
        """Ask a second time and give it a moment too."""
        observation = self._account.observe()
        try:
            answer = await ask()
        except VenueError as error:
            _log.info("no second balances to judge by reason=%s", error)
            self._account.unobserve(observation)
            return frozenset()
        return await self._follow_up(_Suspicion(observation=observation, answer=answer))

    async def _follow_up(self, suspicion: _Suspicion) -> frozenset[Asset]:
        try:
            if not self._differing(suspicion.observation, suspicion.answer):
                return frozenset()
            await self._clock.sleep(_MOMENT_SECONDS)
            return self._differing(suspicion.observation, suspicion.answer)
        finally:
            self._account.unobserve(suspicion.observation)

    def _differing(self, observation: Observation, answer: BalanceSnapshot) -> frozenset[Asset]:
        """Return what differs; nothing where another baseline began meanwhile."""
        if not self._account.is_observing(observation):
            return frozenset()
        return observation.contradicts(answer.balances)
