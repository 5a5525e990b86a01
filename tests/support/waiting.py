"""Waiting for a state that real parts reach in their own time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
"""How long a test waits for what must come: a machine that stalls is no failure, and what never
comes is one however late it is noticed. What must come sooner is proven by order or on a clock
of the test's own.
"""


@overload
async def eventually(
    predicate: Callable[[], Awaitable[T]],
    *,
    within: float = PATIENCE_SECONDS,
    every: float = 0.01,
    because: str = "",
) -> T: ...


@overload
async def eventually(
    predicate: Callable[[], T],
    *,
    within: float = PATIENCE_SECONDS,
    every: float = 0.01,
    because: str = "",
) -> T: ...


async def eventually(
    predicate: Callable[[], T | Awaitable[T]],
    *,
    within: float = PATIENCE_SECONDS,
    every: float = 0.01,
    because: str = "",
) -> T:
    """Return the first truthy answer of `predicate`; fail when there is none in time.

    An AssertionError inside the predicate counts as "not yet" and is shown at the end.
    """
    deadline = time.monotonic() + within
    last: object = None
    while True:
        try:
            answer = predicate()
            value = await answer if inspect.isawaitable(answer) else answer
            if value:
                return value
            last = value
        except AssertionError as not_yet:
            last = not_yet
        if time.monotonic() >= deadline:
            what = because or getattr(predicate, "__qualname__", repr(predicate))
            message = f"not within {within:g} s: {what}; last seen: {last!r}"
            raise AssertionError(message)
        await asyncio.sleep(every)


async def once_within(
    seconds: float, attempt: Callable[[], Awaitable[object]], *, tries: int = 5
) -> float:
    """Return how long the first attempt took that took less; fail when none of them did.

    For a promise in seconds that no other clock can judge: a machine that stalls now and then
    spoils a try, and what is too slow spoils them all.
    """
    took: list[float] = []
    for _ in range(tries):
        began = time.monotonic()
        await attempt()
        took.append(time.monotonic() - began)
        if took[-1] < seconds:
            return took[-1]
    raise AssertionError(f"never within {seconds:g} s, took {took}")


async def settle(turns: int = 20) -> None:
    """Let tasks that are ready run; no substitute for waiting on a state that needs I/O."""
    for _ in range(turns):
        await asyncio.sleep(0)
