"""The id that follows one command or job through every log line it causes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def current_correlation() -> str | None:
    """Return the id of what runs now, None outside of any command or job."""
    return _current.get()


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Give everything inside the block, tasks started in it too, this id."""
    token = _current.set(correlation_id)
    try:
        yield
    finally:
        _current.reset(token)
