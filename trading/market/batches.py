"""One request for many names; whoever asks for a name that is on its way shares the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

Place = TypeVar("Place", bound=Hashable)
Name = TypeVar("Name", bound=Hashable)
Answer = TypeVar("Answer")

Fetch = Callable[[Collection[Name]], Awaitable[Mapping[Name, Answer]]]


class _Batch(Generic[Name, Answer]):
    """Names on their way; `answers` stays None when whoever asked was cancelled."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.answers: Mapping[Name, Answer] | None = None


class SharedBatches(Generic[Place, Name, Answer]):
    """`fetch` must answer every name it is given, with an error as a value where need be.

    The request runs in the task of whoever asked first; should that task be cancelled, the
    others ask for themselves.
    """

    def __init__(self) -> None:
        """Start with nothing on its way."""
        self._on_their_way: dict[tuple[Place, Name], _Batch[Name, Answer]] = {}

    async def get(
        self, place: Place, names: Collection[Name], fetch: Fetch[Name, Answer]
    ) -> dict[Name, Answer]:
        """Return an answer for every name."""
        answers: dict[Name, Answer] = {}
        missing = list(dict.fromkeys(names))
        while missing:
            own = [name for name in missing if (place, name) not in self._on_their_way]
            others = {name: self._on_their_way[place, name] for name in missing if name not in own}
            if own:
                answers |= await self._ask(place, own, fetch)
            for name, batch in others.items():
                await batch.ended.wait()
                if batch.answers is not None:
                    answers[name] = batch.answers[name]
            missing = [name for name in missing if name not in answers]
        return answers

    async def _ask(
        self, place: Place, names: Collection[Name], fetch: Fetch[Name, Answer]
    ) -> Mapping[Name, Answer]:
        batch: _Batch[Name, Answer] = _Batch()
        for name in names:
            self._on_their_way[place, name] = batch
        try:
            answers = await fetch(names)
            batch.answers = answers
            return answers
        finally:
            for name in names:
                del self._on_their_way[place, name]
            batch.ended.set()
